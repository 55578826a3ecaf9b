internal import TelemetryModel

/// Numbers as the language writes them: decimal, hexadecimal, octal with a leading zero, `inf` and `nan` in any case, underscores between digits.
enum NumberSyntax {
    enum Failure: Error {
        case syntax, range

        /// What Go's `strconv` says of it, which is how users see it.
        func message(for text: String) -> String {
            let reason = self == .syntax ? "invalid syntax" : "value out of range"
            return "strconv.ParseFloat: parsing \(GoQuoting.string(text)): \(reason)"
        }
    }

    /// The value of a number. An integer that fits 64 bits is read as one, in the base that its prefix names; all else is a decimal fraction.
    static func parse(_ text: String) throws(Failure) -> Double {
        if text.utf8.first != UInt8(ascii: "0"), let integer = Int64(text) { return Double(integer) }
        if let integer = integer(Array(text.utf8)) { return Double(integer) }
        return try fraction(text)
    }

    /// An integer with the base prefixes of Go: `0x`, `0b`, `0o`, `0`; nil where it is none or too large.
    private static func integer(_ text: [UInt8]) -> Int64? {
        guard isUnderscoreFit(text), let first = text.first else { return nil }
        var digits = text[...]
        var radix = 10
        if first == UInt8(ascii: "0") {
            switch text.count > 2 ? text[1] | 0x20 : 0 {
            case UInt8(ascii: "x"): (radix, digits) = (16, digits.dropFirst(2))
            case UInt8(ascii: "b"): (radix, digits) = (2, digits.dropFirst(2))
            case UInt8(ascii: "o"): (radix, digits) = (8, digits.dropFirst(2))
            default: if text.count > 1 { (radix, digits) = (8, digits.dropFirst()) }
            }
        }
        let plain = digits.filter { $0 != UInt8(ascii: "_") }
        guard plain.allSatisfy({ digitValue($0) != nil }) else { return nil }
        return Int64(String(decoding: plain, as: UTF8.self), radix: radix)
    }

    private static func fraction(_ text: String) throws(Failure) -> Double {
        switch text.lowercased() {
        case "inf", "infinity": return .infinity
        case "nan": return .nan
        default: break
        }
        let bytes = Array(text.utf8)
        guard isUnderscoreFit(bytes), bytes.contains(where: isDigit) else { throw .syntax }
        var plain: [UInt8] = []
        plain.reserveCapacity(bytes.count)
        var sawDigitSinceDot = false
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "_"): continue
            case UInt8(ascii: "."): break
            case UInt8(ascii: "e"), UInt8(ascii: "E"):
                if plain.last == UInt8(ascii: ".") { plain.append(UInt8(ascii: "0")) }
            case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): sawDigitSinceDot = true
            default: throw .syntax
            }
            plain.append(byte)
        }
        if plain.last == UInt8(ascii: ".") { plain.append(UInt8(ascii: "0")) }
        if plain.first == UInt8(ascii: ".") { plain.insert(UInt8(ascii: "0"), at: 0) }
        guard sawDigitSinceDot, let value = Double(String(decoding: plain, as: UTF8.self)) else { throw .syntax }
        if value.isInfinite { throw .range }
        return value
    }

    /// Whether underscores stand only between digits, or between a base prefix and a digit.
    private static func isUnderscoreFit(_ text: [UInt8]) -> Bool {
        guard text.contains(UInt8(ascii: "_")) else { return true }
        var previous = UInt8(ascii: "^")
        var offset = 0
        var isHexadecimal = false
        if text.count >= 2, text[0] == UInt8(ascii: "0") {
            switch text[1] | 0x20 {
            case UInt8(ascii: "x"), UInt8(ascii: "b"), UInt8(ascii: "o"):
                isHexadecimal = text[1] | 0x20 == UInt8(ascii: "x")
                previous = UInt8(ascii: "0")
                offset = 2
            default: break
            }
        }
        for byte in text[offset...] {
            if isDigit(byte) || (isHexadecimal && digitValue(byte) != nil) {
                previous = UInt8(ascii: "0")
            } else if byte == UInt8(ascii: "_") {
                if previous != UInt8(ascii: "0") { return false }
                previous = byte
            } else {
                if previous == UInt8(ascii: "_") { return false }
                previous = UInt8(ascii: "!")
            }
        }
        return previous != UInt8(ascii: "_")
    }
}

extension NumberSyntax {
    /// A whole number beyond 2^52 in full, with six decimals of zeros (Go's `%f`); what is not finite by its name.
    static func inFull(_ value: Double) -> String {
        guard value.isFinite else { return FloatText.fixed(value) }
        precondition(value.magnitude >= 0x1p52, "BUG: a number with a fraction")
        var digits = String(UInt64(value.significandBitPattern) | 1 << 52).utf8.reversed().map { $0 - UInt8(ascii: "0") }
        for _ in 52..<Int(value.exponent) {
            var carry: UInt8 = 0
            for index in digits.indices {
                let doubled = digits[index] * 2 + carry
                digits[index] = doubled % 10
                carry = doubled / 10
            }
            if carry > 0 { digits.append(carry) }
        }
        return (value < 0 ? "-" : "") + String(decoding: digits.reversed().map { $0 + UInt8(ascii: "0") }, as: UTF8.self) + ".000000"
    }
}
