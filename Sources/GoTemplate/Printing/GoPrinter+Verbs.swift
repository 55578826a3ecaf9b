internal import TelemetryModel

/// What a verb makes of a value.
extension GoPrinter {
    mutating func write(_ value: TemplateValue, _ verb: Unicode.Scalar, _ directive: Directive) {
        switch (verb, value) {
        case ("T", _): pad(Array(value.typeName.utf8), directive)
        case ("v", .none): pad(Array("<nil>".utf8), directive)
        case (_, .none): append("%!\(String(verb))(<nil>)")
        case (_, .list(let elements)): list(elements, verb, directive)
        case (_, .map(let map)): self.map(map, verb, directive)
        case (_, .bool(let value)):
            guard verb == "t" || verb == "v" else { return bad(.bool(value), verb) }
            pad(Array((value ? "true" : "false").utf8), directive)
        case (_, .int(let value)): integer(value, verb, directive)
        case (_, .float(let value)): float(value, verb, directive)
        case (_, .string(let bytes)): string(bytes, verb, directive)
        case (_, .time(let time)): string(Array(time.description.utf8), verb, directive)
        case (_, .object(let object)): string(object.printed, verb, directive)
        case (_, .function): bad(value, verb)
        }
    }

    /// A verb that does not fit its value.
    private mutating func bad(_ value: TemplateValue, _ verb: Unicode.Scalar) {
        append("%!\(String(verb))(\(value.typeName)=")
        plain(value)
        append(")")
    }

    private mutating func list(_ elements: [TemplateValue], _ verb: Unicode.Scalar, _ directive: Directive) {
        append("[")
        for (index, element) in elements.enumerated() {
            if index > 0 { append(" ") }
            write(element, verb, directive)
        }
        append("]")
    }

    private mutating func map(_ map: TemplateMap, _ verb: Unicode.Scalar, _ directive: Directive) {
        append("map[")
        for (index, key) in map.keys.enumerated() {
            if index > 0 { append(" ") }
            string(key, verb, directive)
            append(":")
            write(map.values[index], verb, directive)
        }
        append("]")
    }

    // MARK: Padding

    /// Writes text with blanks up to the width, counted in characters.
    private mutating func pad(_ text: [UInt8], _ directive: Directive, zeros: Bool = false) {
        guard let width = directive.width else { return append(text) }
        let missing = width - UTF8Characters.count(text[...])
        guard missing > 0 else { return append(text) }
        let filler = repeatElement(zeros && !directive.minus ? UInt8(ascii: "0") : UInt8(ascii: " "), count: missing)
        if directive.minus {
            append(text)
            append(filler)
        } else {
            append(filler)
            append(text)
        }
    }

    /// Writes a number with its sign; zeros go between the two.
    private mutating func pad(sign: String, digits: String, _ directive: Directive, zeros: Bool) {
        var digits = digits
        if zeros, !directive.minus, let width = directive.width {
            let missing = width - sign.utf8.count - digits.utf8.count
            if missing > 0, missing <= bytesMax { digits = String(repeating: "0", count: missing) + digits }
        }
        pad(Array((sign + digits).utf8), directive)
    }

    // MARK: Strings

