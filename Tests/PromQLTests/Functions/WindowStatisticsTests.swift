internal import QueryModel
internal import TelemetryModel
internal import Testing

@testable internal import PromQL

@Suite struct WindowStatisticsTests {
    private let harness = FunctionHarness.instant(100_000, range: 200_000)

    @Test func sumsAndMeansLoseNothing() throws {
        let columns = SampleColumns([1, 1e100, 1, -1e100])
        #expect(try harness.value(.sumOverTime, columns) == 2)
        #expect(try harness.value(.avgOverTime, columns) == 0.5)
    }

    @Test func meansSurviveOverflow() throws {
        let large = Double.greatestFiniteMagnitude
        let mean = try #require(try harness.value(.avgOverTime, SampleColumns([large, large, large])))
        #expect(mean.isFinite && mean > large * 0.999_999)
        #expect(try harness.value(.sumOverTime, SampleColumns([large, large])) == .infinity)
        #expect(try harness.value(.avgOverTime, SampleColumns([.infinity, 1])) == .infinity)
        #expect(try harness.value(.avgOverTime, SampleColumns([.infinity, -.infinity]))!.isNaN)
    }

    @Test func varianceIsThatOfThePopulation() throws {
        let columns = SampleColumns([2, 4, 4, 4, 5, 5, 7, 9])
        #expect(try harness.value(.stdvarOverTime, columns) == 4)
        #expect(try harness.value(.stddevOverTime, columns) == 2)
    }

    @Test func extremesIgnoreNaNUnlessThereIsNothingElse() throws {
        #expect(try harness.value(.maxOverTime, SampleColumns([.nan, 1, 3, .nan, 2])) == 3)
        #expect(try harness.value(.minOverTime, SampleColumns([.nan, 1, 3, .nan, 2])) == 1)
        #expect(try harness.value(.maxOverTime, SampleColumns([.nan, .nan]))!.isNaN)
        // The last of equal extremes counts for the time.
        #expect(try harness.value(.timeOfMaxOverTime, SampleColumns([1, 3, 2, 3, 1])) == 30)
        #expect(try harness.value(.timeOfMinOverTime, SampleColumns([1, 3, 2, 3, 1])) == 40)
    }

    @Test func quantilesInterpolateBetweenRanks() throws {
        let columns = SampleColumns([4, 1, 3, 2])
        #expect(try harness.value(.quantileOverTime, columns, [0.5]) == 2.5)
        #expect(try harness.value(.quantileOverTime, columns, [0]) == 1)
        #expect(try harness.value(.quantileOverTime, columns, [1]) == 4)
        #expect(try harness.value(.quantileOverTime, columns, [0.75]) == 3.25)
        let outside = try harness.run(.quantileOverTime, columns, [1.5])
        #expect(outside.column.values == [.infinity])
        #expect(outside.notes == ["PromQL warning: quantile value should be between 0 and 1, got 1.5"])
        #expect(try harness.value(.quantileOverTime, columns, [-1]) == -.infinity)
        #expect(try harness.value(.quantileOverTime, columns, [.nan])!.isNaN)
    }

    @Test func deviationFromTheMedian() throws {
        #expect(try harness.value(.madOverTime, SampleColumns([4, 6, 2, 1, 999, 1, 2])) == 1)
        #expect(try harness.value(.madOverTime, SampleColumns([4, .nan]))!.isNaN)
    }

    @Test func histogramsBesideFloatsAreNotedOrRefused() throws {
        var columns = SampleColumns([1, 2], from: 0)
        columns.histograms = [HistogramSample(timestamp: 50_000, histogram: .simple([1]))]
        for function in [RangeFunction.sumOverTime, .avgOverTime, .rate, .increase, .delta, .irate] {
            let (column, notes) = try harness.run(function, columns)
            #expect(column.isEmpty)
            #expect(notes == ["PromQL warning: encountered a mix of histograms and floats for metric name \"m\""])
        }
        for function in [
            RangeFunction.maxOverTime, .minOverTime, .stddevOverTime, .stdvarOverTime, .deriv, .madOverTime, .timeOfMaxOverTime,
        ] {
            let (column, notes) = try harness.run(function, columns)
            #expect(!column.isEmpty)
            #expect(
                notes == ["PromQL info: ignored histograms in a range containing both floats and histograms for metric name \"m\""])
        }
        #expect(try harness.value(.countOverTime, columns) == 3)
        #expect(try harness.value(.changes, columns) == 2)
        #expect(try harness.value(.resets, columns) == 1)
        #expect(try harness.run(.lastOverTime, columns).column[0] == .histogram(.simple([1])))
        #expect(try harness.value(.firstOverTime, columns) == 1)
        #expect(try harness.value(.timeOfLastOverTime, columns) == 50)
    }
}
