internal import CivilCalendar
internal import PromQL
internal import TelemetryModel
internal import TraceQL

/// Numbers, times and durations as Tempo's API takes them.
extension FormParameters {
    /// A number that is not negative; nil where the parameter is absent.
    func unsigned(_ name: String) throws(APIFailure) -> UInt32? {
        guard let text = self[name] else { return nil }
        guard let number = UInt32(text) else {
            throw APIFailure(.badData, "invalid \(name): parsing \(quoted(text)): not a number from 0 to 4294967295")
        }
        return number
    }

    /// `start` and `end` in seconds; nil where neither is given.
    ///
    /// - Throws: where the start is not before the end.
    func secondsRange() throws(APIFailure) -> NanosecondRange? {
        let start = try unsigned("start") ?? 0
        let end = try unsigned("end") ?? 0
        if start == 0 && end == 0 { return nil }
        if end <= start {
            throw APIFailure(.badData, "http parameter start must be before end. received start=\(start) end=\(end)")
        }
        return NanosecondRange(start: UInt64(start) * 1_000_000_000, end: UInt64(end) * 1_000_000_000)
    }

    /// `start` and `end`, or `since`: the range of a metrics query. Without any, the last hour.
    func metricsRange(now: UnixNanoseconds) throws(APIFailure) -> NanosecondRange {
        var since: UInt64 = 3_600_000_000_000
        if let text = self["since"] {
            do {
                since = UInt64(max(0, try PromQLDuration.parse(text))) * 1_000_000
            } catch {
                throw APIFailure(.badData, "could not parse 'since' parameter: not a valid duration string: \(quoted(text))")
            }
        }
        let end = try unixTime("end") ?? now
        let latest = min(end, now)
        let start = try unixTime("start") ?? (latest > since ? latest - since : 0)
        if start >= end { throw APIFailure(.badData, "end must be greater than start") }
        return NanosecondRange(start: start, end: end)
    }

    /// A time as whole seconds of up to ten digits, as nanoseconds, as seconds with a fraction, or as RFC 3339; nil where it is absent.
    private func unixTime(_ name: String) throws(APIFailure) -> UnixNanoseconds? {
        guard let text = self[name] else { return nil }
        if let number = UInt64(text) {
            return text.utf8.count <= 10 ? number * 1_000_000_000 : number
        }
        if text.contains("."), let seconds = Double(text), seconds >= 0, seconds < 1e10 {
            // Milliseconds are as fine as such a number is in binary.
            return UInt64((seconds * 1000).rounded()) * 1_000_000
        }
        if let time = RFC3339.parse(text), time.secondsSince1970 >= 0, time.secondsSince1970 < 10_000_000_000 {
            return UInt64(time.secondsSince1970) * 1_000_000_000 + UInt64(time.nanosecond)
        }
        throw APIFailure(.badData, "could not parse '\(name)' parameter: \(quoted(text)) is no time")
    }

    /// The step of a range query in nanoseconds, as seconds or as a duration; nil where it is absent.
    func metricsStep() throws(APIFailure) -> UInt64? {
        guard let text = self["step"] else { return nil }
        if let seconds = Double(text), seconds.isFinite {
            guard abs(seconds) < 9_223_372_036 else {
                throw APIFailure(.badData, "cannot parse \(quoted(text)) to a valid duration. It overflows int64")
            }
            if seconds < 0 { throw APIFailure(.badData, "cannot parse \(quoted(text)): step must be positive") }
            return UInt64((seconds * 1e9).rounded())
        }
        guard let step = GoDuration.parse(text) else { throw APIFailure(.badData, "cannot parse \(quoted(text)) to a valid duration") }
        if step < 0 { throw APIFailure(.badData, "cannot parse \(quoted(text)): step must be positive") }
        return UInt64(step)
    }
}

/// Ids in paths and queries.
enum TraceIDText {
    /// An id of at most 32 hexadecimal digits; shorter ones are padded with zeros on the left.
    static func parse(_ text: String) throws(APIFailure) -> TraceID {
        if let position = Array(text.unicodeScalars).firstIndex(where: { !isDigit($0) }) {
            let wrong = Array(text.unicodeScalars)[position]
            throw APIFailure(
                .badData, "trace IDs can only contain hex characters: invalid character '\(wrong)' at position \(position + 1)")
        }
        guard let id = TraceID(hexadecimal: text) else {
            throw APIFailure(.badData, text.isEmpty ? "please provide a traceID" : "trace IDs can't be larger than 128 bits")
        }
        return id
    }

    /// Whether a text is nothing but digits of an id.
    static func isDigitsOnly(_ text: String) -> Bool { !text.isEmpty && text.unicodeScalars.allSatisfy(isDigit) }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isASCIIHexDigit }
}
