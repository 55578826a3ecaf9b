internal import QueryModel
internal import TelemetryModel

/// `sum_over_time`, `avg_over_time` and the variance of windows.
enum WindowSums {
    static func sums(_ windows: RangeWindows, into column: inout StepColumn, _ context: inout FunctionContext) {
        evaluate(windows, into: &column, &context, floats: sum, prefix: { total, _ in total }, histograms: sumOfHistograms)
    }

    static func means(_ windows: RangeWindows, into column: inout StepColumn, _ context: inout FunctionContext) {
        evaluate(windows, into: &column, &context, floats: mean, prefix: { $0 / Double($1) }, histograms: meanOfHistograms)
    }

    /// Walks the windows. Where running totals are exact a window is a subtraction, else its samples are added up with compensation.
    private static func evaluate(
        _ windows: RangeWindows, into column: inout StepColumn, _ context: inout FunctionContext,
        floats: (ArraySlice<Double>) -> Double, prefix: (_ total: Double, _ count: Int) -> Double,
        histograms: (ArraySlice<HistogramSample>, String, inout Set<FunctionNote>) -> NativeHistogram?
    ) {
        let columns = windows.columns
        var notes: Set<FunctionNote> = []
        let metric = context.metricName
        let overlaps = windows.grid.count > 1 && windows.range > windows.grid.step && columns.values.count > 8
        let totals = overlaps ? ExactTotals(columns.values) : nil
        windows.forEach { window in
            if window.histograms.isEmpty {
                if let totals {
                    column.setFloat(window.step, prefix(totals.sum(window.floats), window.floats.count))
                } else {
                    column.setFloat(window.step, floats(columns.values[window.floats]))
                }
            } else if window.floats.isEmpty {
                guard let result = histograms(columns.histograms[window.histograms], metric, &notes) else { return }
                column.setHistogram(window.step, result)
            } else {
                notes.insert(.mixedFloatsAndHistograms(metric: metric))
            }
        }
        context.note(notes)
    }

    // MARK: Floats

    static func sum(_ values: ArraySlice<Double>) -> Double {
        var sum = KahanSum()
        for value in values { sum.add(value) }
        return sum.sum.isInfinite ? sum.sum : sum.total
    }

    /// The mean of at least one value: sum by count, or, once the sum would overflow, the mean of what was seen moved by every further value.
    static func mean(_ values: ArraySlice<Double>) -> Double {
        var mean = RunningMean(values[values.startIndex])
        for value in values.dropFirst() { mean.add(value) }
        return mean.result
    }

    /// The population variance of at least one value (Welford's method, compensated).
    static func variance(_ values: ArraySlice<Double>) -> Double {
        var count = 0.0
        var mean = KahanSum()
        var squares = KahanSum()
        for value in values {
            count += 1
            let delta = value - mean.total
            mean.add(delta / count)
            squares.add(delta * (value - mean.total))
        }
        return squares.total / count
    }

    // MARK: Histograms

    /// The sum of at least one histogram.
    private static func sumOfHistograms(
        _ samples: ArraySlice<HistogramSample>, _ metric: String, _ notes: inout Set<FunctionNote>
    ) -> NativeHistogram? {
        var sum = HistogramSum(samples[samples.startIndex].histogram)
        var reconciled = false
        do throws(NativeHistogramError) {
            for sample in samples.dropFirst() where try sum.add(sample.histogram).boundsReconciled { reconciled = true }
        } catch {
            notes.insert(.mixedBucketSchemas(metric: metric))
            return nil
        }
        note(samples, reconciled, &notes)
        return sum.total
    }

    private static func meanOfHistograms(
        _ samples: ArraySlice<HistogramSample>, _ metric: String, _ notes: inout Set<FunctionNote>
    ) -> NativeHistogram? {
        var mean = RunningHistogramMean(samples[samples.startIndex].histogram)
        var reconciled = false
        do throws(NativeHistogramError) {
            for sample in samples.dropFirst() where try mean.add(sample.histogram).boundsReconciled { reconciled = true }
        } catch {
            notes.insert(.mixedBucketSchemas(metric: metric))
            return nil
        }
        note(samples, reconciled, &notes)
        return mean.result
    }