    private mutating func string(_ bytes: [UInt8], _ verb: Unicode.Scalar, _ directive: Directive) {
        var text = bytes
        if let precision = directive.precision, verb != "x", verb != "X" {
            var left = precision
            var end = 0
            UTF8Characters.forEach(bytes[...]) { _, range in
                if left > 0 { end = range.upperBound }
                left -= 1
            }
            text = Array(bytes[..<end])
        }
        switch verb {
        case "v", "s":
            pad(directive.sharp && verb == "v" ? Array(GoQuoting.string(bytes: text).utf8) : text, directive, zeros: directive.zero)
        case "q": pad(Array(quoted(text, directive).utf8), directive, zeros: directive.zero)
        case "x", "X":
            let digits = Array((verb == "x" ? "0123456789abcdef" : "0123456789ABCDEF").utf8)
            var result: [UInt8] = []
            let prefix: [UInt8] = directive.sharp ? [0x30, verb == "x" ? 0x78 : 0x58] : []
            for (index, byte) in bytes.prefix(directive.precision ?? bytes.count).enumerated() {
                if directive.space, index > 0 { result.append(0x20) }
                if directive.space || index == 0 { result += prefix }
                result += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
            pad(result, directive)
        default: bad(.string(bytes), verb)
        }
    }

    private func quoted(_ text: [UInt8], _ directive: Directive) -> String {
        if directive.sharp, let string = String(validating: text, as: UTF8.self),
            string.unicodeScalars.allSatisfy({ $0 == "\t" || ($0.value >= 0x20 && $0.value != 0x7f && $0 != "`" && $0 != "\u{feff}") })
        {
            return "`" + string + "`"
        }
        return GoQuoting.string(bytes: text)
    }

    // MARK: Numbers

    private mutating func integer(_ value: Int64, _ verb: Unicode.Scalar, _ directive: Directive) {
        switch verb {
        case "v", "d": number(value, radix: 10, prefix: "", directive)
        case "b": number(value, radix: 2, prefix: directive.sharp ? "0b" : "", directive)
        case "o", "O": number(value, radix: 8, prefix: verb == "O" ? "0o" : directive.sharp ? "0" : "", directive)
        case "x": number(value, radix: 16, prefix: directive.sharp ? "0x" : "", directive)
        case "X": number(value, radix: 16, prefix: directive.sharp ? "0X" : "", directive, isUpper: true)
        case "c", "q", "U":
            let scalar = UInt32(exactly: value).flatMap { Unicode.Scalar($0) } ?? "\u{fffd}"
            if verb == "c" { return pad(Array(String(Character(scalar)).utf8), directive) }
            if verb == "q" { return pad(Array(GoQuoting.scalar(scalar).utf8), directive) }
            let digits = String(UInt64(bitPattern: value), radix: 16, uppercase: true)
            let code = "U+" + String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits
            pad(Array((directive.sharp && GoQuoting.isPrintable(scalar) ? code + " '\(scalar)'" : code).utf8), directive)
        default: bad(.int(value), verb)
        }
    }

    private mutating func number(_ value: Int64, radix: Int, prefix: String, _ directive: Directive, isUpper: Bool = false) {
        var digits = String(value.magnitude, radix: radix, uppercase: isUpper)
        if let precision = directive.precision {
            if precision == 0, value == 0 { digits = "" }
            let missing = min(precision, bytesMax) - digits.utf8.count
            if missing > 0 { digits = String(repeating: "0", count: missing) + digits }
        }
        let sign = value < 0 ? "-" : directive.plus ? "+" : directive.space ? " " : ""
        pad(sign: sign + prefix, digits: digits, directive, zeros: directive.zero && directive.precision == nil)
    }

    private mutating func float(_ value: Double, _ verb: Unicode.Scalar, _ directive: Directive) {
        var text: String
        switch verb {
        case "v", "g": text = directive.precision.map { FloatText.general(value, digits: min($0, 1100)) } ?? FloatText.general(value)
        case "G":
            text = (directive.precision.map { FloatText.general(value, digits: min($0, 1100)) } ?? FloatText.general(value)).uppercased()
        case "e": text = FloatText.scientific(value, digits: min(directive.precision ?? 6, bytesMax))
        case "E": text = FloatText.scientific(value, digits: min(directive.precision ?? 6, bytesMax)).uppercased()
        case "f", "F": text = FloatText.fixed(value, digits: min(directive.precision ?? 6, bytesMax))
        default: return bad(.float(value), verb)
        }
        if value.isNaN { text = "NaN" } else if value.isInfinite { text = value < 0 ? "-Inf" : "Inf" }
        var sign = ""
        if text.hasPrefix("-") { (sign, text) = ("-", String(text.dropFirst())) }
        if sign.isEmpty { sign = directive.plus || value == .infinity ? "+" : directive.space ? " " : "" }
        if value == .infinity, directive.space, !directive.plus { sign = " " }
        pad(sign: sign, digits: text, directive, zeros: directive.zero && value.isFinite)
    }
}
