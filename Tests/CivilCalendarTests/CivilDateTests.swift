import CivilCalendar
import Testing

@Suite struct CivilDateTests {
    private func isLeap(_ year: Int) -> Bool { year % 400 == 0 || (year % 4 == 0 && year % 100 != 0) }

    @Test func everyDayOfManyYearsFollowsTheOneBefore() {
        var (year, month, day, weekday, dayOfYear) = (1970, 1, 1, 4, 1)
        let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        for days in 0..<60_000 {
            let date = CivilDate(daysSince1970: days)
            let length = month == 2 && isLeap(year) ? 29 : lengths[month - 1]
            let isRight =
                date.year == year && date.month == month && date.day == day && date.dayOfWeek == weekday
                && date.dayOfYear == dayOfYear && date.daysInMonth == length && date.daysSince1970 == days
                && CivilDate(date.text) == date
            if !isRight { Issue.record("day \(days): \(date.text)") }
            (day, weekday, dayOfYear) = (day + 1, (weekday + 1) % 7, dayOfYear + 1)
            if day > length { (month, day) = (month + 1, 1) }
            if month > 12 { (year, month, dayOfYear) = (year + 1, 1, 1) }
        }
    }

    @Test func daysBefore1970() {
        let last = CivilDate(daysSince1970: -1)
        #expect(last.text == "1969-12-31" && last.dayOfWeek == 3 && last.daysSince1970 == -1)
        let year0 = CivilDate(daysSince1970: -719_528)
        #expect(year0.text == "0000-01-01" && year0.daysInMonth == 31 && year0.dayOfYear == 1 && year0.daysSince1970 == -719_528)
    }

    @Test(arguments: [
        "", "2026-11", "2026-11-31", "2026-02-29", "2026-00-10", "2026-13-01", "26-11-22", "2026-11-22x", "2026/11/22", "٢٠٢٦-11-22",
    ])
    func whatIsNoDateIsRefused(text: String) { #expect(CivilDate(text) == nil) }
}
