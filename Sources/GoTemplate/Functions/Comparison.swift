/// `eq`, `lt` and their like: only values of one kind compare, and an integer is no float.
enum Comparison {
    static func equal(_ left: TemplateValue, _ right: TemplateValue) throws(TemplateFault) -> Bool {
        switch (left.unwrapped, right.unwrapped) {
        case (.bool(let left), .bool(let right)): return left == right
        case (.int(let left), .int(let right)): return left == right
        case (.float(let left), .float(let right)): return left == right
        case (.string(let left), .string(let right)): return left == right
        case (.time(let left), .time(let right)): return left == right
        case (.none, .none): return true
        case (.none, _), (_, .none): return false
        case (.list, _), (.map, _), (.object, _), (.function, _):
            throw TemplateFault("non-comparable type \(left.printed): \(left.typeName)")
        case (_, .list), (_, .map), (_, .object), (_, .function):
            throw TemplateFault("non-comparable type \(right.printed): \(right.typeName)")
        default: throw TemplateFault("incompatible types for comparison")
        }
    }

    static func less(_ left: TemplateValue, _ right: TemplateValue) throws(TemplateFault) -> Bool {
        switch (left.unwrapped, right.unwrapped) {
        case (.int(let left), .int(let right)): return left < right
        case (.float(let left), .float(let right)): return left < right
        case (.string(let left), .string(let right)): return left.lexicographicallyPrecedes(right)
        case (.bool, .bool): throw TemplateFault("invalid type for comparison")
        default:
            guard isBasic(left), isBasic(right) else { throw TemplateFault("invalid type for comparison") }
            throw TemplateFault("incompatible types for comparison")
        }
    }

    static func lessOrEqual(_ left: TemplateValue, _ right: TemplateValue) throws(TemplateFault) -> Bool {
        if try less(left, right) { return true }
        return try equal(left, right)
    }

    private static func isBasic(_ value: TemplateValue) -> Bool {
        switch value.unwrapped {
        case .bool, .int, .float, .string: true
        case .none, .list, .map, .time, .object, .function: false
        }
    }
}

extension TemplateValue {
    /// The value as `print` shows it, for error messages.
    fileprivate var printed: String {
        var printer = GoPrinter(bytesMax: 200)
        printer.print([self])
        return String(decoding: printer.output, as: UTF8.self)
    }
}
