internal import GoTemplate
internal import TelemetryModel

/// Arithmetic. Arguments may be of any type; what is no number is zero.
extension LineFunctions {
    static func addNumbers(to table: inout FunctionTable) {
        addWholeNumbers(to: &table)
        table.add("float64", [.any]) { call throws(TemplateFault) in .float(float(call.arguments[0])) }
        table.add("addf", variadic: .any) { call throws(TemplateFault) in try decimal(0, call.arguments) { $0.adding($1) } }
        table.add("subf", [.any], variadic: .any) { call throws(TemplateFault) in
            try decimal(float(call.arguments[0]), call.arguments.dropFirst()) { $0.subtracting($1) }
        }
        table.add("mulf", [.any], variadic: .any) { call throws(TemplateFault) in
            try decimal(float(call.arguments[0]), call.arguments.dropFirst()) { $0.multiplied(by: $1) }
        }
        table.add("divf", [.any], variadic: .any) { call throws(TemplateFault) in
            var value = float(call.arguments[0])
            for argument in call.arguments.dropFirst() {
                let divisor = float(argument)
                if divisor == 0 { throw TemplateFault("decimal division by 0") }
                // Decimal numbers are divided to sixteen digits behind the point.
                value = Double(FloatText.fixed(value / divisor, digits: 16)) ?? value / divisor
            }
            return .float(value)
        }
        table.add("maxf", [.any], variadic: .any) { call throws(TemplateFault) in
            .float(
                call.arguments.dropFirst().reduce(float(call.arguments[0])) { $0.isNaN ? $0 : float($1).isNaN ? .nan : max($0, float($1)) })
        }
        table.add("minf", [.any], variadic: .any) { call throws(TemplateFault) in
            .float(
                call.arguments.dropFirst().reduce(float(call.arguments[0])) { $0.isNaN ? $0 : float($1).isNaN ? .nan : min($0, float($1)) })
        }
        table.add("ceil", [.any]) { call throws(TemplateFault) in .float(float(call.arguments[0]).rounded(.up)) }
        table.add("floor", [.any]) { call throws(TemplateFault) in .float(float(call.arguments[0]).rounded(.down)) }
        table.add("round", [.any, .int], variadic: .float) { call throws(TemplateFault) in
            let threshold = call.arguments.count > 2 ? call.float(2) : 0.5
            let power = Double("1e\(max(min(call.int(1), 400), -400))") ?? 1
            let scaled = power * float(call.arguments[0])
            let rest = scaled - scaled.rounded(.towardZero)
            return .float(scaled.rounded(rest >= threshold ? .up : .down) / power)
        }
    }

    private static func addWholeNumbers(to table: inout FunctionTable) {
        table.add("int", [.any]) { call throws(TemplateFault) in .int(int(call.arguments[0])) }
        table.add("add", variadic: .any) { call throws(TemplateFault) in .int(call.arguments.reduce(0) { $0 &+ int($1) }) }
        table.add("sub", [.any, .any]) { call throws(TemplateFault) in .int(int(call.arguments[0]) &- int(call.arguments[1])) }
        table.add("mul", [.any], variadic: .any) { call throws(TemplateFault) in .int(call.arguments.reduce(1) { $0 &* int($1) }) }
        table.add("div", [.any, .any]) { call throws(TemplateFault) in
            let divisor = int(call.arguments[1])
            if divisor == 0 { throw TemplateFault("runtime error: integer divide by zero") }
            return .int(int(call.arguments[0]).dividedReportingOverflow(by: divisor).partialValue)
        }
        table.add("mod", [.any, .any]) { call throws(TemplateFault) in
            let divisor = int(call.arguments[1])
            if divisor == 0 { throw TemplateFault("runtime error: integer divide by zero") }
            return .int(int(call.arguments[0]).remainderReportingOverflow(dividingBy: divisor).partialValue)
        }
        table.add("max", [.any], variadic: .any) { call throws(TemplateFault) in .int(call.arguments.map { int($0) }.max() ?? 0) }
        table.add("min", [.any], variadic: .any) { call throws(TemplateFault) in .int(call.arguments.map { int($0) }.min() ?? 0) }
    }

    // MARK: Conversion

    /// A whole number of any value. A text may have a base prefix; digits behind a point are dropped.
    static func int(_ value: TemplateValue) -> Int64 {
        switch value {
        case .int(let value): return value
        case .float(let value): return Int64(exactly: value.rounded(.towardZero)) ?? .min
        case .bool(let value): return value ? 1 : 0
        case .string(let bytes): return wholeNumber(String(decoding: bytes, as: UTF8.self)) ?? 0
        case .none, .list, .map, .time, .object, .function: return 0
        }
    }

