internal import CivilCalendar

/// Whole numbers as text.
enum DecimalText {
    /// The number that all of some bytes say, with a sign or without; nil where they say none, or one beyond 64 bits.
    static func integer(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
        let isNegative = text.first == UInt8(ascii: "-")
        let start = isNegative ? 1 : 0
        guard text.count > start else { return nil }
        var value: Int64 = 0
        for index in start..<text.count {
            let digit = text[index] &- 0x30
            guard digit < 10 else { return nil }
            let (product, overflowed) = value.multipliedReportingOverflow(by: 10)
            let amount = Int64(digit)
            let (sum, overflowedAgain) = isNegative ? product.subtractingReportingOverflow(amount) : product.addingReportingOverflow(amount)
            if overflowed || overflowedAgain { return nil }
            value = sum
        }
        return value
    }
}

/// The times of entries, as text and as numbers of an unknown unit.
public enum LogTime {
    /// Nanoseconds since 1970 of an RFC 3339 time, for which a space may stand for the `T`; nil for other text, and beyond the years 1678 to
    /// 2262.
    public static func rfc3339(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
        guard text.count <= 64, let time = RFC3339.parse(String(decoding: text, as: UTF8.self), isStrict: false) else { return nil }
        return nanoseconds(time)
    }

    /// Nanoseconds since 1970 of a time as senders write it: RFC 3339, without a zone also (UTC), or a number as of ``number(_:)``.
    public static func any(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
        guard text.count <= 64, let first = text.first else { return nil }
        // A year has four digits and a dash behind them.
        if text.count > 4, text[4] == UInt8(ascii: "-") {
            if let time = rfc3339(text) { return time }
            var string = String(decoding: text, as: UTF8.self)
            if !string.utf8.contains(UInt8(ascii: ":")) { string += "T00:00:00" }
            // An offset without a colon, such as Java writes it.
            let end = string.utf8.suffix(5)
            if let sign = end.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"), end.dropFirst().allSatisfy({ $0 &- 0x30 < 10 })
            {
                string.insert(":", at: string.index(string.endIndex, offsetBy: -2))
            } else {
                string += "Z"
            }
            return RFC3339.parse(string, isStrict: false).flatMap { nanoseconds($0) }
        }
        guard first &- 0x30 < 10 || first == UInt8(ascii: "-") else { return nil }
        return number(text)
    }

    /// Nanoseconds since 1970 of a number of seconds, milliseconds, microseconds or nanoseconds, which its size tells apart: 1700000000 is
    /// seconds, a thousand times that milliseconds, and so on. It may have a fraction.
    public static func number(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
        if let whole = DecimalText.integer(text) { return whole.magnitude < 100_000_000_000_000_000 ? scaled(whole) : whole }
        // Digits before and behind a point are kept apart: a double would lose the nanoseconds.
        guard let point = text.firstIndex(of: UInt8(ascii: ".")) else { return scientific(text) }
        let head = UnsafeBufferPointer(rebasing: text[..<point])
        let tail = text[(point + 1)...]
        guard tail.allSatisfy({ $0 &- 0x30 < 10 }), let whole = DecimalText.integer(head) else { return scientific(text) }
        let unit = nanosecondsPerUnit(whole)
        var fraction: Int64 = 0
        var weight = unit
        for byte in tail {
            weight /= 10
            if weight == 0 { break }
            fraction += Int64(byte &- 0x30) * weight
        }
        let (nanoseconds, overflowed) = whole.multipliedReportingOverflow(by: unit)
        if overflowed { return nil }
        let isNegative = text.first == UInt8(ascii: "-")
        let (sum, overflowedAgain) = nanoseconds.addingReportingOverflow(isNegative ? -fraction : fraction)
        return overflowedAgain ? nil : sum
    }

    /// A time as people read it.
    public static func text(_ nanoseconds: Int64) -> String { RFC3339.text(CivilTime(nanoseconds: nanoseconds)) }

    private static func scientific(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
        guard let value = Double(String(decoding: text, as: UTF8.self)), value.isFinite, value.magnitude < 9.2e18 else { return nil }
        return scaled(Int64(value))
    }

    private static func scaled(_ value: Int64) -> Int64? {
        let (nanoseconds, overflowed) = value.multipliedReportingOverflow(by: nanosecondsPerUnit(value))
        return overflowed ? nil : nanoseconds
    }

    private static func nanosecondsPerUnit(_ value: Int64) -> Int64 {
        switch value.magnitude {
        case ..<100_000_000_000: 1_000_000_000
        case ..<100_000_000_000_000: 1_000_000
        case ..<100_000_000_000_000_000: 1_000
        default: 1
        }
    }

    private static func nanoseconds(_ time: CivilTime) -> Int64? {
        let (product, overflowed) = Int64(time.secondsSince1970).multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, overflowedAgain) = product.addingReportingOverflow(Int64(time.nanosecond))
        return overflowed || overflowedAgain ? nil : sum
    }
}
