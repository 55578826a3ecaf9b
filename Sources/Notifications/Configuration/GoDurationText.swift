/// Spans of time as Go's `time.ParseDuration` reads them: `1m30s`, `1.5h`, `300ms`.
enum GoDurationText {
    private static let units: [(name: String, nanoseconds: Double)] = [
        ("ns", 1), ("us", 1e3), ("µs", 1e3), ("μs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9),
    ]

    /// The span in milliseconds; nil where the text is none, or longer than 292 years.
    static func milliseconds(_ text: String) -> Int64? {
        var rest = text[...]
        var sign = 1.0
        if let first = rest.first, first == "-" || first == "+" {
            sign = first == "-" ? -1 : 1
            rest = rest.dropFirst()
        }
        if rest == "0" { return 0 }
        guard !rest.isEmpty else { return nil }
        var total = 0.0
        while !rest.isEmpty {
            let number = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            rest = rest.dropFirst(number.count)
            let name = rest.prefix { !($0.isASCII && ($0.isNumber || $0 == ".")) }
            rest = rest.dropFirst(name.count)
            let isNumber = number.contains { $0 != "." } && number.count { $0 == "." } <= 1
            let padded = "0" + number + (number.last == "." ? "0" : "")
            guard isNumber, let value = Double(padded), let unit = units.first(where: { $0.name == name }) else { return nil }
            total += value * unit.nanoseconds
        }
        guard total < 0x1p63 else { return nil }
        return Int64(sign * total / 1e6)
    }
}
