extension FloatText {
    /// Without exponent, with a fixed number of digits behind the point (Go's `'f'` with a precision). Rounded from the exact value, ties to even.
    ///
    /// - Parameter digits: not negative.
    public static func fixed(_ value: Double, digits: Int) -> String {
        guard value.isFinite else { return special(value) }
        var decimal = DecimalDigits(exact: value)
        decimal.round(count: decimal.pointPosition + digits)
        return decimal.fixed(digits: digits)
    }

    /// With an exponent, and a fixed number of digits behind the point (Go's `'e'` with a precision); as few as tell the number where it is nil.
    public static func scientific(_ value: Double, digits: Int? = nil) -> String {
        guard value.isFinite else { return special(value) }
        guard let digits else { return DecimalDigits(shortest: value).scientific(digits: nil) }
        var decimal = DecimalDigits(exact: value)
        decimal.round(count: digits + 1)
        return decimal.scientific(digits: digits)
    }

    /// A number of significant digits, with an exponent where it is below 10^-4 or has more digits than that before the point (Go's `'g'` with a
    /// precision).
    public static func general(_ value: Double, digits: Int) -> String {
        guard value.isFinite else { return special(value) }
        let digits = max(digits, 1)
        var decimal = DecimalDigits(exact: value)
        decimal.round(count: digits)
        let count = decimal.digits.count
        let limit = digits > count && count >= decimal.pointPosition ? count : digits
        let exponent = decimal.digits.isEmpty ? 0 : decimal.pointPosition - 1
        if exponent < -4 || exponent >= max(limit, 1) { return decimal.scientific(digits: max(min(digits, count) - 1, 0)) }
        return decimal.fixed(digits: max(count - decimal.pointPosition, 0))
    }

    static func special(_ value: Double) -> String { value.isNaN ? "NaN" : value < 0 ? "-Inf" : "+Inf" }
}

extension DecimalDigits {
    /// All digits of a finite double, which are finitely many.
    init(exact value: Double) {
        isNegative = value.sign == .minus
        guard value != 0 else { return }
        let significand = value.significandBitPattern | (value.isNormal ? 1 << 52 : 0)
        let exponent = (value.isNormal ? Int(value.exponentBitPattern) : 1) - 1075
        let shift = significand.trailingZeroBitCount
        var number = BigDecimalInteger(significand >> UInt64(shift))
        // A binary fraction is a decimal one: n / 2^k = n · 5^k / 10^k.
        if exponent + shift >= 0 {
            number.multiply(by: 2, times: exponent + shift)
        } else {
            number.multiply(by: 5, times: -exponent - shift)
        }
        digits = number.digits
        pointPosition = digits.count + min(exponent + shift, 0)
        trim()
    }

    /// Keeps so many digits, and rounds to the nearest number that has them, ties to even.
    mutating func round(count: Int) {
        guard count < digits.count else { return }
        guard count >= 0 else {
            digits = []
            pointPosition = 0
            return
        }
        let five = UInt8(ascii: "5")
        let isTie = digits[count] == five && count + 1 == digits.count
        let isOdd = count > 0 && digits[count - 1] & 1 == 1
        let goesUp = isTie ? isOdd : digits[count] >= five
        digits.removeSubrange(count...)
        if goesUp {
            var index = count
            while index > 0, digits[index - 1] == UInt8(ascii: "9") { index -= 1 }
            digits.removeSubrange(index...)
            if index == 0 {
                digits = [UInt8(ascii: "1")]
                pointPosition += 1
            } else {
                digits[index - 1] += 1
            }
        }
        trim()
    }

    private mutating func trim() {
        while digits.last == UInt8(ascii: "0") { digits.removeLast() }
        if digits.isEmpty { pointPosition = 0 }
    }

    /// - Parameter count: digits behind the point; at least as many as the number has there.
    func fixed(digits count: Int) -> String {
        var text = isNegative ? "-" : ""
        let whole = max(pointPosition, 0)
        text += whole == 0 ? "0" : slice(0, whole)
        if count > 0 { text += "." + slice(pointPosition, pointPosition + count) }
        return text
    }

    /// - Parameter count: digits behind the point, at least as many as the number has there; nil for as many as it has.
    func scientific(digits count: Int?) -> String {
        let count = count ?? max(digits.count - 1, 0)
        let exponent = digits.isEmpty ? 0 : pointPosition - 1
        var text = (isNegative ? "-" : "") + slice(0, 1)
        if count > 0 { text += "." + slice(1, 1 + count) }
        return text + (exponent < 0 ? "e-" : "e+") + (abs(exponent) < 10 ? "0" : "") + String(abs(exponent))
    }

    /// The digits from one place to another, with zeros where there are none.
    private func slice(_ start: Int, _ end: Int) -> String {
        let zeros = String(repeating: "0", count: max(0, min(end, 0) - start))
        let first = min(max(start, 0), digits.count)
        let last = min(max(end, 0), digits.count)
        let text = zeros + String(decoding: digits[first..<max(first, last)], as: UTF8.self)
        return text + String(repeating: "0", count: max(0, end - start - text.utf8.count))
    }
}

/// A whole number in groups of nine decimal digits, the least significant first.
private struct BigDecimalInteger {
    private static let base: UInt64 = 1_000_000_000
    private var groups: [UInt32] = []

    init(_ value: UInt64) {
        var rest = value
        while rest > 0 {
            groups.append(UInt32(rest % BigDecimalInteger.base))
            rest /= BigDecimalInteger.base
        }
    }

    /// - Parameter factor: at most 5.
    mutating func multiply(by factor: UInt64, times: Int) {
        var left = times
        while left > 0 {
            let step = min(left, 13)
            let power = (0..<step).reduce(UInt64(1)) { product, _ in product * factor }
            var carry: UInt64 = 0
            for index in groups.indices {
                let product = UInt64(groups[index]) * power + carry
                groups[index] = UInt32(product % BigDecimalInteger.base)
                carry = product / BigDecimalInteger.base
            }
            while carry > 0 {
                groups.append(UInt32(carry % BigDecimalInteger.base))
                carry /= BigDecimalInteger.base
            }
            left -= step
        }
    }

    var digits: [UInt8] {
        var text: [UInt8] = []
        for (index, group) in groups.reversed().enumerated() {
            let part = String(group)
            if index > 0 { text += repeatElement(UInt8(ascii: "0"), count: 9 - part.utf8.count) }
            text += part.utf8
        }
        return text
    }
}
