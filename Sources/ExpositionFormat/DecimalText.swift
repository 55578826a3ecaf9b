internal import TelemetryModel

/// Numbers written as decimal text, read without building a string.
enum DecimalText {
    /// An integer with an optional sign; nil where it is none or does not fit.
    static func integer(_ bytes: [UInt8], _ range: Range<Int>) -> Int64? {
        var index = range.lowerBound
        guard index < range.upperBound else { return nil }
        let isNegative = bytes[index] == UInt8(ascii: "-")
        if isNegative || bytes[index] == UInt8(ascii: "+") { index += 1 }
        guard index < range.upperBound else { return nil }
        var value: Int64 = 0
        while index < range.upperBound {
            let byte = bytes[index]
            guard NameBytes.isDigit(byte) else { return nil }
            let digit = Int64(byte - UInt8(ascii: "0"))
            let (scaled, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = isNegative ? scaled.subtractingReportingOverflow(digit) : scaled.addingReportingOverflow(digit)
            if overflow || carry { return nil }
            value = sum
            index += 1
        }
        return value
    }

    /// A number as Go's `strconv.ParseFloat` reads decimal ones, rounded to the nearest double; nil where it is none.
    /// Every NaN becomes Prometheus' normal NaN.
    static func double(_ bytes: [UInt8], _ range: Range<Int>) -> Double? {
        var index = range.lowerBound
        let end = range.upperBound
        guard index < end else { return nil }
        let isNegative = bytes[index] == UInt8(ascii: "-")
        if isNegative || bytes[index] == UInt8(ascii: "+") { index += 1 }
        var mantissa: UInt64 = 0
        var mantissaDigits = 0
        var digits = 0
        var exponent = 0
        var sawPoint = false
        while index < end {
            let byte = bytes[index]
            if NameBytes.isDigit(byte) {
                digits += 1
                if mantissaDigits > 0 || byte != UInt8(ascii: "0") {
                    mantissaDigits += 1
                    if mantissaDigits <= 19 { mantissa = mantissa &* 10 &+ UInt64(byte &- UInt8(ascii: "0")) }
                }
                if sawPoint { exponent -= 1 }
            } else if byte == UInt8(ascii: "."), !sawPoint {
                sawPoint = true
            } else {
                break
            }
            index += 1
        }
        guard digits > 0 else { return special(bytes, index..<end, isNegative: isNegative, hasSign: index > range.lowerBound) }
        if index < end {
            guard bytes[index] | 0x20 == UInt8(ascii: "e"), let shift = integer(bytes, index + 1..<end) else { return nil }
            exponent += Int(max(min(shift, 100_000), -100_000))
        }
        if mantissa == 0 { return isNegative ? -0.0 : 0 }
        if mantissaDigits <= 19, let value = exact(mantissa, exponent) { return isNegative ? -value : value }
        // Rare: more than 19 digits, or a power of ten beyond 19. The text is checked, so only the range can matter, and that gives ±Inf,
        // which Go refuses.
        guard let value = Double(String(decoding: bytes[range], as: UTF8.self)), value.isFinite else { return nil }
        return value
    }

    private static func special(_ bytes: [UInt8], _ range: Range<Int>, isNegative: Bool, hasSign: Bool) -> Double? {
        func spells(_ word: StaticString) -> Bool {
            guard word.utf8CodeUnitCount == range.count else { return false }
            return word.withUTF8Buffer { word in
                for offset in 0..<word.count where bytes[range.lowerBound + offset] | 0x20 != word[offset] { return false }
                return true
            }
        }
        if spells("inf") || spells("infinity") { return isNegative ? -Double.infinity : .infinity }
        if spells("nan"), !hasSign { return Double(bitPattern: StaleMarker.normalNaNBits) }
        return nil
    }

    /// `mantissa · 10^exponent` correctly rounded, for exponents from -19 to 19; nil for others.
    static func exact(_ mantissa: UInt64, _ exponent: Int) -> Double? {
        if exponent == 0 { return Double(mantissa) }
        guard exponent >= -19, exponent <= 19 else { return nil }
        let power = powersOfTen[exponent.magnitude < 20 ? Int(exponent.magnitude) : 0]
        if mantissa <= 1 << 53, exponent.magnitude <= 15 {
            return exponent > 0 ? Double(mantissa) * Double(power) : Double(mantissa) / Double(power)
        }
        if exponent > 0 {
            let product = mantissa.multipliedFullWidth(by: power)
            return rounded(high: product.high, low: product.low, sticky: false, scale: 0)
        }
        // With its top bit set, the mantissa divided by 10^19 still leaves more than 60 significant bits.
        let shift = mantissa.leadingZeroBitCount
        let numerator = mantissa << UInt64(shift)
        let high = numerator / power
        let rest = numerator % power
        let (low, remainder) = power.dividingFullWidth((rest, 0))
        return rounded(high: high, low: low, sticky: remainder != 0, scale: -64 - shift)
    }

    /// `(high · 2^64 + low) · 2^scale` rounded once; `sticky` says that something below was cut off.
    private static func rounded(high: UInt64, low: UInt64, sticky: Bool, scale: Int) -> Double {
        if high == 0 {
            // Fits 64 bits; here nothing was cut off unless 60 bits and more are left, whose last then only breaks ties.
            return Double(sign: .plus, exponent: scale, significand: Double(low | (sticky ? 1 : 0)))
        }
        let shift = high.leadingZeroBitCount
        var top = shift == 0 ? high : high << UInt64(shift) | low >> UInt64(64 - shift)
        let cut = shift == 0 ? low : low << UInt64(shift)
        if cut != 0 || sticky { top |= 1 }
        return Double(sign: .plus, exponent: scale + 64 - shift, significand: Double(top))
    }

    private static let powersOfTen: [UInt64] = [
        1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000, 10_000_000_000, 100_000_000_000,
        1_000_000_000_000, 10_000_000_000_000, 100_000_000_000_000, 1_000_000_000_000_000, 10_000_000_000_000_000,
        100_000_000_000_000_000, 1_000_000_000_000_000_000, 10_000_000_000_000_000_000,
    ]
}