    private static func wholeNumber(_ text: String) -> Int64? {
        var text = Substring(text)
        if let point = text.firstIndex(of: ".") {
            guard text[text.index(after: point)...].utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            let digits = text[..<point]
            guard digits.dropFirst().utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            text = digits.isEmpty || digits == "-" || digits == "+" ? "0" : digits
        }
        let isNegative = text.hasPrefix("-")
        var digits = isNegative || text.hasPrefix("+") ? text.dropFirst() : text
        var radix = 10
        switch digits.prefix(2).lowercased() {
        case "0x": radix = 16
        case "0b": radix = 2
        case "0o": radix = 8
        default:
            if digits.count > 1, digits.hasPrefix("0") { radix = 8 }
        }
        if radix != 10 { digits = digits.dropFirst(radix == 8 && !digits.prefix(2).lowercased().hasSuffix("o") ? 1 : 2) }
        guard let first = digits.utf8.first, first != UInt8(ascii: "-"), first != UInt8(ascii: "+") else { return nil }
        return Int64((isNegative ? "-" : "") + digits.filter { $0 != "_" || radix == 10 }, radix: radix)
    }

    /// A number of any value.
    static func float(_ value: TemplateValue) -> Double {
        switch value {
        case .int(let value): return Double(value)
        case .float(let value): return value
        case .bool(let value): return value ? 1 : 0
        case .string(let bytes):
            return bytes.withUnsafeBytes { bytes in (try? NumberText.parse(bytes)) ?? 0 }
        case .none, .list, .map, .time, .object, .function: return 0
        }
    }

    // MARK: Decimal arithmetic

    private static func decimal(
        _ start: Double, _ arguments: some Sequence<TemplateValue>, _ operation: (DecimalNumber, DecimalNumber) -> DecimalNumber
    ) throws(TemplateFault) -> TemplateValue {
        var result = try number(start)
        for argument in arguments { result = operation(result, try number(float(argument))) }
        return .float(result.value)
    }

    private static func number(_ value: Double) throws(TemplateFault) -> DecimalNumber {
        guard value.isFinite else { throw TemplateFault("Cannot create a Decimal from \(FloatText.general(value))") }
        return DecimalNumber(value)
    }
}

/// A number of decimal digits, so that a tenth and two tenths are three tenths. Beyond 38 digits it goes on as a double.
struct DecimalNumber {
    private var mantissa: Int128
    private var exponent: Int
    /// Where the digits are too many.
    private var approximate: Double?

    init(_ value: Double) {
        let text = FloatText.scientific(value)
        let parts = text.split(separator: "e")
        let digits = parts[0].filter { $0 != "." }
        let fraction = parts[0].contains(".") ? digits.drop { $0 == "-" }.count - 1 : 0
        mantissa = Int128(digits) ?? 0
        exponent = (parts.count > 1 ? Int(parts[1]) ?? 0 : 0) - fraction
    }

    private init(_ mantissa: Int128, _ exponent: Int, approximate: Double? = nil) {
        (self.mantissa, self.exponent, self.approximate) = (mantissa, exponent, approximate)
    }

    var value: Double { approximate ?? Double("\(mantissa)e\(exponent)") ?? 0 }

    func adding(_ other: DecimalNumber) -> DecimalNumber {
        guard approximate == nil, other.approximate == nil, let left = aligned(to: min(exponent, other.exponent)),
            let right = other.aligned(to: min(exponent, other.exponent))
        else { return DecimalNumber(0, 0, approximate: value + other.value) }
        let (sum, overflowed) = left.addingReportingOverflow(right)
        return overflowed ? DecimalNumber(0, 0, approximate: value + other.value) : DecimalNumber(sum, min(exponent, other.exponent))
    }

    func subtracting(_ other: DecimalNumber) -> DecimalNumber {
        adding(DecimalNumber(-other.mantissa, other.exponent, approximate: other.approximate.map { -$0 }))
    }

    func multiplied(by other: DecimalNumber) -> DecimalNumber {
        let (product, overflowed) = mantissa.multipliedReportingOverflow(by: other.mantissa)
        guard approximate == nil, other.approximate == nil, !overflowed, abs(exponent + other.exponent) < 400 else {
            return DecimalNumber(0, 0, approximate: value * other.value)
        }
        return DecimalNumber(product, exponent + other.exponent)
    }

    private func aligned(to target: Int) -> Int128? {
        if mantissa == 0 { return 0 }
        guard exponent - target <= 38 else { return nil }
        var result = mantissa
        for _ in 0..<max(0, exponent - target) {
            let (scaled, overflowed) = result.multipliedReportingOverflow(by: 10)
            if overflowed { return nil }
            result = scaled
        }
        return result
    }
}
