internal import QueryModel
internal import TelemetryModel
internal import Testing

@testable internal import PromQL

@Suite struct CounterFunctionTests {
    @Test func samplesNearTheBordersAreExtrapolatedToThem() throws {
        // Five samples at 10 s distance, the first 10 s after the start, the last at the end: 50/40 of what is seen.
        let columns = SampleColumns([100, 110, 120, 130, 140], from: 10_000)
        let harness = FunctionHarness.instant(50_000, range: 50_000)
        #expect(try harness.value(.increase, columns) == 40 * 1.25)
        #expect(try harness.value(.rate, columns) == 40 * (1.25 / 50))
        #expect(try harness.value(.delta, columns) == 50)
    }

    @Test func seriesThatBeginOrEndInsideReachHalfAnIntervalFurther() throws {
        let columns = SampleColumns([100, 110, 120], from: 40_000)
        let harness = FunctionHarness.instant(100_000, range: 100_000)
        #expect(try harness.value(.increase, columns) == 20 * ((20.0 + 5 + 5) / 20))
    }

    @Test func countersAreNotExtrapolatedBelowZero() throws {
        let columns = SampleColumns([1, 11, 21], from: 10_000)
        let harness = FunctionHarness.instant(30_000, range: 30_000)
        #expect(try harness.value(.increase, columns) == 20 * ((20.0 + 20.0 * (1.0 / 20)) / 20))
        #expect(try harness.value(.delta, columns) == 30)
    }

    @Test func resetsAddWhatWasThereBefore() throws {
        let columns = SampleColumns([5, 10, 2, 4, 1, 3], from: 10_000)
        let harness = FunctionHarness.instant(60_000, range: 60_000)
        let seen = 3.0 - 5 + 10 + 4
        let toZero = 50 * (5 / seen)
        #expect(try harness.value(.increase, columns) == seen * ((50 + min(toZero, 10)) / 50))
        #expect(try harness.value(.resets, columns) == 2)
        #expect(try harness.value(.changes, columns) == 5)
    }

    @Test func oneSampleIsNoChange() throws {
        let harness = FunctionHarness.instant(10_000)
        for function in [RangeFunction.rate, .increase, .delta, .irate, .idelta, .deriv] {
            #expect(try harness.value(function, SampleColumns([1], from: 10_000)) == nil)
        }
    }

    @Test func instantChangesLookAtTheLastTwoSamples() throws {
        let harness = FunctionHarness.instant(30_000, range: 60_000)
        #expect(try harness.value(.irate, SampleColumns([1, 100, 150])) == 5)
        #expect(try harness.value(.idelta, SampleColumns([1, 100, 150])) == 50)
        #expect(try harness.value(.irate, SampleColumns([1, 100, 20])) == 2)
        #expect(try harness.value(.idelta, SampleColumns([1, 100, 20])) == -80)
    }

    @Test func trendsAreLeastSquares() throws {
        let columns = SampleColumns([3, 5, 7, 9])
        let harness = FunctionHarness.instant(30_000, range: 60_000)
        #expect(abs(try harness.value(.deriv, columns)! - 0.2) < 1e-15)
        #expect(abs(try harness.value(.predictLinear, columns, [10])! - 11) < 1e-12)
        #expect(try harness.value(.deriv, SampleColumns([4, 4, 4])) == 0)
        #expect(try harness.value(.deriv, SampleColumns([.infinity, .infinity]))!.isNaN)
    }

    @Test func smoothingFollowsHolt() throws {
        let harness = FunctionHarness.instant(30_000, range: 60_000)
        // Level 2 → 0.5·4 + 0.5·(1 + 1·…): worked out by hand for factors of a half.
        #expect(try harness.value(.doubleExponentialSmoothing, SampleColumns([1, 2, 4]), [0.5, 0.5]) == 3.5)
        #expect(throws: (any Error).self) { try harness.value(.doubleExponentialSmoothing, SampleColumns([1, 2, 4]), [1, 0.5]) }
        #expect(throws: (any Error).self) { try harness.value(.doubleExponentialSmoothing, SampleColumns([1, 2, 4]), [0.5, 0]) }
    }

    @Test func anchoredRangesTakeTheSampleBeforeThem() throws {
        let columns = SampleColumns([10, 20, 30, 40], from: 5000)
        let harness = FunctionHarness.instant(35_000, range: 20_000, boundary: .anchored)
        #expect(try harness.value(.increase, columns) == 20)
        #expect(try harness.value(.rate, columns) == 1)
        #expect(try harness.value(.changes, columns) == 2)
        // Nothing behind the start of the range: nothing to measure.
        let late = FunctionHarness.instant(60_000, range: 20_000, boundary: .anchored)
        #expect(try late.value(.increase, columns) == nil)
        #expect(try late.value(.changes, columns) == nil)
    }

    @Test func smoothedRangesInterpolateAtBothBorders() throws {
        let columns = SampleColumns([0, 10, 20, 30])
        let harness = FunctionHarness.instant(25_000, range: 20_000, boundary: .smoothed)
        #expect(try harness.value(.increase, columns) == 20)
        // A counter that restarts is taken to rise from zero.
        let restarted = SampleColumns([100, 10])
        #expect(try FunctionHarness.instant(10_000, range: 5000, boundary: .smoothed).value(.increase, restarted) == 5)
        #expect(try FunctionHarness.instant(10_000, range: 5000, boundary: .smoothed).value(.delta, restarted) == -45)
    }
}
