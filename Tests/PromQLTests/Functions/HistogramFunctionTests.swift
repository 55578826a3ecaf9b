internal import QueryModel
internal import TelemetryModel
internal import TestSupport
internal import Testing

@testable internal import PromQL

@Suite struct HistogramFunctionTests {
    private let harness = FunctionHarness.instant(0)

    private func classic(_ counts: [(String, Double)], _ labels: LabelSet = ["__name__": "b", "job": "x"]) -> [StepSeries] {
        counts.map { StepSeries(labels.setting("le", $0.0), $0.1) }
    }

    private func quantile(_ quantile: Double, _ series: [StepSeries]) throws -> (value: Double?, notes: [String]) {
        let (series, notes) = try harness.vector(.histogramQuantile, [.scalar(.constant(quantile)), .vector(series)])
        return (series.first?.column.values[0], notes)
    }

    @Test func classicQuantilesInterpolateWithinABucket() throws {
        let series = classic([("1", 10), ("2", 30), ("+Inf", 40)])
        #expect(try quantile(0.25, series).value == 1)
        #expect(try quantile(0.5, series).value == 1.5)
        #expect(try quantile(0.125, series).value == 0.5)
        #expect(try quantile(0.99, series).value == 2)
        #expect(try quantile(1.5, series).value == .infinity)
        #expect(try quantile(-1, series).value == -.infinity)
        #expect(try quantile(.nan, series).value!.isNaN)
        #expect(try quantile(1.5, series).notes == ["PromQL warning: quantile value should be between 0 and 1, got 1.5"])
        let (result, _) = try harness.vector(.histogramQuantile, [.scalar(.constant(0.5)), .vector(series)])
        #expect(result[0].labels == ["job": "x"])
    }

    @Test func classicSpecialCases() throws {
        #expect(try quantile(0.5, classic([("1", 10), ("2", 30)])).value!.isNaN)
        #expect(try quantile(0.5, classic([("+Inf", 10)])).value!.isNaN)
        #expect(try quantile(0.5, classic([("1", 0), ("+Inf", 0)])).value!.isNaN)
        #expect(try quantile(0.1, classic([("-1", 10), ("+Inf", 10)])).value == -1)
        // Equal bounds written differently are one bucket.
        #expect(try quantile(0.5, classic([("1", 5), ("1.0", 5), ("2", 30), ("+Inf", 40)])).value == 1.5)
    }

    @Test func decreasingBucketsAreMendedAndNoted() throws {
        let mended = try quantile(0.5, classic([("1", 10), ("2", 8), ("3", 30), ("+Inf", 40)]))
        #expect(mended.value == 2.5)
        #expect(
            mended.notes == [
                "PromQL info: input to histogram_quantile needed to be fixed for monotonicity (see "
                    + "https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile), from buckets 2 to 2, "
                    + "with a max diff of 2, over 1 samples from 1970-01-01T00:00:00Z to 1970-01-01T00:00:00Z"
            ])
        #expect(try quantile(0.5, classic([("1", 1e15), ("2", 1e15 - 1), ("+Inf", 1e15)])).notes.isEmpty)
    }

    @Test func badBoundsAreNoted() throws {
        let series = [StepSeries(["__name__": "b"], 1), StepSeries(["__name__": "b", "le": "one"], 1)]
        #expect(
            try quantile(0.5, series).notes == [
                "PromQL warning: bucket label \"le\" is missing or has a malformed value of \"\"",
                "PromQL warning: bucket label \"le\" is missing or has a malformed value of \"one\"",
            ])
        for text in ["1e400", "0x", "1 ", "nan(1)", ""] { #expect(HistogramVector.bound(text) == nil) }
        for text in ["+Inf", "inf", "Infinity", "1e3", "-.5"] { #expect(HistogramVector.bound(text) != nil) }
    }

    @Test func classicAndNativeWithTheSameLabelsExcludeEachOther() throws {
        let series = classic([("1", 10), ("+Inf", 40)]) + [StepSeries(["__name__": "b", "job": "x"], .simple([1]))]
        let (value, notes) = try quantile(0.5, series)
        #expect(value == nil)
        #expect(notes == ["PromQL warning: vector contains a mix of classic and native histograms"])
    }

    @Test func nativeQuantilesInterpolateOnALogarithmicScale() throws {
        let histogram = NativeHistogram.simple([0, 4], sum: 6)
        #expect(abs(HistogramEstimate.quantile(histogram, 0.5).value - 2.0.squareRoot()) < 1e-15)
        #expect(HistogramEstimate.quantile(histogram, 0).value == 1 && HistogramEstimate.quantile(histogram, 1).value == 2)
        let custom = NativeHistogram.custom([1, 3], [2, 2], sum: 5)
        #expect(HistogramEstimate.quantile(custom, 0.75).value == 2 && HistogramEstimate.quantile(custom, 0.25).value == 0.5)
        #expect(HistogramEstimate.quantile(NativeHistogram(), 0.5).value.isNaN)
    }

    @Test func observationsOfNaNAreNoted() {
        var histogram = NativeHistogram.simple([1, 1], sum: .nan)
        histogram.count = 4
        #expect(HistogramEstimate.quantile(histogram, 0.25).note == .isSkewed)
        let outcome = HistogramEstimate.quantile(histogram, 0.9)
        #expect(outcome.value.isNaN && outcome.note == .isNaN)
        #expect(HistogramEstimate.fraction(histogram, -.infinity, .infinity).value == 0.5)
        #expect(HistogramEstimate.fraction(histogram, -.infinity, .infinity).note == .leavesOutNaN)
    }

    @Test func fractionsInvertQuantiles() {
        var generator = SeededGenerator(seed: 61)
        for round in 0..<300 {
            let counts = (0..<6).map { _ in Double(Int.random(in: 1...9, using: &generator)) }
            let histogram =
                Bool.random(using: &generator)
                ? NativeHistogram.simple(counts, sum: 1) : NativeHistogram.custom([1, 2, 4, 5, 9, 12], counts, sum: 1)
            let quantile = Double.random(in: 0.01...0.99, using: &generator)
            let value = HistogramEstimate.quantile(histogram, quantile).value
            let fraction = HistogramEstimate.fraction(histogram, -.infinity, value).value
            #expect(abs(fraction - quantile) < 1e-9 || histogram.usesCustomBuckets && value < 1, "seed 61, round \(round): \(histogram)")
        }
    }

    @Test func classicFractions() throws {
        let series = classic([("1", 10), ("2", 30), ("+Inf", 40)])
        func fraction(_ lower: Double, _ upper: Double) throws -> Double? {
            try harness.vector(.histogramFraction, [.scalar(.constant(lower)), .scalar(.constant(upper)), .vector(series)])
                .series.first?.column.values[0]
        }
        #expect(try fraction(1, 2) == 0.5 && fraction(0, 1) == 0.25 && fraction(0.5, 1.5) == 0.375)
        #expect(try fraction(-.infinity, .infinity) == 1 && fraction(2, 1) == 0 && fraction(.nan, 1)!.isNaN)
    }

    @Test func severalQuantilesAreToldApartByALabel() throws {
        let arguments: [ArgumentValue] = [
            .vector(classic([("1", 10), ("2", 30), ("+Inf", 40)])), .string("q"), .scalar(.constant(0.5)), .scalar(.constant(1)),
        ]
        let series = try harness.vector(.histogramQuantiles, arguments).series
        #expect(series.map(\.labels) == [["job": "x", "q": "0.5"], ["job": "x", "q": "1.0"]])
        #expect(series.map { $0.column.values[0] } == [1.5, 2])
    }
}
