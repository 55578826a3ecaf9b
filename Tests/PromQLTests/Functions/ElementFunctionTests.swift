internal import QueryModel
internal import TelemetryModel
internal import Testing

@testable internal import PromQL

@Suite struct ElementFunctionTests {
    private let harness = FunctionHarness.instant(90_061_000)

    @Test func roundingAndSigns() throws {
        #expect(try harness.element(.abs, -2.5) == 2.5)
        #expect(try harness.element(.ceil, 1.2) == 2 && harness.element(.floor, -1.2) == -2)
        #expect(try harness.element(.round, 2.5) == 3 && harness.element(.round, -2.5) == -2)
        #expect(try harness.element(.round, 17, [5]) == 15 && harness.element(.round, 0.26, [0.1]) == 3 / 10.0)
        #expect(try harness.element(.sgn, -3) == -1 && harness.element(.sgn, 9) == 1 && harness.element(.sgn, 0) == 0)
        #expect(try harness.element(.sgn, .nan)!.isNaN)
    }

    @Test func exponentialsAndAngles() throws {
        #expect(try harness.element(.log2, 8) == 3 && harness.element(.log10, 1000) == 3 && harness.element(.ln, 1) == 0)
        #expect(try harness.element(.ln, 0) == -.infinity && harness.element(.ln, -1)!.isNaN)
        #expect(try harness.element(.exp, 0) == 1 && harness.element(.sqrt, 16) == 4)
        #expect(try harness.element(.deg, .pi) == 180 && harness.element(.rad, 180) == .pi)
        #expect(try abs(harness.element(.sin, .pi / 2)! - 1) < 1e-15 && harness.element(.cos, 0) == 1)
        #expect(try harness.element(.tanh, 0) == 0 && harness.element(.acosh, 1) == 0 && harness.element(.atanh, 0) == 0)
        #expect(try abs(harness.element(.tan, .pi / 4)! - 1) < 1e-15 && abs(harness.element(.atan, 1)! - .pi / 4) < 1e-15)
        #expect(try harness.element(.asin, 0) == 0 && harness.element(.acos, 1) == 0)
        #expect(try harness.element(.sinh, 0) == 0 && harness.element(.cosh, 0) == 1 && harness.element(.asinh, 0) == 0)
    }

    @Test func clamping() throws {
        #expect(try harness.element(.clamp, 7, [0, 5]) == 5 && harness.element(.clamp, -7, [0, 5]) == 0)
        #expect(try harness.element(.clamp, 3, [5, 0]) == nil)
        #expect(try harness.element(.clampMin, 3, [5]) == 5 && harness.element(.clampMax, 3, [5]) == 3)
        #expect(try harness.element(.clampMin, .nan, [5])!.isNaN && harness.element(.clampMax, 3, [.nan])!.isNaN)
    }

    @Test func partsOfTheTime() throws {
        // Friday, 14 July 2017, 02:40:00.
        let time = 1_500_000_000.0
        #expect(try harness.element(.minute, time) == 40 && harness.element(.hour, time) == 2)
        #expect(try harness.element(.dayOfWeek, time) == 5 && harness.element(.dayOfMonth, time) == 14)
        #expect(try harness.element(.dayOfYear, time) == 195 && harness.element(.daysInMonth, time) == 31)
        #expect(try harness.element(.month, time) == 7 && harness.element(.year, time) == 2017)
        #expect(try harness.element(.timestamp, 5) == 90_061)
    }

    @Test func histogramsPassOnlyThroughTheirOwnFunctions() throws {
        let histogram = PointValue.histogram(.simple([1, 3], sum: 8))
        #expect(try harness.element(.abs, histogram) == nil && harness.element(.minute, histogram) == nil)
        #expect(try harness.element(.histogramCount, histogram) == .float(4))
        #expect(try harness.element(.histogramSum, histogram) == .float(8))
        #expect(try harness.element(.histogramAvg, histogram) == .float(2))
        #expect(try harness.element(.histogramCount, 4) == nil)
        #expect(try harness.element(.timestamp, histogram) == .float(90_061))
    }

    @Test func varianceTakesTheMiddleOfBuckets() throws {
        // All of four observations at 3 between custom bounds 2 and 4, the mean being 3.
        let histogram = NativeHistogram.custom([2, 4], [0, 4], sum: 12)
        #expect(try harness.element(.histogramStdvar, .histogram(histogram)) == .float(0))
        let spread = NativeHistogram.custom([0, 2, 4], [0, 2, 2], sum: 8)
        #expect(try harness.element(.histogramStdvar, .histogram(spread)) == .float(1))
        #expect(try harness.element(.histogramStddev, .histogram(spread)) == .float(1))
    }
}

@Suite struct CalendarTimeTests {
    private func isLeap(_ year: Int64) -> Bool { year % 400 == 0 || (year % 4 == 0 && year % 100 != 0) }

    @Test func everyDayOfManyYearsFollowsTheOneBefore() {
        var (year, month, day, weekday, dayOfYear) = (Int64(1970), 1, 1, 4, 1)
        let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        for days in 0..<Int64(60_000) {
            let time = CalendarTime(seconds: days * 86_400 + days % 86_400)
            let length = month == 2 && isLeap(year) ? 29 : lengths[month - 1]
            let isRight =
                time.year == year && time.month == month && time.day == day && time.dayOfWeek == weekday && time.dayOfYear == dayOfYear
                && time.daysInMonth == length && time.hour == Int(days % 86_400 / 3600) && time.minute == Int(days % 3600 / 60)
            if !isRight { Issue.record("day \(days): \(time.text)") }
            (day, weekday, dayOfYear) = (day + 1, (weekday + 1) % 7, dayOfYear + 1)
            if day > length { (month, day) = (month + 1, 1) }
            if month > 12 { (year, month, dayOfYear) = (year + 1, 1, 1) }
        }
    }

    @Test func timesBefore1970() {
        let last = CalendarTime(seconds: Int64(-1))
        #expect(last.year == 1969 && last.month == 12 && last.day == 31 && last.hour == 23 && last.minute == 59 && last.dayOfWeek == 3)
        let year0 = CalendarTime(seconds: Int64(-62_167_219_200))
        #expect(year0.year == 0 && year0.month == 1 && year0.day == 1 && year0.daysInMonth == 31 && year0.dayOfYear == 1)
    }

    @Test func whatIsNoTimeCountsAsTheLowestInteger() {
        for value in [Double.nan, .infinity, -.infinity, 1e300] {
            let time = CalendarTime(seconds: value)
            #expect(time.year == 292_277_026_596 && time.month == 12 && time.day == 4 && time.hour == 15 && time.minute == 30)
        }
        #expect(CalendarTime(seconds: 1.9).text == "1970-01-01T00:00:01Z")
    }
}
