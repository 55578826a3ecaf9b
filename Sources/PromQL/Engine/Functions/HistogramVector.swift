internal import CivilCalendar
internal import QueryModel
internal import TelemetryModel

/// An instant vector seen as histograms: native ones, and classic ones put together from their buckets' series.
struct HistogramVector {
    /// One φ of a call.
    struct Quantile {
        var value: ScalarColumn
        var position: SourceRange
    }

    /// The buckets of one classic histogram, by rising bound.
    private struct Classic {
        var labels: LabelSet
        var dropsName: Bool
        var buckets: [(upperBound: Double, series: Int)]
        /// Steps at which a native histogram has the same labels, so that neither counts.
        var isContested: [Bool] = []
    }

    private let series: [StepSeries]
    private var classics: [Classic] = []
    /// Indices of the series that have native histograms, and the classic one with the same labels.
    private var natives: [(series: Int, classic: Int?)] = []
    private let position: SourceRange

    /// Sorts the series out; notes series that are neither.
    init(_ series: [StepSeries], position: SourceRange, _ context: inout FunctionContext) {
        self.series = series
        self.position = position
        var places: [LabelSet: Int] = [:]
        for (index, element) in series.enumerated() where element.column.values.contains(where: { !StepColumn.isAbsent($0) }) {
            let bound = element.labels[LabelName.bucketBound] ?? ""
            guard let upperBound = HistogramVector.bound(bound) else {
                context.note(.badBucketLabel(bound, metric: HistogramVector.metric(element.labels, context)), at: position)
                continue
            }
            let labels = element.labels.removing([LabelName.bucketBound])
            if let place = places[labels] {
                classics[place].buckets.append((upperBound, index))
            } else {
                places[labels] = classics.count
                classics.append(Classic(labels: labels, dropsName: element.dropsName, buckets: [(upperBound, index)]))
            }
        }
        for index in classics.indices { classics[index].buckets.sort { $0.upperBound < $1.upperBound } }
        for (index, element) in series.enumerated() where element.column.hasHistograms {
            let classic = places[element.labels]
            natives.append((index, classic))
            if let classic { contest(classic, element, &context) }
        }
    }

    private mutating func contest(_ classic: Int, _ native: StepSeries, _ context: inout FunctionContext) {
        var contested = [Bool](repeating: false, count: native.column.count)
        for step in contested.indices where native.column.histograms[step] != nil {
            contested[step] = classics[classic].buckets.contains { !StepColumn.isAbsent(series[$0.series].column.values[step]) }
        }
        guard contested.contains(true) else { return }
        classics[classic].isContested = contested
        context.note(.mixedClassicAndNative(metric: HistogramVector.metric(native.labels, context)), at: position)
    }

    /// The metric name for notes. Where names are dropped at once it is gone by the time that Prometheus looks.
    private static func metric(_ labels: LabelSet, _ context: FunctionContext) -> String {
        context.delaysNameRemoval ? labels.metricName ?? "" : ""
    }

    /// The bound that a bucket label says.
    static func bound(_ text: String) -> Double? {
        guard let value = Double(text), !text.utf8.contains(UInt8(ascii: "(")) else { return nil }
        // A number too large for a double is no bound; infinity has to be spelled out.
        if value.isInfinite && !text.utf8.contains(where: { $0 | 0x20 == UInt8(ascii: "i") }) { return nil }
        return value
    }

    // MARK: Quantiles

    /// The quantiles of all histograms; told apart by a label where one is given.
    mutating func quantiles(_ quantiles: [Quantile], label: String?, _ context: inout FunctionContext) -> [StepSeries] {
        var result: [StepSeries] = []
        var corrections = MonotonicityNotes()
        for quantile in quantiles {
            noteInvalid(quantile, &context)
            for native in natives {
                let element = series[native.series]
                let metric = HistogramVector.metric(element.labels, context)
                let column = evaluateNative(native, metric, &context) { HistogramEstimate.quantile($0, quantile.value[$1]) }
                emit(column, element.labels, element.dropsName, quantile.value, label, &result, context)
            }
            for classic in classics {
                let metric = HistogramVector.metric(classic.labels, context)
                let grid = context.grid
                let column = evaluateClassic(classic, grid) { buckets, step in
                    var correction: ClassicBuckets.Correction?
                    let value = buckets.quantile(quantile.value[step], &correction)
                    if let correction { corrections.add(correction, metric: metric, time: grid.time(step)) }
                    return value
                }
                emit(column, classic.labels, classic.dropsName, quantile.value, label, &result, context)
            }
        }
        for message in corrections.messages { context.annotate(.info, message, at: position) }
        return result
    }

    private func noteInvalid(_ quantile: Quantile, _ context: inout FunctionContext) {
        switch quantile.value {
        case .constant(let value):
            if PromQL.Quantile.isInvalid(value) { context.note(.invalidQuantile(value), at: quantile.position) }
        case .varying(let values):
            for value in values where PromQL.Quantile.isInvalid(value) { context.note(.invalidQuantile(value), at: quantile.position) }
        }
    }

