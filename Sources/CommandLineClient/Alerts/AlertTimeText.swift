internal import CivilCalendar
internal import TelemetryModel

/// Times of alerts as people read them.
struct AlertTimeText: Sendable {
    /// In milliseconds.
    let now: Timestamp

    static func milliseconds(_ text: String) -> Timestamp? { RFC3339.parse(text, isStrict: false)?.millisecondsSince1970 }

    /// `2026-11-28 05:46:32 UTC`; the text itself where it is no time.
    func moment(_ text: String) -> String {
        guard let time = AlertTimeText.milliseconds(text) else { return text }
        let civil = CivilTime(milliseconds: time)
        return civil.date.text + " " + civil.clockWithSeconds + " UTC"
    }

    /// `3m ago`, `in 2h5m`, `now`.
    func distance(_ text: String) -> String {
        guard let time = AlertTimeText.milliseconds(text) else { return "" }
        let seconds = (time - now).magnitude / 1000
        if seconds == 0 { return "now" }
        return time < now ? AlertTimeText.duration(seconds) + " ago" : "in " + AlertTimeText.duration(seconds)
    }

    /// How long ago a time is: `3m`, `2h5m`.
    func age(_ text: String) -> String {
        guard let time = AlertTimeText.milliseconds(text) else { return "" }
        return AlertTimeText.duration(UInt64(max(0, now - time)) / 1000)
    }

    static func duration(_ seconds: UInt64) -> String {
        let parts: [(UInt64, String)] = [(86_400, "d"), (3600, "h"), (60, "m"), (1, "s")]
        let first = parts.firstIndex { seconds >= $0.0 } ?? 3
        var text = "\(seconds / parts[first].0)\(parts[first].1)"
        if first < 3 {
            let rest = seconds % parts[first].0 / parts[first + 1].0
            if rest > 0 { text += "\(rest)\(parts[first + 1].1)" }
        }
        return text
    }
}
