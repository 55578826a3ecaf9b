internal import QueryModel
internal import TelemetryModel
internal import Testing

@testable internal import PromQL

@Suite struct HistogramRangeTests {
    private func result(_ harness: FunctionHarness, _ function: RangeFunction, _ columns: SampleColumns) throws -> NativeHistogram? {
        guard case .histogram(let histogram)? = try harness.run(function, columns).column[0] else { return nil }
        return histogram
    }

    @Test func ratesOfEveryBucket() throws {
        let columns = SampleColumns(
            [.simple([100, 100], sum: 1), .simple([110, 102], sum: 5), .simple([120, 104], sum: 9)], from: 10_000)
        let harness = FunctionHarness.instant(30_000, range: 30_000)
        let increase = try #require(try result(harness, .increase, columns))
        #expect(increase.positiveBuckets == [30, 6] && increase.count == 36 && increase.sum == 12)
        #expect(increase.resetHint == .gauge)
        let rate = try #require(try result(harness, .rate, columns))
        let factor: Double = 1.5 / 30
        #expect(rate.positiveBuckets == [20 * factor, 4 * factor])
    }

    @Test func aResetInTheMiddleAddsWhatWasThere() throws {
        let columns = SampleColumns([.simple([100]), .simple([110]), .simple([5]), .simple([6])])
        let harness = FunctionHarness.instant(30_000, range: 30_001)
        let increase = try #require(try result(harness, .increase, columns))
        #expect(abs(increase.positiveBuckets[0] - 16) < 0.001)
        #expect(try harness.value(.resets, columns) == 1)
    }

    @Test func afterAResetTheFirstSampleDoesNotCountNorItsLayout() throws {
        let columns = SampleColumns([.custom([1, 2], [50, 50, 50]), .simple([5]), .simple([9])])
        let harness = FunctionHarness.instant(20_000, range: 20_001)
        let increase = try #require(try result(harness, .increase, columns))
        #expect(abs(increase.positiveBuckets[0] - 9) < 0.001)
    }

    @Test func mixedSchemasHaveNoRate() throws {
        let columns = SampleColumns([.simple([5]), .simple([6]), .custom([1], [9])])
        let harness = FunctionHarness.instant(20_000, range: 20_001)
        let (column, notes) = try harness.run(.rate, columns)
        #expect(column.isEmpty)
        #expect(
            notes == [
                "PromQL warning: vector contains a mix of histograms with exponential and custom buckets schemas for metric name \"m\""
            ])
    }

    @Test func kindsAreNoted() throws {
        let gauges = SampleColumns([.simple([5], hint: .gauge), .simple([6], hint: .gauge)])
        let counters = SampleColumns([.simple([5]), .simple([6])])
        let harness = FunctionHarness.instant(10_000, range: 20_000)
        for function in [RangeFunction.rate, .increase, .irate] {
            #expect(try harness.run(function, gauges).notes == ["PromQL warning: this native histogram metric is not a counter: \"m\""])
            #expect(try harness.run(function, counters).notes.isEmpty)
        }
        for function in [RangeFunction.delta, .idelta] {
            #expect(try harness.run(function, counters).notes == ["PromQL warning: this native histogram metric is not a gauge: \"m\""])
            #expect(try harness.run(function, gauges).notes.isEmpty)
        }
    }

    @Test func mismatchedBoundsAreReconciledAndNoted() throws {
        let columns = SampleColumns([.custom([1, 2, 3], [1, 1, 1, 1]), .custom([1, 3], [5, 5, 5])])
        let harness = FunctionHarness.instant(10_000, range: 20_000)
        let (column, notes) = try harness.run(.idelta, columns)
        #expect(notes.contains("PromQL info: mismatched custom buckets were reconciled during subtraction"))
        guard case .histogram(let histogram)? = column[0] else {
            Issue.record("no histogram")
            return
        }
        #expect(histogram.customBounds == [1, 3] && histogram.positiveBuckets == [4, 3, 4])
        let sum = try harness.run(.sumOverTime, columns)
        #expect(sum.notes == ["PromQL info: mismatched custom buckets were reconciled during aggregation"])
    }

    @Test func sumsAndMeans() throws {
        let columns = SampleColumns([.simple([1, 2], sum: 1), .simple([3, 4], sum: 2), .simple([5, 9], sum: 6)])
        let harness = FunctionHarness.instant(20_000, range: 30_000)
        #expect(try result(harness, .sumOverTime, columns)?.positiveBuckets == [9, 15])
        #expect(try result(harness, .avgOverTime, columns)?.positiveBuckets == [3, 5])
        #expect(try result(harness, .avgOverTime, columns)?.sum == 3)
        let large = Double.greatestFiniteMagnitude
        let overflowing = SampleColumns([NativeHistogram.simple([large]), .simple([large]), .simple([large])])
        let mean = try #require(try result(harness, .avgOverTime, overflowing))
        #expect(mean.positiveBuckets[0] > large * 0.999_999)
        let colliding = SampleColumns([.simple([1], hint: .reset), .simple([1], hint: .notReset)])
        #expect(
            try harness.run(.sumOverTime, colliding).notes == ["PromQL warning: conflicting counter resets during histogram aggregation"])
    }

    @Test func completedRanges() throws {
        let columns = SampleColumns([.simple([10]), .simple([20]), .simple([30])])
        let anchored = FunctionHarness.instant(25_000, range: 20_000, boundary: .anchored)
        #expect(try result(anchored, .increase, columns)?.positiveBuckets == [20])
        let smoothed = FunctionHarness.instant(15_000, range: 10_000, boundary: .smoothed)
        #expect(try result(smoothed, .increase, columns)?.positiveBuckets == [10])
        #expect(try result(smoothed, .rate, columns)?.positiveBuckets == [1])
    }
}