    /// Appends the values as one series; with a label for φ, as one series for each φ that the steps have.
    private func emit(
        _ column: StepColumn, _ labels: LabelSet, _ dropsName: Bool, _ quantile: ScalarColumn, _ label: String?,
        _ result: inout [StepSeries],
        _ context: FunctionContext
    ) {
        if column.isEmpty { return }
        var series = StepSeries(labels: labels, dropsName: dropsName, column: column)
        context.dropName(&series)
        guard let label else {
            result.append(series)
            return
        }
        if let constant = quantile.constantValue {
            series.labels = series.labels.setting(label, FloatText.openMetrics(constant))
            result.append(series)
            return
        }
        var places: [String: Int] = [:]
        for step in 0..<column.count {
            guard let value = column[step] else { continue }
            let text = FloatText.openMetrics(quantile[step])
            let place = places[text] ?? result.count
            if place == result.count {
                places[text] = place
                result.append(
                    StepSeries(
                        labels: series.labels.setting(label, text), dropsName: series.dropsName, column: StepColumn(count: column.count)))
            }
            result[place].column[step] = value
        }
    }

    // MARK: Fractions

    mutating func fractions(_ lower: ScalarColumn, _ upper: ScalarColumn, _ context: inout FunctionContext) -> [StepSeries] {
        var result: [StepSeries] = []
        for native in natives {
            let element = series[native.series]
            let metric = HistogramVector.metric(element.labels, context)
            let column = evaluateNative(native, metric, &context) { HistogramEstimate.fraction($0, lower[$1], upper[$1]) }
            emit(column, element.labels, element.dropsName, lower, nil, &result, context)
        }
        for classic in classics {
            let column = evaluateClassic(classic, context.grid) { $0.fraction(lower[$1], upper[$1]) }
            emit(column, classic.labels, classic.dropsName, lower, nil, &result, context)
        }
        return result
    }

    // MARK: Steps

    private func evaluateNative(
        _ native: (series: Int, classic: Int?), _ metric: String, _ context: inout FunctionContext,
        _ estimate: (NativeHistogram, _ step: Int) -> HistogramEstimate.Outcome
    ) -> StepColumn {
        let contested = native.classic.map { classics[$0].isContested } ?? []
        let histograms = series[native.series].column.histograms
        var column = StepColumn(count: histograms.count)
        for (step, histogram) in histograms.enumerated() {
            guard let histogram, contested.isEmpty || !contested[step] else { continue }
            let outcome = estimate(histogram, step)
            column.values[step] = outcome.value
            switch outcome.note {
            case nil: break
            case .isNaN: context.note(.quantileIsNaN(metric: metric), at: position)
            case .isSkewed: context.note(.quantileIsSkewed(metric: metric), at: position)
            case .leavesOutNaN: context.note(.fractionWithoutNaN(metric: metric), at: position)
            }
        }
        return column
    }

    private func evaluateClassic(
        _ classic: Classic, _ grid: StepGrid, _ estimate: (inout ClassicBuckets, _ step: Int) -> Double
    ) -> StepColumn {
        var column = StepColumn(count: grid.count)
        var buckets = ClassicBuckets()
        for step in 0..<grid.count {
            if !classic.isContested.isEmpty && classic.isContested[step] { continue }
            buckets.removeAll()
            for bucket in classic.buckets {
                let count = series[bucket.series].column.values[step]
                if !StepColumn.isAbsent(count) { buckets.append(.init(upperBound: bucket.upperBound, count: count)) }
            }
            if !buckets.isEmpty { column.values[step] = estimate(&buckets, step) }
        }
        return column
    }
}

/// Gathers over all steps where buckets had to be made monotonic: one note a metric.
private struct MonotonicityNotes {
    private struct Seen {
        var correction: ClassicBuckets.Correction
        var first: Timestamp
        var last: Timestamp
        var count: Int
    }
    private var seen: [String: Seen] = [:]

    mutating func add(_ correction: ClassicBuckets.Correction, metric: String, time: Timestamp) {
        guard var known = seen[metric] else {
            seen[metric] = Seen(correction: correction, first: time, last: time, count: 1)
            return
        }
        known.correction.lowestBound = min(known.correction.lowestBound, correction.lowestBound)
        known.correction.highestBound = max(known.correction.highestBound, correction.highestBound)
        known.correction.largestDrop = max(known.correction.largestDrop, correction.largestDrop)
        known.first = min(known.first, time)
        known.last = max(known.last, time)
        known.count += 1
        seen[metric] = known
    }

    var messages: [String] {
        seen.sorted { $0.key < $1.key }.map { metric, seen in
            "PromQL info: input to histogram_quantile needed to be fixed for monotonicity "
                + "(see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)"
                + (metric.isEmpty ? "" : " for metric name \(quoted(metric))")
                + ", from buckets \(FloatText.general(seen.correction.lowestBound)) to \(FloatText.general(seen.correction.highestBound))"
                + ", with a max diff of \(PrintedNumber.twoDigits(seen.correction.largestDrop)), over \(seen.count) samples "
                + "from \(time(seen.first)) to \(time(seen.last))"
        }
    }

    private func time(_ timestamp: Timestamp) -> String { RFC3339.text(CivilTime(seconds: Int(timestamp / 1000))) }
}
