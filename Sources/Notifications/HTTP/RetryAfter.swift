internal import CivilCalendar
internal import GoTemplate

/// The header `Retry-After` (RFC 9110, section 10.2.3).
enum RetryAfter {
    /// Nobody waits longer.
    static let millisecondsMax: Int64 = 86_400_000

    /// How long to wait: a number of seconds, or a date.
    ///
    /// - Parameter now: milliseconds since 1970.
    static func milliseconds(_ text: String, now: Int64) -> Int64? {
        let text = String(text.drop { $0 == " " }.prefix { $0 != ";" })
        if !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            guard let seconds = Int64(text) else { return millisecondsMax }
            return min(seconds.multipliedReportingOverflow(by: 1000).overflow ? millisecondsMax : seconds * 1000, millisecondsMax)
        }
        guard let date = GoTime(parsing: text, layout: "Mon, 02 Jan 2006 15:04:05 MST") else { return nil }
        return max(0, min(date.seconds * 1000 - now, millisecondsMax))
    }
}
