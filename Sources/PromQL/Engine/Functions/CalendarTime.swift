/// A time in UTC taken apart by the proleptic Gregorian calendar.
struct CalendarTime {
    private let days: Int64
    private let secondOfDay: Int64
    let year: Int64
    /// 1...12.
    let month: Int
    /// 1...31.
    let day: Int

    /// Takes seconds since 1970, fractions cut off. What no 64-bit integer can say counts as the lowest one.
    init(seconds: Double) { self.init(seconds: Int64(exactly: seconds.rounded(.towardZero)) ?? .min) }

    /// Takes whole seconds since 1970.
    ///
    /// Seconds before the year -292277022400 wrap around to the far future, as they do in Go, so that NaN has the same answers.
    init(seconds: Int64) {
        let wrapped = seconds < CalendarTime.earliest ? Int128(seconds) + (1 << 64) : Int128(seconds)
        let floor = wrapped >= 0 ? wrapped / 86_400 : (wrapped - 86_399) / 86_400
        days = Int64(floor)
        secondOfDay = Int64(wrapped - floor * 86_400)
        (year, month, day) = CalendarTime.date(days)
    }

    /// 1 March of the year -292277022400: where Go's count of absolute days begins.
    private static let earliest: Int64 = -9_223_372_028_741_760_000

    var hour: Int { Int(secondOfDay / 3600) }
    var minute: Int { Int(secondOfDay % 3600 / 60) }

    /// 0 is Sunday; 1970 began on a Thursday.
    var dayOfWeek: Int { Int(((days + 4) % 7 + 7) % 7) }

    /// 1...366.
    var dayOfYear: Int { Int(days - CalendarTime.days(toYear: year)) + 1 }

    var daysInMonth: Int {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: CalendarTime.isLeap(year) ? 29 : 28
        default: 31
        }
    }

    private static func isLeap(_ year: Int64) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    private static func days(toYear year: Int64) -> Int64 {
        let before = year - 1
        return before * 365 + floorDivided(before, 4) - floorDivided(before, 100) + floorDivided(before, 400) - 719_162
    }

    private static func floorDivided(_ value: Int64, _ divisor: Int64) -> Int64 {
        value >= 0 ? value / divisor : (value - divisor + 1) / divisor
    }

    /// The date of a day counted from 1970. Years are counted from March here, so that a leap day comes last.
    private static func date(_ days: Int64) -> (year: Int64, month: Int, day: Int) {
        let sinceMarch0 = days + 719_468
        let era = floorDivided(sinceMarch0, 146_097)
        let dayOfEra = sinceMarch0 - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), Int(month), Int(day))
    }

    /// As RFC 3339 writes it: `2026-11-22T10:00:00Z`.
    var text: String {
        func padded(_ value: Int, _ width: Int) -> String {
            let digits = String(value)
            return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
        }
        let second = Int(secondOfDay % 60)
        return "\(padded(Int(year), 4))-\(padded(month, 2))-\(padded(day, 2))T\(padded(hour, 2)):\(padded(minute, 2)):\(padded(second, 2))Z"
    }
}
