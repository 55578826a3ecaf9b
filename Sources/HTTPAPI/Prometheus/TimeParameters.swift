internal import CivilCalendar
internal import PromQL
internal import QueryModel
internal import TelemetryModel

/// Times, durations and counts as the Prometheus API takes them.
extension FormParameters {
    /// A time as Unix seconds, with a fraction, or as RFC 3339; nil where the parameter is absent.
    ///
    /// Seconds beyond what a timestamp can say are cut off at its ends: some clients send milliseconds here.
    ///
    /// - Parameter isOptional: whether the API has a time of its own for where it is absent; the text of the failure then names it once more.
    func time(_ name: String, isOptional: Bool = true) throws(APIFailure) -> Timestamp? {
        guard let text = self[name] else { return nil }
        if let seconds = Double(text), !seconds.isNaN { return FormParameters.milliseconds(seconds: seconds) }
        if let time = RFC3339.parse(text) { return time.millisecondsSince1970 }
        if text == FormParameters.leastTimeText { return .min }
        if text == FormParameters.greatestTimeText { return .max }
        let reason = "cannot parse \(quoted(text)) to a valid timestamp"
        throw .parameter(name, isOptional ? "invalid time value for '\(name)': \(reason)" : reason)
    }

    /// A duration in seconds, with a fraction, or such as `1h30m`, in milliseconds; nil where the parameter is absent.
    ///
    /// - Parameter failing: the text of the failure, made of its reason; the API's usual one where it is missing.
    func duration(_ name: String, failing: ((String) -> String)? = nil) throws(APIFailure) -> Int64? {
        guard let text = self[name] else { return nil }
        func failure(_ reason: String) -> APIFailure { failing.map { APIFailure(.badData, $0(reason)) } ?? .parameter(name, reason) }
        if let seconds = Double(text), !seconds.isNaN {
            // The bounds of Int64 nanoseconds.
            guard abs(seconds) <= 9_223_372_036 else {
                throw failure("cannot parse \(quoted(text)) to a valid duration. It overflows int64")
            }
            // Through whole microseconds, so that 0.29 is 290 milliseconds though it is a little less than that in binary.
            return Int64((seconds * 1e6).rounded()) / 1000
        }
        do {
            return try PromQLDuration.parse(text)
        } catch {
            throw failure("cannot parse \(quoted(text)) to a valid duration")
        }
    }

    /// A parameter that is `true` or `1`, or else `false`, `0` or absent.
    func flag(_ name: String) throws(APIFailure) -> Bool {
        switch self[name] ?? "" {
        case "", "false", "0": return false
        case "true", "1": return true
        case let other: throw .parameter(name, "\"\(other)\" is neither true nor false")
        }
    }

    /// The most results to give; nil where there is no limit.
    func limit(_ name: String = "limit") throws(APIFailure) -> Int? {
        guard let text = self[name] else { return nil }
        guard let limit = Int(text) else { throw .parameter(name, "strconv.Atoi: parsing \(quoted(text)): invalid syntax") }
        guard limit >= 0 else { throw .parameter(name, "limit must be non-negative") }
        return limit == 0 ? nil : limit
    }

    /// The range from `start` to `end`; what is absent is open.
    func timeRange() throws(APIFailure) -> TimeRange {
        TimeRange(start: try time("start") ?? .min, end: try time("end") ?? .max)
    }

    /// How clients of Prometheus write the least and the greatest time, which have more than four digits of year.
    private static let leastTimeText = "-292273086-05-16T16:47:06Z"
    private static let greatestTimeText = "292277025-08-18T07:12:54.999999999Z"

    private static func milliseconds(seconds: Double) -> Timestamp {
        let milliseconds = (seconds * 1000).rounded()
        return milliseconds >= 0x1p63 ? .max : milliseconds <= -0x1p63 ? .min : Timestamp(milliseconds)
    }
}
