internal import CivilCalendar
internal import TelemetryModel

/// The text of a `Date` header (RFC 9110, IMF-fixdate), made once a second.
struct HTTPDate {
    private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    private var second = Int64.min
    private var text = ""

    mutating func text(at now: Timestamp) -> String {
        let second = now / 1000
        if second != self.second {
            let time = CivilTime(milliseconds: now)
            let day = (time.date.day < 10 ? "0" : "") + String(time.date.day)
            self.second = second
            text =
                "\(HTTPDate.days[time.date.dayOfWeek]), \(day) \(HTTPDate.months[time.date.month - 1]) \(time.date.year) "
                + "\(time.clockWithSeconds) GMT"
        }
        return text
    }
}
