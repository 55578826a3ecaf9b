internal import TelemetryModel

/// A number as it stands in a template. It may serve as an integer, as a float, or as either.
struct NumberLiteral: Sendable {
    let text: String
    let integer: Int64?
    let float: Double?
    /// Whether it is an integer that is too large to be one.
    let overflows: Bool
    /// What it is where nobody asks for a type.
    let isFloat: Bool

    /// Reads `1`, `-0x1F`, `0b1`, `1_000`, `1.5e3`, `0x1p4`.
    init(_ text: String) throws(TemplateFault) {
        self.text = text
        let looksLikeFloat = NumberLiteral.looksLikeFloat(text)
        let (whole, isTooLarge) = looksLikeFloat ? (nil, false) : NumberLiteral.integer(text)
        if let whole {
            (integer, float, overflows, isFloat) = (whole, Double(whole), false, false)
            return
        }
        if isTooLarge {
            guard !text.hasPrefix("-"), NumberLiteral.unsigned(text) != nil else {
                throw TemplateFault("integer overflow: " + GoQuoting.string(text))
            }
            (integer, float, overflows, isFloat) = (nil, NumberLiteral.unsigned(text).map { Double($0) }, true, false)
            return
        }
        guard looksLikeFloat, let value = Double(text.filter { $0 != "_" }), value.isFinite else {
            throw TemplateFault("illegal number syntax: " + GoQuoting.string(text))
        }
        (integer, float, overflows, isFloat) = (Int64(exactly: value), value, false, true)
    }

    /// Reads `'x'`.
    init(character text: String) throws(TemplateFault) {
        guard let bytes = StringLiteral.unquote(Array(text.utf8), quote: UInt8(ascii: "'")), !bytes.isEmpty else {
            throw TemplateFault("malformed character constant: " + text)
        }
        let (scalar, width) = UTF8Characters.decode(bytes[...], at: 0)
        guard width == bytes.count else { throw TemplateFault("malformed character constant: " + text) }
        self.text = text
        // An escape such as '\xff' is a byte that is no character.
        let value = Int64(scalar?.value ?? UInt32(bytes[0]))
        (integer, float, overflows, isFloat) = (value, Double(value), false, false)
    }

    private static func looksLikeFloat(_ text: String) -> Bool {
        let digits = text.utf8.drop { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") }
        let isHexadecimal = digits.starts(with: "0x".utf8) || digits.starts(with: "0X".utf8)
        return digits.contains { byte in
            byte == UInt8(ascii: ".") || byte | 0x20 == UInt8(ascii: "p") || (byte | 0x20 == UInt8(ascii: "e") && !isHexadecimal)
        }
    }

    private static func integer(_ text: String) -> (Int64?, isTooLarge: Bool) {
        guard let (isNegative, digits, radix) = parts(text) else { return (nil, false) }
        if let value = Int64((isNegative ? "-" : "") + digits, radix: radix) { return (value, false) }
        return (nil, digits.utf8.allSatisfy { digitValue($0) < radix })
    }

    private static func unsigned(_ text: String) -> UInt64? {
        parts(text).flatMap { UInt64($0.digits, radix: $0.radix) }
    }

    private static func digitValue(_ byte: UInt8) -> Int {
        switch byte {
        case 0x30...0x39: Int(byte - 0x30)
        case 0x61...0x66: Int(byte - 0x61) + 10
        case 0x41...0x46: Int(byte - 0x41) + 10
        default: 99
        }
    }

    private static func parts(_ text: String) -> (isNegative: Bool, digits: String, radix: Int)? {
        var rest = Substring(text)
        let isNegative = rest.hasPrefix("-")
        if isNegative || rest.hasPrefix("+") { rest = rest.dropFirst() }
        var radix = 10
        let start = rest.prefix(2).lowercased()
        if start == "0x" { radix = 16 } else if start == "0b" { radix = 2 } else if start == "0o" { radix = 8 }
        if radix != 10 {
            rest = rest.dropFirst(2)
        } else if rest.count > 1, rest.hasPrefix("0") {
            (radix, rest) = (8, rest.dropFirst())
        }
        let digits = String(rest.filter { $0 != "_" })
        return digits.isEmpty ? nil : (isNegative, digits, radix)
    }
}
