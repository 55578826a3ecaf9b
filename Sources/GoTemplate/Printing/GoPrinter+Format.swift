internal import TelemetryModel

/// `Sprintf`: flags, widths, precisions, arguments by number.
extension GoPrinter {
    /// What stands between the percent sign and the verb.
    struct Directive {
        var minus = false
        var plus = false
        var sharp = false
        var space = false
        var zero = false
        var width: Int?
        var precision: Int?
    }

    /// Go takes no width or precision beyond this.
    private static let sizeMax = 1_000_000

    mutating func format(_ format: [UInt8], _ values: [TemplateValue]) {
        var reader = FormatReader(format: format, count: values.count)
        var copied = 0
        while let percent = format[copied...].firstIndex(of: UInt8(ascii: "%")) {
            append(format[copied..<percent])
            reader.position = percent + 1
            directive(&reader, values)
            copied = reader.position
            if isFull { return }
        }
        append(format[copied...])
        if !reader.reordered, reader.argument < values.count {
            append("%!(EXTRA ")
            for (index, value) in values[reader.argument...].enumerated() {
                if index > 0 { append(", ") }
                append(value.typeName)
                if case .none = value { continue }
                append("=")
                plain(value)
            }
            append(")")
        }
    }

    private mutating func directive(_ reader: inout FormatReader, _ values: [TemplateValue]) {
        var directive = Directive()
        reader.readFlags(&directive)
        reader.readIndex()
        if reader.take("*") {
            if let width = size(&reader, values) {
                directive.width = abs(width)
                if width < 0 {
                    directive.minus = true
                    directive.zero = false
                }
            } else {
                append("%!(BADWIDTH)")
            }
            reader.afterIndex = false
        } else {
            directive.width = reader.readNumber()
            if reader.afterIndex, directive.width != nil { reader.isGoodIndex = false }
        }
        if reader.take(".") {
            if reader.afterIndex { reader.isGoodIndex = false }
            reader.readIndex()
            if reader.take("*") {
                let precision = size(&reader, values)
                if precision == nil { append("%!(BADPREC)") }
                directive.precision = precision.flatMap { $0 < 0 ? nil : $0 }
                reader.afterIndex = false
            } else {
                directive.precision = reader.readNumber() ?? 0
            }
        }
        if !reader.afterIndex { reader.readIndex() }
        guard let verb = reader.readVerb() else { return append("%!(NOVERB)") }
        let shown = String(verb)
        if verb == "%" { return append("%") }
        guard reader.isGoodIndex else {
            reader.isGoodIndex = true
            return append("%!\(shown)(BADINDEX)")
        }
        guard reader.argument < values.count else { return append("%!\(shown)(MISSING)") }
        reader.argument += 1
        write(values[reader.argument - 1], verb, directive)
    }

    /// An integer argument that is a width or precision.
    private func size(_ reader: inout FormatReader, _ values: [TemplateValue]) -> Int? {
        guard reader.argument < values.count else { return nil }
        reader.argument += 1
        guard case .int(let value) = values[reader.argument - 1], abs(value) <= Int64(GoPrinter.sizeMax) else { return nil }
        return Int(value)
    }
}

/// Walks a format.
private struct FormatReader {
    let format: [UInt8]
    /// How many arguments there are.
    let count: Int
    var position = 0
    /// The argument that is used next.
    var argument = 0
    /// Whether an argument was named by number.
    var reordered = false
    var isGoodIndex = true
    var afterIndex = false

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard position < format.count, format[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    mutating func readFlags(_ directive: inout GoPrinter.Directive) {
        afterIndex = false
        while position < format.count {
            switch format[position] {
            case UInt8(ascii: "-"): directive.minus = true
            case UInt8(ascii: "+"): directive.plus = true
            case UInt8(ascii: "#"): directive.sharp = true
            case UInt8(ascii: " "): directive.space = true
            case UInt8(ascii: "0"): directive.zero = true
            default: return
            }
            position += 1
        }
    }

    mutating func readNumber() -> Int? {
        let start = position
        var number = 0
        while position < format.count, (0x30...0x39).contains(format[position]) {
            number = min(number * 10 + Int(format[position] - 0x30), 1_000_001)
            position += 1
        }
        return position == start || number > 1_000_000 ? nil : number
    }

    /// `[2]`
    mutating func readIndex() {
        guard position < format.count, format[position] == UInt8(ascii: "[") else { return }
        reordered = true
        guard let close = format[position...].firstIndex(of: UInt8(ascii: "]")) else {
            isGoodIndex = false
            position += 1
            return
        }
        position += 1
        let number = readNumber()
        let isWhole = position == close
        position = close + 1
        guard let number, isWhole, number >= 1, number <= count else {
            isGoodIndex = false
            return
        }
        argument = number - 1
        afterIndex = true
    }

    mutating func readVerb() -> Unicode.Scalar? {
        guard position < format.count else { return nil }
        let (scalar, width) = UTF8Characters.decode(format[...], at: position)
        position += width
        return scalar ?? "\u{fffd}"
    }
}
