/// Durations as programs in Go write them: `300ms`, `1.5h`, `2h45m`, `-1µs`, and `0`.
enum GoDuration {
    /// Nanoseconds; nil for other text and for what 64 bits cannot hold.
    static func parse(_ text: String) -> Int64? {
        var rest = Substring(text).utf8
        var sign = 1.0
        if let first = rest.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
            if first == UInt8(ascii: "-") { sign = -1 }
            rest = rest.dropFirst()
        }
        if rest.elementsEqual("0".utf8) { return 0 }
        if rest.isEmpty { return nil }
        // Whole numbers are added exactly, so that no nanosecond is lost where there is no fraction.
        var whole: Int64 = 0
        var fraction = 0.0
        while !rest.isEmpty {
            let digits = rest.prefix { isDigit($0) }
            rest = rest[digits.endIndex...]
            var decimals = rest.prefix(0)
            if rest.first == UInt8(ascii: ".") {
                decimals = rest.dropFirst().prefix { isDigit($0) }
                rest = rest[decimals.endIndex...]
            }
            if digits.isEmpty && decimals.isEmpty { return nil }
            let name = rest.prefix { !isDigit($0) && $0 != UInt8(ascii: ".") }
            rest = rest[name.endIndex...]
            guard let unit = units[String(Substring(name))] else { return nil }
            guard let number = digits.isEmpty ? 0 : Int64(Substring(digits)) else { return nil }
            let (product, overflowsProduct) = number.multipliedReportingOverflow(by: unit)
            let (sum, overflowsSum) = whole.addingReportingOverflow(product)
            if overflowsProduct || overflowsSum { return nil }
            whole = sum
            if !decimals.isEmpty, let part = Double("0." + String(Substring(decimals))) { fraction += part * Double(unit) }
        }
        let (total, overflows) = whole.addingReportingOverflow(Int64(fraction))
        return overflows ? nil : sign < 0 ? -total : total
    }

    private static let units: [String: Int64] = [
        "ns": 1, "us": 1_000, "µs": 1_000, "μs": 1_000, "ms": 1_000_000, "s": 1_000_000_000, "m": 60_000_000_000, "h": 3_600_000_000_000,
    ]

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
}
