internal import TelemetryModel

/// Lengths of time as Go writes them: `1h30m`, `-1.5s`, `300ms`.
enum DurationText {
    /// Nanoseconds, as Go's `time.ParseDuration` reads them.
    static func parse(_ text: UnsafeRawBufferPointer) throws(ConversionFault) -> Int64 {
        func invalid() -> ConversionFault { ConversionFault("time: invalid duration " + GoQuoting.string(bytes: Array(text))) }
        var index = 0
        let isNegative = text.first == UInt8(ascii: "-")
        if isNegative || text.first == UInt8(ascii: "+") { index = 1 }
        guard index < text.count else { throw invalid() }
        if text.count - index == 1, text[index] == UInt8(ascii: "0") { return 0 }
        var total: UInt64 = 0
        while index < text.count {
            guard let (amount, end) = try amount(text, index) else { throw invalid() }
            index = end
            let (sum, overflowed) = total.addingReportingOverflow(amount)
            total = sum
            if overflowed || total > 1 << 63 { throw invalid() }
        }
        if isNegative { return total == 1 << 63 ? .min : -Int64(total) }
        guard total < 1 << 63 else { throw invalid() }
        return Int64(total)
    }

    /// Seconds, as Go's `Duration.Seconds` gives them.
    static func parseSeconds(_ text: UnsafeRawBufferPointer) throws(ConversionFault) -> Double {
        let (seconds, rest) = try parse(text).quotientAndRemainder(dividingBy: 1_000_000_000)
        return Double(seconds) + Double(rest) / 1e9
    }

    /// A number and its unit, in nanoseconds; nil where there is none or it is too large.
    private static func amount(_ text: UnsafeRawBufferPointer, _ start: Int) throws(ConversionFault) -> (UInt64, end: Int)? {
        var index = start
        var whole: UInt64 = 0
        while index < text.count, (0x30...0x39).contains(text[index]) {
            if whole > (1 << 63) / 10 { return nil }
            whole = whole * 10 + UInt64(text[index] - 0x30)
            if whole > 1 << 63 { return nil }
            index += 1
        }
        var digits = index - start
        var fraction: UInt64 = 0
        var scale = 1.0
        if index < text.count, text[index] == UInt8(ascii: ".") {
            index += 1
            var isFull = false
            while index < text.count, (0x30...0x39).contains(text[index]) {
                digits += 1
                if !isFull, fraction <= (1 << 63 - 1) / 10 {
                    fraction = fraction * 10 + UInt64(text[index] - 0x30)
                    scale *= 10
                } else {
                    isFull = true
                }
                index += 1
            }
        }
        guard digits > 0 else { return nil }
        let unitStart = index
        while index < text.count, text[index] != UInt8(ascii: "."), !(0x30...0x39).contains(text[index]) { index += 1 }
        let name = text[unitStart..<index]
        guard !name.isEmpty else {
            throw ConversionFault("time: missing unit in duration " + GoQuoting.string(bytes: Array(text)))
        }
        guard let unit = nanoseconds(name) else {
            throw ConversionFault(
                "time: unknown unit \(GoQuoting.string(bytes: Array(name))) in duration \(GoQuoting.string(bytes: Array(text)))")
        }
        let (product, overflowed) = whole.multipliedReportingOverflow(by: unit)
        if overflowed || product > 1 << 63 { return nil }
        if fraction == 0 { return (product, index) }
        let sum = product + UInt64(Double(fraction) * (Double(unit) / scale))
        return sum > 1 << 63 ? nil : (sum, index)
    }

    private static func nanoseconds(_ unit: Slice<UnsafeRawBufferPointer>) -> UInt64? {
        func isUnit(_ name: StaticString) -> Bool { name.withUTF8Buffer { unit.elementsEqual($0) } }
        if isUnit("s") { return 1_000_000_000 }
        if isUnit("ms") { return 1_000_000 }
        if isUnit("m") { return 60_000_000_000 }
        if isUnit("h") { return 3_600_000_000_000 }
        if isUnit("ns") { return 1 }
        // Both letters that look like the sign for micro.
        if isUnit("us") || isUnit("\u{b5}s") || isUnit("\u{3bc}s") { return 1000 }
        return nil
    }
}
