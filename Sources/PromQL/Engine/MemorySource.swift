public import LabelMatching
public import QueryModel
public import TelemetryModel

/// Series in memory, as a storage to query: for tests of rules, for rules over history, and for tests of the engine.
///
/// A value: a selection keeps what it found, whatever is added afterwards.
public struct MemorySource: SeriesSource {
    private var places: [LabelSet: Int] = [:]
    private var all: [Series] = []
    private var placesByName: [String: [Int]] = [:]

    fileprivate struct Series: Sendable {
        let labels: LabelSet
        var columns = SampleColumns()
        var starts: [StartRun] = []
    }

    public init() {}

    /// The number of series.
    public var count: Int { all.count }

    /// Adds a sample; a later one of the same time replaces it. O(1) where samples of a series come in rising order of time.
    public mutating func append(_ labels: LabelSet, _ timestamp: Timestamp, _ value: PointValue) {
        all[place(of: labels)].columns.insert(timestamp, value)
    }

    /// Says when samples of a series began to be counted.
    public mutating func addStarts(_ labels: LabelSet, _ run: StartRun) { all[place(of: labels)].starts.append(run) }

    public mutating func clear() { self = MemorySource() }

    private mutating func place(of labels: LabelSet) -> Int {
        if let place = places[labels] { return place }
        places[labels] = all.count
        placesByName[labels.metricName ?? "", default: []].append(all.count)
        all.append(Series(labels: labels))
        return all.count - 1
    }

    // MARK: Selecting

    private func found(_ matchers: [LabelMatcher], in range: TimeRange) -> [Series] {
        let name = matchers.first { $0.name == LabelName.metricName && $0.operator == .equal }?.value
        var found: [Series] = []
        func check(_ series: Series) {
            guard series.columns.hasSamples(in: range), matchers.allSatisfy({ $0.matches(series.labels) }) else { return }
            found.append(series)
        }
        if let name { for place in placesByName[name] ?? [] { check(all[place]) } } else { all.forEach(check) }
        return found.sorted { $0.labels < $1.labels }
    }

    public func select(
        _ matchers: [LabelMatcher], in range: TimeRange, for use: SampleUse?, budget: QueryBudget
    ) throws(QueryError) -> any SelectedSeries {
        Selection(series: found(matchers, in: range), range: range)
    }

    private func matching(_ selectors: [LabelSelector], _ range: TimeRange) -> [LabelSet] {
        found([], in: range).map(\.labels).filter { labels in selectors.isEmpty || selectors.contains { $0.matches(labels) } }
    }

    public func labelNames(
        _ selectors: [LabelSelector], in range: TimeRange, limit: Int, budget: QueryBudget
    ) throws(QueryError) -> Annotated<[String]> {
        Annotated(Array(Set(matching(selectors, range).flatMap { $0.map(\.name) }).sorted().prefix(max(0, limit))))
    }

    public func labelValues(
        _ name: String, _ selectors: [LabelSelector], in range: TimeRange, limit: Int, budget: QueryBudget
    ) throws(QueryError) -> Annotated<[String]> {
        Annotated(Array(Set(matching(selectors, range).compactMap { $0[name] }).sorted().prefix(max(0, limit))))
    }

    public func series(
        _ selectors: [LabelSelector], in range: TimeRange, limit: Int, budget: QueryBudget
    ) throws(QueryError) -> Annotated<[LabelSet]> {
        Annotated(Array(matching(selectors, range).prefix(max(0, limit))))
    }

    private struct Selection: SelectedSeries {
        let series: [Series]
        let range: TimeRange
        var count: Int { series.count }
        var annotations: QueryAnnotations { QueryAnnotations() }
        func labels(at index: Int) -> LabelSet { series[index].labels }

        func read(_ index: Int, into columns: inout SampleColumns) throws(QueryError) {
            columns = series[index].columns.within(range)
        }

        func startRuns(of index: Int) throws(QueryError) -> [StartRun] { series[index].starts }
    }
}

extension SampleColumns {
    fileprivate mutating func insert(_ timestamp: Timestamp, _ value: PointValue) {
        let floatPlace = timestamps.firstPlace(notBefore: timestamp)
        let histogramPlace = firstHistogram(notBefore: timestamp)
        if floatPlace < timestamps.count, timestamps[floatPlace] == timestamp {
            timestamps.remove(at: floatPlace)
            values.remove(at: floatPlace)
        }
        if histogramPlace < histograms.count, histograms[histogramPlace].timestamp == timestamp { histograms.remove(at: histogramPlace) }
        switch value {
        case .float(let number):
            timestamps.insert(timestamp, at: floatPlace)
            values.insert(number, at: floatPlace)
        case .histogram(var histogram):
            let previous = histogramPlace > 0 ? histograms[histogramPlace - 1] : nil
            let isNeighbour = previous.map { floatPlace == 0 || timestamps[floatPlace - 1] <= $0.timestamp } ?? false
            histogram.resetHint = histogram.resetHint(after: isNeighbour ? previous?.histogram : nil)
            histograms.insert(HistogramSample(timestamp: timestamp, histogram: histogram), at: histogramPlace)
        }
    }

    private func firstHistogram(notBefore time: Timestamp) -> Int {
        if let last = histograms.last, last.timestamp < time { return histograms.count }
        return histograms.firstIndex { $0.timestamp >= time } ?? histograms.count
    }

    fileprivate func hasSamples(in range: TimeRange) -> Bool {
        let float = timestamps.firstPlace(notBefore: range.start)
        if float < timestamps.count, timestamps[float] <= range.end { return true }
        let histogram = firstHistogram(notBefore: range.start)
        return histogram < histograms.count && histograms[histogram].timestamp <= range.end
    }

    fileprivate func within(_ range: TimeRange) -> SampleColumns {
        var result = SampleColumns()
        let start = timestamps.firstPlace(notBefore: range.start)
        let end = range.end == .max ? timestamps.count : timestamps.firstPlace(notBefore: range.end + 1)
        if start < end {
            result.timestamps = Array(timestamps[start..<end])
            result.values = Array(values[start..<end])
        }
        result.histograms = histograms.filter { range.contains($0.timestamp) }
        return result
    }
}

extension [Timestamp] {
    /// The place of the first time that is not before another, in rising times.
    fileprivate func firstPlace(notBefore time: Timestamp) -> Int {
        if let last, last < time { return count }
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < time { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
