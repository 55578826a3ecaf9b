/// Text quoted the way Go's `%q` does it, which is how query languages print strings and how error messages show them.
public enum GoQuoting {
    /// A string in double quotes, escapes for whatever does not print.
    public static func string(_ text: String) -> String {
        if isPlain(text.utf8) { return "\"" + text + "\"" }
        var result = "\""
        for scalar in text.unicodeScalars { append(scalar, quote: "\"", to: &result) }
        result += "\""
        return result
    }

    /// Bytes in double quotes; what is no UTF-8 shows as `\xff`.
    public static func string(bytes: [UInt8]) -> String {
        if isPlain(bytes) { return "\"" + String(decoding: bytes, as: UTF8.self) + "\"" }
        var result = "\""
        var rest = bytes[...]
        while !rest.isEmpty {
            var decoder = UTF8()
            var iterator = rest.makeIterator()
            if case .scalarValue(let scalar) = decoder.decode(&iterator) {
                append(scalar, quote: "\"", to: &result)
                rest = rest.dropFirst(UTF8.width(scalar))
            } else {
                result += "\\x" + hexadecimal(UInt32(rest.removeFirst()), digits: 2)
            }
        }
        result += "\""
        return result
    }

    /// Whether nothing in it needs an escape: the usual case.
    private static func isPlain(_ text: some Sequence<UInt8>) -> Bool {
        text.allSatisfy { $0 >= 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
    }

    /// The first `limit` scalars of a string, quoted.
    public static func string(_ text: String, limit: Int) -> String {
        string(String(String.UnicodeScalarView(text.unicodeScalars.prefix(limit))))
    }

    /// One scalar in single quotes; nil, the end of the text, shows as the replacement character.
    public static func scalar(_ scalar: Unicode.Scalar?) -> String {
        var result = "'"
        append(scalar ?? "\u{fffd}", quote: "'", to: &result)
        result += "'"
        return result
    }

    /// A scalar as `U+0041 'A'`, the quoted part only where it prints.
    public static func codePoint(_ scalar: Unicode.Scalar?) -> String {
        let scalar = scalar ?? "\u{fffd}"
        var hex = hexadecimal(scalar.value, digits: 4).uppercased()
        hex = "U+" + hex
        return isPrintable(scalar) ? "\(hex) '\(scalar)'" : hex
    }

    private static func append(_ scalar: Unicode.Scalar, quote: Unicode.Scalar, to result: inout String) {
        if scalar == quote || scalar == "\\" {
            result += "\\"
            result.unicodeScalars.append(scalar)
            return
        }
        if isPrintable(scalar) {
            result.unicodeScalars.append(scalar)
            return
        }
        switch scalar.value {
        case 0x07: result += "\\a"
        case 0x08: result += "\\b"
        case 0x0c: result += "\\f"
        case 0x0a: result += "\\n"
        case 0x0d: result += "\\r"
        case 0x09: result += "\\t"
        case 0x0b: result += "\\v"
        case ..<0x20, 0x7f: result += "\\x" + hexadecimal(scalar.value, digits: 2)
        case ..<0x10000: result += "\\u" + hexadecimal(scalar.value, digits: 4)
        default: result += "\\U" + hexadecimal(scalar.value, digits: 8)
        }
    }

    /// Whether Go's `strconv.IsPrint` holds: letters, marks, numbers, punctuation, symbols and the ASCII space.
    public static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return scalar.value >= 0x20 && scalar.value < 0x7f }
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .spaceSeparator, .lineSeparator, .paragraphSeparator: return false
        default: return true
        }
    }

    private static func hexadecimal(_ value: UInt32, digits: Int) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }
}
