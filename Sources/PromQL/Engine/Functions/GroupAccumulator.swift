internal import QueryModel
internal import TelemetryModel

/// One group of an aggregation over the whole grid: sum, avg, min, max, count, group, stddev, stdvar or quantile.
///
/// Series are added one at a time, a column at once, so that the state of a step is a few numbers in contiguous arrays.
struct GroupAccumulator {
    /// The memory that a group takes for each step, without histograms and the values of a quantile.
    static let bytesPerStep = 24

    private let kind: AggregationOperator
    private let parameter: ScalarColumn?
    /// The running value of each step (sum, mean, extreme, count, squares): absent where the group has no float yet.
    private var values: [Double]
    /// Kahan compensations of sum and avg, means of stddev and stdvar.
    private var partners: [Double] = []
    /// Floats seen, for avg, stddev and stdvar.
    private var counts: [Double] = []
    /// Steps of avg whose sum would have overflown, so that their value is a mean. Empty where there is none.
    private var isIncremental: [Bool] = []
    /// All values of each step, for quantile.
    private var collected: [[Double]] = []
    private var histograms: GroupHistograms?
    private var ignoresHistograms = false

    init(_ kind: AggregationOperator, parameter: ScalarColumn?, grid: StepGrid) {
        self.kind = kind
        self.parameter = parameter
        values = [Double](repeating: StepColumn.absent, count: grid.count)
        let zeros = [Double](repeating: 0, count: grid.count)
        switch kind {
        case .sum: partners = zeros
        case .avg, .stddev, .stdvar: (partners, counts) = (zeros, zeros)
        case .quantile: collected = [[Double]](repeating: [], count: grid.count)
        case .min, .max, .count, .group: break
        default: preconditionFailure("BUG: \(kind.rawValue) does not accumulate")
        }
    }

    /// Adds a series to the group. `context.labels` are those of the series.
    mutating func add(_ series: StepSeries, _ context: inout FunctionContext) throws(QueryError) {
        let column = series.column
        switch kind {
        case .sum: addSums(column.values)
        case .avg: addMeans(column.values)
        case .min: addExtremes(column.values) { $0 > $1 }
        case .max: addExtremes(column.values) { $0 < $1 }
        case .count, .group: addCounts(column)
        case .stddev, .stdvar: addSquares(column.values)
        default:
            for step in column.values.indices where !StepColumn.isAbsent(column.values[step]) {
                collected[step].append(column.values[step])
            }
        }
        guard column.hasHistograms else { return }
        switch kind {
        case .sum, .avg:
            if histograms == nil { histograms = GroupHistograms(count: values.count, isMean: kind == .avg) }
            histograms?.add(column, values, metric: context.metricName)
        case .count, .group: break
        default: if !ignoresHistograms { ignoresHistograms = column.histograms.contains { $0 != nil } }
        }
    }

    private mutating func addSums(_ added: [Double]) {
        for step in added.indices {
            let value = added[step]
            if StepColumn.isAbsent(value) { continue }
            if StepColumn.isAbsent(values[step]) {
                values[step] = value
            } else {
                var sum = KahanSum(values[step], partners[step])
                sum.add(value)
                values[step] = sum.sum
                partners[step] = sum.compensation
            }
        }
    }

    private mutating func addMeans(_ added: [Double]) {
        for step in added.indices {
            let value = added[step]
            if StepColumn.isAbsent(value) { continue }
            counts[step] += 1
            if StepColumn.isAbsent(values[step]) {
                values[step] = value
                continue
            }
            if isIncremental.isEmpty || !isIncremental[step] {
                var sum = KahanSum(values[step], partners[step])
                sum.add(value)
                if !sum.sum.isInfinite {
                    values[step] = sum.sum
                    partners[step] = sum.compensation
                    continue
                }
                becomeIncremental(step)
            }
            let share = (counts[step] - 1) / counts[step]
            var mean = KahanSum(share * values[step], share * partners[step])
            mean.add(value / counts[step])
            values[step] = mean.sum
            partners[step] = mean.compensation
        }
    }

    private mutating func becomeIncremental(_ step: Int) {
        if isIncremental.isEmpty { isIncremental = [Bool](repeating: false, count: values.count) }
        isIncremental[step] = true
        values[step] /= counts[step] - 1
        partners[step] /= counts[step] - 1
    }

    /// Takes over values that are better. NaN yields to every number.
    @inline(__always)
    private mutating func addExtremes(_ added: [Double], isBeaten: (_ old: Double, _ new: Double) -> Bool) {
        for step in added.indices {
            let value = added[step]
            if StepColumn.isAbsent(value) { continue }
            // An absent value is a NaN as well.
            if values[step].isNaN || isBeaten(values[step], value) { values[step] = value }
        }
    }

    private mutating func addCounts(_ column: StepColumn) {
        for step in column.values.indices where column.isPresent(step) {
            if kind == .group {
                values[step] = 1
            } else {
                values[step] = StepColumn.isAbsent(values[step]) ? 1 : values[step] + 1
            }
        }
    }