    private static func note(_ samples: ArraySlice<HistogramSample>, _ reconciled: Bool, _ notes: inout Set<FunctionNote>) {
        if samples.contains(where: { $0.histogram.resetHint == .reset }) && samples.contains(where: { $0.histogram.resetHint == .notReset })
        {
            notes.insert(.collidingResets(.aggregation))
        }
        if reconciled { notes.insert(.reconciledBounds(.aggregation)) }
    }
}

/// Running totals of a column, where they are exact: whole numbers that never leave the range in which doubles count by ones. Then a
/// compensated sum of any window is exact too, so that the difference of two totals has the same bits.
private struct ExactTotals {
    private let totals: [Double]

    /// Nil where the totals would not be exact.
    init?(_ values: [Double]) {
        let limit = 9_007_199_254_740_992.0
        var magnitude = 0.0
        var total = 0.0
        var totals: [Double] = [0]
        totals.reserveCapacity(values.count + 1)
        for value in values {
            magnitude += value.magnitude
            // A negative zero has a sign to keep; a NaN or infinity fails the first comparison.
            guard magnitude < limit, value.rounded(.towardZero) == value, value != 0 || value.sign == .plus else { return nil }
            total += value
            totals.append(total)
        }
        self.totals = totals
    }

    func sum(_ range: Range<Int>) -> Double { totals[range.upperBound] - totals[range.lowerBound] }
}

/// A mean under construction. Values are summed with compensation as long as the sum does not overflow.
struct RunningMean: Sendable {
    private var sum: KahanSum
    /// The mean and its compensation, once the sum would have overflown.
    private var mean: KahanSum?
    private(set) var count = 1.0

    init(_ first: Double) { sum = KahanSum(first) }

    mutating func add(_ value: Double) {
        count += 1
        let before: KahanSum
        if let mean {
            before = mean
        } else {
            var next = sum
            next.add(value)
            if !next.sum.isInfinite {
                sum = next
                return
            }
            before = KahanSum(sum.sum / (count - 1), sum.compensation / (count - 1))
        }
        let share = (count - 1) / count
        var moved = KahanSum(share * before.sum, share * before.compensation)
        moved.add(value / count)
        mean = moved
    }

    var result: Double { mean?.total ?? sum.sum / count + sum.compensation / count }
}

/// The same for histograms.
struct RunningHistogramMean: Sendable {
    private var sum: HistogramSum
    private var isIncremental = false
    private var count = 1.0

    init(_ first: NativeHistogram) { sum = HistogramSum(first) }

    @discardableResult
    mutating func add(_ histogram: NativeHistogram) throws(NativeHistogramError) -> NativeHistogram.Combination {
        count += 1
        var noted = NativeHistogram.Combination()
        // Far from overflow there is no need to try the addition on a copy. The limit leaves room for merging any number of buckets.
        if !isIncremental, histogram.isWithin(1e290), sum.value.isWithin(1e290), !sum.value.customBounds.contains(where: \.isInfinite) {
            return try sum.add(histogram)
        }
        if !isIncremental {
            var next = sum
            noted = try next.add(histogram)
            if !next.value.hasOverflow {
                sum = next
                return noted
            }
            isIncremental = true
            sum.divide(by: count - 1)
        }
        sum.multiply(by: (count - 1) / count)
        var share = histogram
        share.divide(by: count)
        let combination = try sum.add(share)
        noted.boundsReconciled = noted.boundsReconciled || combination.boundsReconciled
        noted.hintsCollided = noted.hintsCollided || combination.hintsCollided
        return noted
    }

    /// The mean, not compacted.
    var result: NativeHistogram {
        var sum = sum
        if !isIncremental { sum.divide(by: count) }
        return sum.total
    }
}
