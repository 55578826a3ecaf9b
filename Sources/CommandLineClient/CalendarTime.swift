internal import TelemetryModel

/// A time taken apart by the calendar, in UTC.
struct CalendarTime {
    let year: Int
    let month: Int
    let day: Int
    let hour: Int
    let minute: Int
    let second: Int
    let millisecond: Int

    init(_ time: Timestamp) {
        let (days, ofDay) = CalendarTime.divide(Int(time), by: 86_400_000)
        millisecond = ofDay % 1000
        second = ofDay / 1000 % 60
        minute = ofDay / 60_000 % 60
        hour = ofDay / 3_600_000
        // Years from March on, in eras of 400 years, so that the leap day is the last of a year.
        let (era, ofEra) = CalendarTime.divide(days + 719_468, by: 146_097)
        let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let dayOfYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    var date: String { "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))" }
    var monthAndDay: String { "\(padded(month, 2))-\(padded(day, 2))" }
    var clock: String { "\(padded(hour, 2)):\(padded(minute, 2))" }
    var clockWithSeconds: String { "\(clock):\(padded(second, 2))" }

    /// RFC 3339, milliseconds only where there are any: `2026-11-22T23:05:24Z`.
    var rfc3339: String { "\(date)T\(clockWithSeconds)\(millisecond > 0 ? ".\(padded(millisecond, 3))" : "")Z" }

    /// Reads RFC 3339: `2026-11-22T23:05:24Z`, with a fraction of seconds and another zone if need be; nil where it is none.
    static func parse(_ text: String) -> Timestamp? {
        guard
            let match = text.wholeMatch(
                of: /(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d):(\d\d))/.asciiOnlyDigits()),
            let year = Int(match.1), let month = Int(match.2), let day = Int(match.3), let hour = Int(match.4), let minute = Int(match.5),
            let second = Int(match.6), (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 60
        else { return nil }
        let (era, yearOfEra) = divide(month <= 2 ? year - 1 : year, by: 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let days = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
        var seconds = days * 86_400 + hour * 3600 + minute * 60 + second
        if let sign = match.8, let zoneHour = match.9.flatMap({ Int($0) }), let zoneMinute = match.10.flatMap({ Int($0) }) {
            let distance = zoneHour * 3600 + zoneMinute * 60
            seconds += sign == "+" ? -distance : distance
        }
        let fraction = match.7.map { String($0) + "00" }?.prefix(3) ?? "0"
        let time = Timestamp(seconds) * 1000 + (Timestamp(fraction) ?? 0)
        // A day that its month does not have comes out as another one.
        return CalendarTime(Timestamp(days) * 86_400_000).day == day ? time : nil
    }

    /// Quotient and remainder, the remainder never negative.
    private static func divide(_ value: Int, by divisor: Int) -> (Int, Int) {
        let remainder = ((value % divisor) + divisor) % divisor
        return ((value - remainder) / divisor, remainder)
    }
}

/// A number with zeros in front.
private func padded(_ value: Int, _ width: Int) -> String {
    let text = String(value.magnitude)
    return (value < 0 ? "-" : "") + String(repeating: "0", count: max(0, width - text.utf8.count)) + text
}
