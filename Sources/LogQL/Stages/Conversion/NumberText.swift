internal import TelemetryModel

/// Numbers as Go's `strconv.ParseFloat` reads them: decimal, hexadecimal with an exponent, `inf`, `infinity` and `nan` in any case.
enum NumberText {
    /// The number that a text is, rounded to the nearest double.
    static func parse(_ text: UnsafeRawBufferPointer) throws(ConversionFault) -> Double {
        if let value = short(text) { return value }
        guard let value = long(text) else { throw fault(text, "invalid syntax") }
        if value.isInfinite, !isInfinity(text) { throw fault(text, "value out of range") }
        return value
    }

    /// Whether a text is a number. Says so sooner than ``parse(_:)`` where it is none.
    static func isNumber(_ text: UnsafeRawBufferPointer) -> Bool {
        guard let first = text.first else { return false }
        // Numbers start with a digit, a sign or a point; `inf` and `nan` are the only words.
        switch first {
        case 0x30...0x39, UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."): break
        case UInt8(ascii: "i"), UInt8(ascii: "I"), UInt8(ascii: "n"), UInt8(ascii: "N"): if text.count > 8 { return false }
        default: return false
        }
        if short(text) != nil { return true }
        guard let value = long(text) else { return false }
        return value.isFinite || value.isNaN || isInfinity(text)
    }

    static func fault(_ text: UnsafeRawBufferPointer, _ reason: String) -> ConversionFault {
        ConversionFault("strconv.ParseFloat: parsing \(GoQuoting.string(bytes: Array(text))): \(reason)")
    }

    /// Numbers of up to 15 digits without an exponent: what they are is exact, and so is the power of ten that they are divided by.
    private static func short(_ text: UnsafeRawBufferPointer) -> Double? {
        guard text.count <= 17 else { return nil }
        var index = 0
        let isNegative = text.first == UInt8(ascii: "-")
        if isNegative || text.first == UInt8(ascii: "+") { index = 1 }
        var digits = 0
        var mantissa: Int64 = 0
        var divisor = 1.0
        var sawPoint = false
        while index < text.count {
            let byte = text[index]
            if (0x30...0x39).contains(byte) {
                digits += 1
                mantissa = mantissa * 10 + Int64(byte - 0x30)
                if sawPoint { divisor *= 10 }
            } else if byte == UInt8(ascii: "."), !sawPoint {
                sawPoint = true
            } else {
                return nil
            }
            index += 1
        }
        guard digits > 0, digits <= 15 else { return nil }
        let value = Double(mantissa) / divisor
        return isNegative ? -value : value
    }

    private static func isInfinity(_ text: UnsafeRawBufferPointer) -> Bool { text.contains { $0 | 0x20 == UInt8(ascii: "n") } }

    /// Any number; infinite where it is out of range.
    private static func long(_ text: UnsafeRawBufferPointer) -> Double? {
        let string = String(decoding: text, as: UTF8.self)
        let lower = string.lowercased()
        var rest = Substring(lower)
        var sign = ""
        if let first = rest.first, first == "-" || first == "+" {
            sign = first == "-" ? "-" : ""
            rest = rest.dropFirst()
        }
        switch rest {
        case "inf", "infinity": return sign.isEmpty ? .infinity : -.infinity
        case "nan": return sign.isEmpty && rest.count == lower.count ? .nan : nil
        default: break
        }
        let isHexadecimal = rest.hasPrefix("0x")
        guard let plain = isHexadecimal ? hexadecimal(Array(rest.utf8.dropFirst(2))) : decimal(Array(rest.utf8)) else { return nil }
        return Double(sign + plain)
    }

    /// A decimal number written so that every reader takes it: digits, then an exponent.
    private static func decimal(_ text: [UInt8]) -> String? {
        guard let (digits, scale, rest) = mantissa(text, isDigit: { (0x30...0x39).contains($0) }) else { return nil }
        var exponent = -scale
        if !rest.isEmpty {
            guard rest.first == UInt8(ascii: "e"), let written = self.exponent(rest.dropFirst()) else { return nil }
            exponent += written
        }
        return digits + "e\(exponent)"
    }

    private static func hexadecimal(_ text: [UInt8]) -> String? {
        let isDigit = { (byte: UInt8) in (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte) }
        guard let (digits, scale, rest) = mantissa(text.filter { $0 != UInt8(ascii: "_") }, isDigit: isDigit),
            rest.first == UInt8(ascii: "p"), let written = exponent(rest.dropFirst())
        else { return nil }
        return "0x" + digits + "p\(written - 4 * scale)"
    }

    /// Digits with at most one point among them: the digits, how many of them stand behind the point, and what follows.
    private static func mantissa(
        _ text: [UInt8], isDigit: (UInt8) -> Bool
    ) -> (digits: String, scale: Int, rest: ArraySlice<UInt8>)? {
        var digits: [UInt8] = []
        var scale = 0
        var sawPoint = false
        var index = 0
        while index < text.count {
            if isDigit(text[index]) {
                digits.append(text[index])
                if sawPoint { scale += 1 }
            } else if text[index] == UInt8(ascii: "."), !sawPoint {
                sawPoint = true
            } else {
                break
            }
            index += 1
        }
        return digits.isEmpty ? nil : (String(decoding: digits, as: UTF8.self), scale, text[index...])
    }

    /// A whole number with a sign, held within what matters.
    private static func exponent(_ text: ArraySlice<UInt8>) -> Int? {
        var digits = text
        let isNegative = digits.first == UInt8(ascii: "-")
        if isNegative || digits.first == UInt8(ascii: "+") { digits = digits.dropFirst() }
        guard !digits.isEmpty else { return nil }
        var value = 0
        for digit in digits {
            guard (0x30...0x39).contains(digit) else { return nil }
            value = min(value * 10 + Int(digit - 0x30), 100_000)
        }
        return isNegative ? -value : value
    }
}
