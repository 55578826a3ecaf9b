internal import TelemetryModel

/// Lengths of time in queries: as Prometheus writes them (`1d12h`), and as Go does (`1.5h`, `1h0m0s`). All in nanoseconds.
enum QueryDuration {
    struct Failure: Error {
        let message: String
    }

    private static let prometheusUnits: [(name: String, nanoseconds: UInt64)] = [
        ("y", 31_536_000_000_000_000), ("w", 604_800_000_000_000), ("d", 86_400_000_000_000), ("h", 3_600_000_000_000),
        ("m", 60_000_000_000), ("s", 1_000_000_000), ("ms", 1_000_000),
    ]

    /// Reads either form; nil where it is neither.
    static func literal(_ text: String) -> Int64? {
        do throws(Failure) {
            return try prometheus(text)
        } catch {
            return Array(text.utf8).withUnsafeBytes { bytes in
                do throws(ConversionFault) {
                    return try DurationText.parse(bytes)
                } catch {
                    return nil
                }
            }
        }
    }

    /// Reads `1h30m`: whole numbers, units from years (365 days) down to milliseconds, each once and in that order; `0` alone needs no unit.
    static func prometheus(_ text: String) throws(Failure) -> Int64 {
        if text == "0" { return 0 }
        if text.isEmpty { throw Failure(message: "empty duration string") }
        let invalid = Failure(message: "not a valid duration string: \(GoQuoting.string(text))")
        var rest = Array(text.utf8)[...]
        var total: UInt64 = 0
        var nextUnit = 0
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isDigit }
            guard let count = UInt64(String(decoding: digits, as: UTF8.self)) else { throw invalid }
            rest = rest[digits.endIndex...]
            let name = String(decoding: rest.prefix { !$0.isDigit }, as: UTF8.self)
            rest = rest.dropFirst(name.utf8.count)
            if name.isEmpty { throw invalid }
            guard let unit = prometheusUnits.firstIndex(where: { $0.name == name }) else {
                throw Failure(message: "unknown unit \(GoQuoting.string(name)) in duration \(GoQuoting.string(text))")
            }
            if unit < nextUnit { throw invalid }
            nextUnit = unit + 1
            let (product, overflowed) = count.multipliedReportingOverflow(by: prometheusUnits[unit].nanoseconds)
            let (sum, overflowedAgain) = total.addingReportingOverflow(product)
            if overflowed || overflowedAgain || sum > UInt64(Int64.max) { throw Failure(message: "duration out of range") }
            total = sum
        }
        return Int64(total)
    }

    /// As Prometheus writes it: `5m`, `1h30m`; what is finer than a millisecond is not shown.
    static func prometheusText(_ nanoseconds: Int64) -> String {
        var rest = nanoseconds.magnitude / 1_000_000 * 1_000_000
        if rest == 0 { return "0s" }
        var text = nanoseconds < 0 ? "-" : ""
        for unit in prometheusUnits {
            // 90d reads better than 12w6d.
            if (unit.name == "y" || unit.name == "w") && rest % unit.nanoseconds != 0 { continue }
            let count = rest / unit.nanoseconds
            if count > 0 { text += "\(count)\(unit.name)" }
            rest -= count * unit.nanoseconds
        }
        return text
    }

    /// As Go writes it: `1h0m0s`, `1.5s`, `300ms`.
    static func goText(_ nanoseconds: Int64) -> String {
        let magnitude = nanoseconds.magnitude
        let sign = nanoseconds < 0 ? "-" : ""
        if magnitude == 0 { return "0s" }
        if magnitude < 1000 { return sign + "\(magnitude)ns" }
        if magnitude < 1_000_000 { return sign + decimal(magnitude, per: 1000) + "µs" }
        if magnitude < 1_000_000_000 { return sign + decimal(magnitude, per: 1_000_000) + "ms" }
        let minutes = magnitude / 60_000_000_000
        var text = sign
        if minutes >= 60 { text += "\(minutes / 60)h" }
        if minutes > 0 { text += "\(minutes % 60)m" }
        return text + decimal(magnitude % 60_000_000_000, per: 1_000_000_000) + "s"
    }

    private static func decimal(_ value: UInt64, per unit: UInt64) -> String {
        let fraction = value % unit
        if fraction == 0 { return "\(value / unit)" }
        var digits = String(unit + fraction).dropFirst()
        while digits.last == "0" { digits.removeLast() }
        return "\(value / unit).\(digits)"
    }
}
