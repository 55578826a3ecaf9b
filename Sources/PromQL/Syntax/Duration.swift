public import QueryModel
internal import TelemetryModel

/// Lengths of time as Prometheus writes them: `1h30m`, units from years (365 days) down to milliseconds, each once and in that order.
public enum PromQLDuration {
    private struct Unit {
        let name: StaticString
        let milliseconds: Int64
        /// Whether it is printed only where nothing is left over, as 90d reads better than 12w6d.
        let isExact: Bool
    }

    private static let units: [Unit] = [
        Unit(name: "y", milliseconds: 31_536_000_000, isExact: true),
        Unit(name: "w", milliseconds: 604_800_000, isExact: true),
        Unit(name: "d", milliseconds: 86_400_000, isExact: false),
        Unit(name: "h", milliseconds: 3_600_000, isExact: false),
        Unit(name: "m", milliseconds: 60_000, isExact: false),
        Unit(name: "s", milliseconds: 1000, isExact: false),
        Unit(name: "ms", milliseconds: 1, isExact: false),
    ]

    /// The longest duration, 2^63 - 1 nanoseconds (about 292 years), in milliseconds.
    public static let greatestMilliseconds = Int64.max / 1_000_000

    /// Reads a duration; `0` alone needs no unit.
    ///
    /// - Returns: milliseconds, from 0 up to ``greatestMilliseconds``.
    /// - Throws: ``QueryError`` with code `badInput`, worded as Prometheus does.
    public static func parse(_ text: String) throws(QueryError) -> Int64 {
        do throws(Failure) {
            return try milliseconds(of: text)
        } catch {
            throw QueryError(.badInput, error.message)
        }
    }

    /// A duration as text: `5m`, `1h30m`, `0s`; negative ones with a minus in front.
    public static func text(milliseconds: Int64) -> String {
        if milliseconds == 0 { return "0s" }
        var rest = milliseconds.magnitude
        var text = milliseconds < 0 ? "-" : ""
        for unit in units {
            let length = UInt64(unit.milliseconds)
            if unit.isExact && rest % length != 0 { continue }
            let count = rest / length
            if count > 0 {
                text += "\(count)\(unit.name)"
                rest -= count * length
            }
        }
        return text
    }

    struct Failure: Error {
        let message: String
    }

    static func milliseconds(of text: String) throws(Failure) -> Int64 {
        if text == "0" { return 0 }
        if text.isEmpty { throw Failure(message: "empty duration string") }
        let invalid = Failure(message: "not a valid duration string: \(GoQuoting.string(text))")
        let bytes = Array(text.utf8)
        var position = 0
        var total: UInt64 = 0
        var nextUnit = 0
        while position < bytes.count {
            let start = position
            while position < bytes.count, isDigit(bytes[position]) { position += 1 }
            guard let count = UInt64(String(decoding: bytes[start..<position], as: UTF8.self)) else { throw invalid }
            let unitStart = position
            while position < bytes.count, !isDigit(bytes[position]) { position += 1 }
            if position == unitStart { throw invalid }
            let name = bytes[unitStart..<position]
            guard let index = units.firstIndex(where: { unit in unit.name.withUTF8Buffer { $0.elementsEqual(name) } }) else {
                let shown = GoQuoting.string(String(decoding: name, as: UTF8.self))
                throw Failure(message: "unknown unit \(shown) in duration \(GoQuoting.string(text))")
            }
            if index < nextUnit { throw invalid }
            nextUnit = index + 1
            let (product, overflowed) = count.multipliedReportingOverflow(by: UInt64(units[index].milliseconds))
            let (sum, overflowedAgain) = total.addingReportingOverflow(product)
            if overflowed || overflowedAgain || sum > UInt64(greatestMilliseconds) { throw Failure(message: "duration out of range") }
            total = sum
        }
        return Int64(total)
    }
}
