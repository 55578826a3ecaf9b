internal import CivilCalendar
internal import LogQL
internal import PromQL
internal import QueryModel
internal import TelemetryModel

/// The time of a query about logs, nanoseconds since 1970: from `start`, up to but without `end`.
public struct LogRange: Sendable, Hashable {
    public var start: Int64
    public var end: Int64

    public init(start: Int64, end: Int64) {
        self.start = start
        self.end = end
    }

    /// How long it is; as long as can be said where that is more.
    var length: Int64 {
        let (length, overflows) = end.subtractingReportingOverflow(start)
        return overflows ? .max : length
    }
}

/// Times, durations and counts as Loki's API takes them, with its words for what is wrong.
extension FormParameters {
    private static let second: Int64 = 1_000_000_000
    static let stepsMax: Int64 = 11_000
    static let endBeforeStart = "end timestamp must not be before or equal to start time"

    /// A time: seconds where it has a point or up to ten digits, nanoseconds where it has more digits, or RFC 3339. Nil where it is absent.
    ///
    /// Times beyond what nanoseconds can say are cut off at its ends.
    func logTime(_ name: String) throws(APIFailure) -> Int64? {
        guard let text = self[name] else { return nil }
        if text.contains("."), let seconds = Double(text), !seconds.isNaN { return FormParameters.nanoseconds(seconds: seconds) }
        if let number = Int64(text) {
            if text.utf8.count > 10 { return number }
            let (product, overflows) = number.multipliedReportingOverflow(by: FormParameters.second)
            return overflows ? (number < 0 ? .min : .max) : product
        }
        if let time = RFC3339.parse(text) {
            let (seconds, overflows) = Int64(time.secondsSince1970).multipliedReportingOverflow(by: FormParameters.second)
            if overflows { return time.secondsSince1970 < 0 ? .min : .max }
            let (sum, isBeyond) = seconds.addingReportingOverflow(Int64(time.nanosecond))
            return isBeyond ? .max : sum
        }
        throw APIFailure(.badData, FormParameters.notAnInteger("ParseInt", text))
    }

    /// `start` and `end`, or `since`; without any, the last hour.
    func logRange(now: Int64) throws(APIFailure) -> LogRange {
        var since = 3600 * FormParameters.second
        if let text = self["since"] {
            do throws(QueryError) {
                since = try PromQLDuration.parse(text) * 1_000_000
            } catch {
                throw APIFailure(.badData, "could not parse 'since' parameter: \(error.message)")
            }
        }
        let end = try wrapped("end") ?? now
        // A time to come leaves the hour before now.
        let latest = min(end, now)
        let start = try wrapped("start") ?? (latest.subtractingReportingOverflow(since).overflow ? .min : latest - since)
        return LogRange(start: start, end: end)
    }

    /// ``logRange(now:)`` whose end is not before its start.
    func orderedLogRange(now: Int64) throws(APIFailure) -> LogRange {
        let range = try logRange(now: now)
        if range.end < range.start { throw APIFailure(.badData, FormParameters.endBeforeStart) }
        return range
    }

    private func wrapped(_ name: String) throws(APIFailure) -> Int64? {
        do throws(APIFailure) {
            return try logTime(name)
        } catch {
            throw APIFailure(error.kind, "could not parse '\(name)' parameter: \(error.message)")
        }
    }

    /// The distance between the points of a range, in nanoseconds: as seconds or as a duration; a 250th of the range where it is absent.
    func logStep(_ range: LogRange) throws(APIFailure) -> Int64 {
        let step = try logDuration("step") ?? max(range.length / FormParameters.second / 250, 1) * FormParameters.second
        if step <= 0 {
            throw APIFailure(.badData, "zero or negative query resolution step widths are not accepted. Try a positive integer")
        }
        if range.length / step > FormParameters.stepsMax {
            throw APIFailure(
                .badData,
                "exceeded maximum resolution of 11,000 points per time series. Try increasing the value of the step parameter")
        }
        return step
    }

    /// The least distance between entries of a stream that are answered, in nanoseconds; 0 for all.
    func logInterval() throws(APIFailure) -> Int64 {
        let interval = try logDuration("interval") ?? 0
        if interval < 0 { throw APIFailure(.badData, "interval must be >= 0") }
        return interval
    }

    private func logDuration(_ name: String) throws(APIFailure) -> Int64? {
        guard let text = self[name] else { return nil }
        if let seconds = Double(text), !seconds.isNaN {
            let nanoseconds = seconds * 1e9
            guard abs(nanoseconds) < 0x1p63 else {
                throw APIFailure(.badData, "cannot parse \(quoted(text)) to a valid duration. It overflows int64")
            }
            return Int64(nanoseconds)
        }
        do throws(QueryError) {
            return try PromQLDuration.parse(text) * 1_000_000
        } catch {
            throw APIFailure(.badData, "cannot parse \(quoted(text)) to a valid duration")
        }
    }

    /// A count that is greater than zero.
    func logLimit(_ name: String = "limit", standard: Int = 100) throws(APIFailure) -> Int {
        guard let text = self[name] else { return standard }
        guard let number = Int64(text) else { throw APIFailure(.badData, FormParameters.notAnInteger("Atoi", text)) }
        if number <= 0 { throw APIFailure(.badData, "limit must be a positive value") }
        if number > Int64(UInt32.max) {
            throw APIFailure(.badData, "\(name) value \(number) is out of range [0, \(UInt32.max)]")
        }
        return Int(number)
    }

    /// Backward where nothing is said; in capitals or small letters.
    func logDirection() throws(APIFailure) -> LogDirection {
        guard let text = self["direction"] else { return .backward }
        switch text.lowercased() {
        case "forward": return .forward
        case "backward": return .backward
        default: throw APIFailure(.badData, "invalid direction '\(text)'")
        }
    }

    /// How long a tail waits for entries that come late, in seconds.
    func tailDelay() throws(APIFailure) -> Int64 {
        guard let text = self["delay_for"] else { return 0 }
        guard let seconds = Int64(text) else { throw APIFailure(.badData, FormParameters.notAnInteger("Atoi", text)) }
        if seconds < 0 || seconds > Int64(UInt32.max) {
            throw APIFailure(.badData, "delay_for value \(seconds) is out of range [0, \(UInt32.max)]")
        }
        if seconds > 5 { throw APIFailure(.badData, "delay_for can't be greater than 5") }
        return seconds
    }

    private static func notAnInteger(_ function: String, _ text: String) -> String {
        let digits = text.hasPrefix("-") || text.hasPrefix("+") ? text.dropFirst() : text[...]
        let isNumber = !digits.isEmpty && digits.utf8.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
        return "strconv.\(function): parsing \(quoted(text)): \(isNumber ? "value out of range" : "invalid syntax")"
    }

    /// As fine as milliseconds, which is what such a number can say of times today.
    private static func nanoseconds(seconds: Double) -> Int64 {
        let whole = seconds.rounded(.towardZero)
        guard abs(whole) < 9.2e9 else { return whole < 0 ? .min : .max }
        let milliseconds = ((seconds - whole) * 1000).rounded()
        return Int64(whole) * second + Int64(milliseconds) * 1_000_000
    }
}
