public import LabelMatching
public import PromQL
public import QueryModel
public import TelemetryModel

/// Series in memory, as a storage to query.
public struct MemorySource: SeriesSource {
    private var series: [LabelSet: SampleColumns] = [:]
    private var starts: [LabelSet: [StartRun]] = [:]

    public init() {}

    /// Adds a sample; a later one of the same time replaces it. Samples come in rising order of time.
    public mutating func append(_ labels: LabelSet, _ timestamp: Timestamp, _ value: PointValue) {
        var columns = series[labels, default: SampleColumns()]
        columns.histograms.removeAll { $0.timestamp == timestamp }
        let place = columns.timestamps.firstIndex { $0 >= timestamp } ?? columns.timestamps.count
        if place < columns.timestamps.count, columns.timestamps[place] == timestamp {
            columns.timestamps.remove(at: place)
            columns.values.remove(at: place)
        }
        switch value {
        case .float(let number):
            columns.timestamps.insert(timestamp, at: place)
            columns.values.insert(number, at: place)
        case .histogram(var histogram):
            histogram.resetHint = histogram.resetHint(after: columns.histogram(before: timestamp))
            let place = columns.histograms.firstIndex { $0.timestamp > timestamp } ?? columns.histograms.count
            columns.histograms.insert(HistogramSample(timestamp: timestamp, histogram: histogram), at: place)
        }
        series[labels] = columns
    }

    /// Adds the series of a `load` command.
    public mutating func load(_ command: LoadCommand) {
        var loaded = command.series
        if command.convertsClassicHistograms { loaded += convertedClassicHistograms(command.series) }
        for series in loaded {
            for (index, offset) in (series.starts ?? []).enumerated() {
                let time = Int64(index) * command.step
                guard let offset, time + offset != 0 else { continue }
                starts[series.labels, default: []].append(
                    StartRun(samples: TimeRange(start: time, end: time), start: time + offset))
            }
            for (index, point) in series.points.enumerated() {
                if let point { append(series.labels, Int64(index) * command.step, point.value) }
            }
        }
    }

    public mutating func clear() {
        series = [:]
        starts = [:]
    }

    private func found(_ matchers: [LabelMatcher], in range: TimeRange) -> [(labels: LabelSet, columns: SampleColumns)] {
        series.filter { entry in matchers.allSatisfy { $0.matches(entry.key) } }
            .map { ($0.key, $0.value.within(range)) }
            .filter { !$0.1.isEmpty }
            .sorted { $0.0 < $1.0 }
    }

    public func select(
        _ matchers: [LabelMatcher], in range: TimeRange, for use: SampleUse?, budget: QueryBudget
    ) throws(QueryError) -> any SelectedSeries {
        Selection(series: found(matchers, in: range), starts: starts)
    }

    private func matching(_ selectors: [LabelSelector], _ range: TimeRange) -> [LabelSet] {
        found([], in: range).map(\.labels).filter { labels in selectors.isEmpty || selectors.contains { $0.matches(labels) } }
    }

    public func labelNames(
        _ selectors: [LabelSelector], in range: TimeRange, limit: Int, budget: QueryBudget
    ) throws(QueryError) -> Annotated<[String]> {
        Annotated(Set(matching(selectors, range).flatMap { $0.map(\.name) }).sorted())
    }

    public func labelValues(
        _ name: String, _ selectors: [LabelSelector], in range: TimeRange, limit: Int, budget: QueryBudget
    ) throws(QueryError) -> Annotated<[String]> {
        Annotated(Set(matching(selectors, range).compactMap { $0[name] }).sorted())
    }

    public func series(
        _ selectors: [LabelSelector], in range: TimeRange, limit: Int, budget: QueryBudget
    ) throws(QueryError) -> Annotated<[LabelSet]> {
        Annotated(matching(selectors, range))
    }

    private struct Selection: SelectedSeries {
        let series: [(labels: LabelSet, columns: SampleColumns)]
        let starts: [LabelSet: [StartRun]]
        var count: Int { series.count }
        var annotations: QueryAnnotations { QueryAnnotations() }
        func labels(at index: Int) -> LabelSet { series[index].labels }
        func read(_ index: Int, into columns: inout SampleColumns) throws(QueryError) { columns = series[index].columns }
        func startRuns(of index: Int) throws(QueryError) -> [StartRun] { starts[series[index].labels] ?? [] }
    }
}

extension SampleColumns {
    /// The sample before a time, if it is a histogram.
    fileprivate func histogram(before time: Timestamp) -> NativeHistogram? {
        guard let last = histograms.last(where: { $0.timestamp < time }) else { return nil }
        let float = timestamps.last { $0 < time } ?? .min
        return float > last.timestamp ? nil : last.histogram
    }

    fileprivate func within(_ range: TimeRange) -> SampleColumns {
        var result = SampleColumns()
        for (timestamp, value) in zip(timestamps, values) where range.contains(timestamp) { result.append(timestamp, value) }
        result.histograms = histograms.filter { range.contains($0.timestamp) }
        return result
    }
}

/// Native histograms with custom buckets for the classic histograms among series.
private func convertedClassicHistograms(_ series: [NotedSeries]) -> [NotedSeries] {
    struct Parts {
        var buckets: [(bound: Double, count: Double)] = []
        var count: Double?
        var sum: Double?
    }
    var parts: [LabelSet: [Int: Parts]] = [:]
    for element in series {
        let name = element.labels.metricName ?? ""
        for suffix in ["_bucket", "_count", "_sum"] where name.hasSuffix(suffix) {
            let bound = element.labels[LabelName.bucketBound].flatMap { number($0) }
            if suffix == "_bucket" && (bound == nil || bound!.isNaN) { continue }
            let labels = element.labels.removing([LabelName.bucketBound])
                .setting(LabelName.metricName, String(name.dropLast(suffix.count)))
            for (index, point) in element.points.enumerated() {
                guard case .float(let value)? = point?.value, !StaleMarker.matches(value) else { continue }
                var part = parts[labels, default: [:]][index] ?? Parts()
                switch suffix {
                case "_bucket": part.buckets.append((bound!, value))
                case "_count": part.count = value
                default: part.sum = value
                }
                parts[labels, default: [:]][index] = part
            }
        }
    }
    return parts.map { labels, steps in
        var points = [NotedPoint?](repeating: nil, count: (steps.keys.max() ?? -1) + 1)
        for (index, part) in steps {
            var buckets = part.buckets.sorted { $0.bound < $1.bound }
            let total = part.count ?? buckets.last?.count ?? 0
            if buckets.last?.bound != .infinity { buckets.append((.infinity, total)) }
            var histogram = NativeHistogram(schema: NativeHistogram.customBucketsSchema, count: total, sum: part.sum ?? 0)
            histogram.customBounds = buckets.map(\.bound).filter { $0 != .infinity }
            var previous = 0.0
            for bucket in buckets {
                histogram.positiveBuckets.append(bucket.count - previous)
                previous = bucket.count
            }
            histogram.positiveSpans = [NativeHistogram.BucketSpan(offset: 0, length: UInt32(buckets.count))]
            points[index] = NotedPoint(value: .histogram(histogram.compacted()))
        }
        return NotedSeries(labels: labels, points: points)
    }
}
