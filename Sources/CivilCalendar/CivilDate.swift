/// A date of the proleptic Gregorian calendar.
public struct CivilDate: Hashable, Sendable {
    /// Astronomical: the year before 1 is 0, the one before that -1.
    public let year: Int
    /// 1...12.
    public let month: Int
    /// 1...31.
    public let day: Int

    /// The date of a day counted from 1970-01-01, which may be negative.
    ///
    /// Counts in eras of 400 years whose years begin in March, so that the leap day is the last of its year (H. Hinnant,
    /// "chrono-Compatible Low-Level Date Algorithms").
    public init(daysSince1970 days: Int) {
        let (era, dayOfEra) = floorDivide(days + 719_468, 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// A date by its parts; nil where the calendar has no such day.
    public init?(year: Int, month: Int, day: Int) {
        guard (1...12).contains(month), day >= 1, day <= CivilDate.daysIn(month: month, ofYear: year) else { return nil }
        self.year = year
        self.month = month
        self.day = day
    }

    /// Reads `2026-11-22`; nil for anything else, also for days that do not exist.
    public init?(_ text: some StringProtocol) {
        var reader = DigitReader(text.utf8)
        guard let year = reader.number(4), reader.take("-"), let month = reader.number(2), reader.take("-"), let day = reader.number(2),
            reader.isAtEnd
        else { return nil }
        self.init(year: year, month: month, day: day)
    }

    /// Days from 1970-01-01.
    public var daysSince1970: Int {
        let (era, yearOfEra) = floorDivide(month <= 2 ? year - 1 : year, 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// 0 is Sunday, 6 is Saturday.
    public var dayOfWeek: Int { floorDivide(daysSince1970 + 4, 7).remainder }

    /// 1...366.
    public var dayOfYear: Int {
        let before = (1..<month).reduce(0) { $0 + CivilDate.daysIn(month: $1, ofYear: year) }
        return before + day
    }

    /// 28...31.
    public var daysInMonth: Int { CivilDate.daysIn(month: month, ofYear: year) }

    /// The number of days that a month (1...12) has in a year.
    public static func daysIn(month: Int, ofYear year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// `2026-11-22`.
    public var text: String { padded(year, 4) + "-" + padded(month, 2) + "-" + padded(day, 2) }
}
