/// Numbers as text in the forms that Prometheus' interfaces show: the shortest digits that read back as the same double, and `NaN`,
/// `+Inf` and `-Inf`.
public enum FloatText {
    /// Without exponent, however long (Go's `'f', -1`).
    public static func fixed(_ value: Double) -> String {
        guard value.isFinite else { return special(value) }
        return DecimalDigits(shortest: value).fixed
    }

    /// With an exponent below 10^-4 and from 10^6 on (Go's `%g`).
    public static func general(_ value: Double) -> String {
        guard value.isFinite else { return special(value) }
        let decimal = DecimalDigits(shortest: value)
        return (-3...6).contains(decimal.pointPosition) || decimal.digits.isEmpty ? decimal.fixed : decimal.scientific(digits: nil)
    }

    /// As OpenMetrics writes bounds and quantiles: like ``general(_:)``, but always with a point or an exponent.
    public static func openMetrics(_ value: Double) -> String {
        if value == 0 { return "0.0" }
        let text = general(value)
        let hasMark = text.utf8.contains { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "e") }
        return value.isFinite && !hasMark ? text + ".0" : text
    }
}

/// A decimal number: `0.d₁d₂d₃… · 10^pointPosition`.
struct DecimalDigits {
    var isNegative: Bool
    /// ASCII digits without zeros at either end; empty for zero.
    var digits: [UInt8] = []
    var pointPosition = 0

    /// The shortest decimal that reads back as a finite double.
    init(shortest value: Double) {
        isNegative = value.sign == .minus
        var exponent = 0
        var sawPoint = false
        var bytes = value.description.utf8.makeIterator()
        while let byte = bytes.next() {
            switch byte {
            case UInt8(ascii: "."): sawPoint = true
            case UInt8(ascii: "e"):
                var isBelow = false
                while let byte = bytes.next() {
                    if byte == UInt8(ascii: "-") { isBelow = true }
                    if byte >= UInt8(ascii: "0") { exponent = exponent * 10 + Int(byte - UInt8(ascii: "0")) }
                }
                if isBelow { exponent = -exponent }
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                if digits.isEmpty && byte == UInt8(ascii: "0") {
                    if sawPoint { pointPosition -= 1 }
                } else {
                    digits.append(byte)
                    if !sawPoint { pointPosition += 1 }
                }
            default: break
            }
        }
        pointPosition = digits.isEmpty ? 0 : pointPosition + exponent
        while digits.last == UInt8(ascii: "0") { digits.removeLast() }
    }

    var fixed: String {
        var text = isNegative ? "-" : ""
        if digits.isEmpty { return text + "0" }
        if pointPosition <= 0 {
            return text + "0." + String(repeating: "0", count: -pointPosition) + String(decoding: digits, as: UTF8.self)
        }
        text += String(decoding: digits.prefix(pointPosition), as: UTF8.self)
        if digits.count < pointPosition { return text + String(repeating: "0", count: pointPosition - digits.count) }
        if digits.count == pointPosition { return text }
        return text + "." + String(decoding: digits.dropFirst(pointPosition), as: UTF8.self)
    }
}
