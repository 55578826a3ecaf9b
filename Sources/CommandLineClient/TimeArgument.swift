internal import CivilCalendar
internal import PromQL
internal import QueryModel
public import TelemetryModel

/// Times and durations as they are given on the command line.
public enum TimeArgument {
    /// A time: `now`, `now-5m`, `now+1h`, Unix seconds with or without a fraction, or RFC 3339.
    ///
    /// - Parameter now: what `now` stands for, in milliseconds.
    /// - Throws: ``ClientError`` with status `usage`.
    public static func time(_ text: String, now: Timestamp, option: String) throws(ClientError) -> Timestamp {
        if text.hasPrefix("now") {
            let rest = text.dropFirst(3)
            guard let sign = rest.first else { return now }
            if sign == "-" || sign == "+" {
                let distance = try duration(String(rest.dropFirst()), option: option)
                return sign == "-" ? now - distance : now + distance
            }
        } else if let seconds = Double(text), seconds.isFinite {
            guard let milliseconds = Int64(exactly: (seconds * 1000).rounded()) else { throw tooLarge(text, option) }
            return milliseconds
        } else if let time = RFC3339.parse(text, isStrict: false) {
            return time.millisecondsSince1970
        }
        throw .usage("\(option): “\(text)” is no time; give RFC 3339 (2026-01-31T12:00:00Z), Unix seconds, now or now-5m")
    }

    /// A duration longer than nothing: `5m`, `1h30m`, or a number of seconds; in milliseconds.
    ///
    /// - Throws: ``ClientError`` with status `usage`.
    public static func duration(_ text: String, option: String) throws(ClientError) -> Int64 {
        if let seconds = Double(text) {
            guard seconds.isFinite, seconds > 0 else { throw .usage("\(option): the duration has to be greater than zero") }
            guard seconds <= Double(PromQLDuration.greatestMilliseconds / 1000) else { throw tooLarge(text, option) }
            return max(1, Int64((seconds * 1000).rounded()))
        }
        do throws(QueryError) {
            let milliseconds = try PromQLDuration.parse(text)
            if milliseconds > 0 { return milliseconds }
        } catch {
            throw .usage("\(option): “\(text)” is no duration; give such as 30s, 5m, 1h30m, 7d")
        }
        throw .usage("\(option): the duration has to be greater than zero")
    }

    private static func tooLarge(_ text: String, _ option: String) -> ClientError { .usage("\(option): “\(text)” is too large") }
}