    /// Welford's method.
    private mutating func addSquares(_ added: [Double]) {
        for step in added.indices {
            let value = added[step]
            if StepColumn.isAbsent(value) { continue }
            counts[step] += 1
            if StepColumn.isAbsent(values[step]) {
                values[step] = value.isFinite ? 0 : .nan
                partners[step] = value
            } else {
                let delta = value - partners[step]
                partners[step] += delta / counts[step]
                values[step] += delta * (value - partners[step])
            }
        }
    }

    /// The values of the group.
    mutating func finish(_ context: inout FunctionContext) throws(QueryError) -> StepColumn {
        if ignoresHistograms { context.note(.ignoredHistogram(aggregation: kind.rawValue)) }
        for step in values.indices where kind == .quantile || !StepColumn.isAbsent(values[step]) {
            switch kind {
            case .sum: values[step] += partners[step]
            case .avg:
                values[step] =
                    !isIncremental.isEmpty && isIncremental[step]
                    ? values[step] + partners[step] : values[step] / counts[step] + partners[step] / counts[step]
            case .stdvar: values[step] /= counts[step]
            case .stddev: values[step] = (values[step] / counts[step]).squareRoot()
            case .quantile:
                if !collected[step].isEmpty { values[step] = Quantile.of(&collected[step], parameter?[step] ?? .nan) }
            default: break
            }
        }
        var column = StepColumn(values: values)
        histograms?.finish(into: &column, &context)
        return column
    }
}

/// The histograms of one group of sum or avg.
private struct GroupHistograms {
    /// What a step has come to.
    private enum Step {
        case none, summed
        /// Floats came first: the step has no result.
        case besideFloats
        /// Exponential and custom buckets met: the step has no result, and nothing more is looked at.
        case incompatible
    }

    private var steps: [Step]
    /// Of sum, else empty. Sums lie in arrays of their own, so that they are changed in place.
    private var sums: [HistogramSum?] = []
    /// Of avg, else empty.
    private var means: [RunningHistogramMean?] = []
    private var sawReset: [Bool]
    private var sawNotReset: [Bool]
    private var notes: Set<FunctionNote> = []

    init(count: Int, isMean: Bool) {
        steps = [Step](repeating: .none, count: count)
        if isMean {
            means = [RunningHistogramMean?](repeating: nil, count: count)
        } else {
            sums = [HistogramSum?](repeating: nil, count: count)
        }
        sawReset = [Bool](repeating: false, count: count)
        sawNotReset = sawReset
    }

    /// Adds the histograms of a column. `floats` are the group's floats so far.
    mutating func add(_ column: StepColumn, _ floats: [Double], metric: String) {
        for (step, histogram) in column.histograms.enumerated() {
            guard let histogram else { continue }
            switch steps[step] {
            case .incompatible, .besideFloats: break
            case .none:
                if !StepColumn.isAbsent(floats[step]) {
                    steps[step] = .besideFloats
                } else {
                    see(histogram.resetHint, step)
                    steps[step] = .summed
                    if means.isEmpty { sums[step] = HistogramSum(histogram) } else { means[step] = RunningHistogramMean(histogram) }
                }
            case .summed:
                see(histogram.resetHint, step)
                combine(histogram, step, metric)
            }
        }
    }

    private mutating func combine(_ histogram: NativeHistogram, _ step: Int, _ metric: String) {
        do throws(NativeHistogramError) {
            let combination = means.isEmpty ? try sums[step]?.add(histogram) : try means[step]?.add(histogram)
            if combination?.boundsReconciled ?? false { notes.insert(.reconciledBounds(.aggregation)) }
        } catch {
            notes.insert(.mixedBucketSchemas(metric: metric))
            steps[step] = .incompatible
        }
    }

    private mutating func see(_ hint: NativeHistogram.ResetHint, _ step: Int) {
        switch hint {
        case .reset: sawReset[step] = true
        case .notReset: sawNotReset[step] = true
        case .unknown, .gauge: break
        }
    }

    /// Puts the results in their places; steps with floats and histograms lose both.
    mutating func finish(into column: inout StepColumn, _ context: inout FunctionContext) {
        for step in steps.indices {
            switch steps[step] {
            case .none: continue
            case .incompatible: column.clear(step)
            case .besideFloats:
                notes.insert(.mixedFloatsAndHistogramsInAggregation)
                column.clear(step)
            case .summed:
                if !StepColumn.isAbsent(column.values[step]) {
                    notes.insert(.mixedFloatsAndHistogramsInAggregation)
                    column.clear(step)
                } else if let result = means.isEmpty ? sums[step]?.total : means[step]?.result {
                    if sawReset[step] && sawNotReset[step] { notes.insert(.collidingResets(.aggregation)) }
                    column.setHistogram(step, result.compacted())
                }
            }
        }
        context.note(notes)
    }
}
