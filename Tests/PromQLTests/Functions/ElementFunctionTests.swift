internal import CivilCalendar
internal import Foundation
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
        // They are half an exponential far from zero, and overflow where that does.
        #expect(try harness.element(.sinh, -22) == -0.5 * exp(22) && harness.element(.cosh, -22) == 0.5 * exp(22))
        #expect(try harness.element(.sinh, -710) == -.infinity && harness.element(.cosh, 710) == .infinity)
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
    @Test func whatIsNoTimeCountsAsTheLowestInteger() {
        for value in [Double.nan, .infinity, -.infinity, 1e300] {
            let time = CalendarTime.at(seconds: value)
            #expect(time.date.year == 292_277_026_596 && time.date.month == 12 && time.date.day == 4)
            #expect(time.hour == 15 && time.minute == 30)
        }
    }

    @Test func fractionsOfSecondsAreCutOff() {
        #expect(CalendarTime.at(seconds: 59.9).minute == 0)
        #expect(CalendarTime.at(seconds: -0.9).date.year == 1970)
        #expect(CalendarTime.at(seconds: -1.0).date.year == 1969)
    }
}
