/// Durations as text.
public enum DurationText {
    private static let units: [(name: String, nanoseconds: Int64)] = [
        ("y", 31_536_000_000_000_000), ("w", 604_800_000_000_000), ("d", 86_400_000_000_000), ("h", 3_600_000_000_000),
        ("m", 60_000_000_000), ("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1000), ("µs", 1000), ("ns", 1),
    ]

    /// Reads `1h30m`, `1.5s`, `100us`, `2d`, each number with its unit; nanoseconds. Nil for anything else, and for what is out of range.
    static func parse(_ text: some Collection<UInt8>) -> Int64? {
        let bytes = Array(text)
        var position = 0
        var total: Int64 = 0
        while position < bytes.count {
            let start = position
            while position < bytes.count, bytes[position].isDigit || bytes[position] == UInt8(ascii: ".") { position += 1 }
            let number = bytes[start..<position]
            let unitStart = position
            while position < bytes.count, !bytes[position].isDigit, bytes[position] != UInt8(ascii: ".") { position += 1 }
            let name = String(decoding: bytes[unitStart..<position], as: UTF8.self)
            guard let unit = units.first(where: { $0.name == name }) else { return nil }
            guard let part = amount(number, unit.nanoseconds) else { return nil }
            let (sum, overflow) = total.addingReportingOverflow(part)
            if overflow { return nil }
            total = sum
        }
        return bytes.isEmpty ? nil : total
    }

    private static func amount(_ number: ArraySlice<UInt8>, _ unit: Int64) -> Int64? {
        let parts = number.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        let whole = String(decoding: parts[0], as: UTF8.self)
        if number.count < 1 || (parts.count == 2 && parts[0].isEmpty && parts[1].isEmpty) { return nil }
        guard let count = whole.isEmpty ? 0 : Int64(whole) else { return nil }
        let (product, overflow) = count.multipliedReportingOverflow(by: unit)
        if overflow { return nil }
        guard parts.count == 2, !parts[1].isEmpty else { return product }
        guard let fraction = Double("0." + String(decoding: parts[1], as: UTF8.self)) else { return nil }
        let (sum, carries) = product.addingReportingOverflow(Int64(fraction * Double(unit)))
        return carries ? nil : sum
    }

    /// Writes nanoseconds as Go writes them: `1h2m3.5s`, `200ms`, `5µs`, `0s`.
    public static func text(_ nanoseconds: Int64) -> String {
        let magnitude = nanoseconds.magnitude
        let sign = nanoseconds < 0 ? "-" : ""
        if magnitude == 0 { return "0s" }
        if magnitude < 1000 { return "\(sign)\(magnitude)ns" }
        if magnitude < 1_000_000 { return sign + decimal(magnitude, digits: 3) + "µs" }
        if magnitude < 1_000_000_000 { return sign + decimal(magnitude, digits: 6) + "ms" }
        let seconds = magnitude / 1_000_000_000
        let rest = seconds % 60 * 1_000_000_000 + magnitude % 1_000_000_000
        var text = sign
        if seconds >= 3600 { text += "\(seconds / 3600)h" }
        if seconds >= 60 { text += "\(seconds / 60 % 60)m" }
        return text + decimal(rest, digits: 9) + "s"
    }

    /// A number of which so many digits stand behind the point, without zeros at the end.
    private static func decimal(_ value: UInt64, digits: Int) -> String {
        var scale: UInt64 = 1
        for _ in 0..<digits { scale *= 10 }
        var fraction = String(value % scale)
        fraction = String(repeating: "0", count: digits - fraction.utf8.count) + fraction
        while fraction.hasSuffix("0") { fraction.removeLast() }
        return fraction.isEmpty ? "\(value / scale)" : "\(value / scale).\(fraction)"
    }
}
