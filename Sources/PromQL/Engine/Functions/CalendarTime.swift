/// A time in seconds since 1970 taken apart in the proleptic Gregorian calendar, UTC.
struct CalendarTime {
    let year: Int64
    /// 1 to 12.
    let month: Int
    /// 1 to 31.
    let day: Int
    /// 0 (Sunday) to 6.
    let dayOfWeek: Int
    /// 1 to 366.
    let dayOfYear: Int
    let hour: Int
    let minute: Int

    /// - Parameter seconds: fractions are cut off towards zero; what no 64-bit integer holds stands for the earliest time.
    init(seconds: Double) {
        let whole = Int64(exactly: seconds.rounded(.towardZero)) ?? .min
        let days = CalendarTime.floorDivide(whole, 86_400)
        let ofDay = Int(whole - days * 86_400)
        hour = ofDay / 3600
        minute = ofDay / 60 % 60
        dayOfWeek = Int(days - CalendarTime.floorDivide(days + 4, 7) * 7 + 4)  // 1970-01-01 was a Thursday

        // Years that begin in March put the leap day last; 400 of them have always the same number of days.
        let shifted = days + 719_468
        let era = CalendarTime.floorDivide(shifted, 146_097)
        let ofEra = shifted - era * 146_097
        let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = Int(ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100))
        let monthFromMarch = (5 * ofYear + 2) / 153
        day = ofYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        dayOfYear = CalendarTime.daysBefore(month: month, isLeap: CalendarTime.isLeap(year)) + day
    }

    /// The number of days of this time's month.
    var daysInMonth: Int {
        switch month {
        case 2: CalendarTime.isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    private static func isLeap(_ year: Int64) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    private static func daysBefore(month: Int, isLeap: Bool) -> Int {
        let days = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334][month - 1]
        return days + (isLeap && month > 2 ? 1 : 0)
    }

    private static func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
        let quotient = value / divisor
        return value % divisor < 0 ? quotient - 1 : quotient
    }
}
