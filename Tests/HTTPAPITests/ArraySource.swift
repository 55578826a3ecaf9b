internal import LabelMatching
internal import PromQL
internal import QueryModel
internal import Synchronization
internal import TelemetryModel

/// Series in memory.
struct ArraySource: SeriesSource {
    var series: [MatrixSeries]
    var answersBriefly = true

    init(_ series: [(LabelSet, [(Timestamp, Double)])]) {
        self.series = series.map { labels, samples in
            var columns = SampleColumns()
            for (time, value) in samples { columns.append(time, value) }
            return MatrixSeries(labels: labels, samples: columns)
        }
    }

    func select(
        _ matchers: [LabelMatcher], in range: TimeRange, for use: SampleUse?, budget: QueryBudget
    ) throws(QueryError) -> any SelectedSeries {
        let selector = LabelSelector(matchers)
        return ArraySelection(series: series.filter { selector.matches($0.labels) }, range: range)
    }

    func labelNames(
        _ selectors: [LabelSelector], in range: TimeRange, limit: Int, budget: QueryBudget
    ) throws(QueryError) -> Annotated<[String]> {
        Annotated(Set(try self.series(selectors, in: range, limit: .max, budget: budget).value.flatMap { $0.map(\.name) }).sorted())
    }

    func labelValues(
        _ name: String, _ selectors: [LabelSelector], in range: TimeRange, limit: Int, budget: QueryBudget
    ) throws(QueryError) -> Annotated<[String]> {
        Annotated(Set(try self.series(selectors, in: range, limit: .max, budget: budget).value.compactMap { $0[name] }).sorted())
    }

    func series(
        _ selectors: [LabelSelector], in range: TimeRange, limit: Int, budget: QueryBudget
    ) throws(QueryError) -> Annotated<[LabelSet]> {
        let found = series.filter { one in
            let isSelected = selectors.isEmpty || selectors.contains { $0.matches(one.labels) }
            let times = one.samples.timestamps + one.samples.histograms.map(\.timestamp)
            return isSelected && times.contains { range.contains($0) }
        }
        return Annotated(found.map(\.labels).sorted())
    }
}

private struct ArraySelection: SelectedSeries {
    let series: [MatrixSeries]
    let range: TimeRange

    var count: Int { series.count }
    var annotations: QueryAnnotations { QueryAnnotations() }
    func labels(at index: Int) -> LabelSet { series[index].labels }

    func read(_ index: Int, into columns: inout SampleColumns) throws(QueryError) {
        columns.removeAll()
        let samples = series[index].samples
        for (time, value) in zip(samples.timestamps, samples.values) where range.contains(time) { columns.append(time, value) }
        columns.histograms = samples.histograms.filter { range.contains($0.timestamp) }
    }
}

/// A source whose selections last until they are stopped; it remembers how they were.
final class EndlessSource: SeriesSource {
    private let stops = Mutex<[QueryError.Code]>([])
    private let started = Atomic<Int>(0)

    /// How selections were stopped so far.
    var stopCodes: [QueryError.Code] { stops.withLock { $0 } }
    var startedCount: Int { started.load(ordering: .sequentiallyConsistent) }

    private func wait(_ budget: QueryBudget) throws(QueryError) {
        started.add(1, ordering: .sequentiallyConsistent)
        while true {
            do throws(QueryError) {
                try budget.check()
            } catch {
                stops.withLock { $0.append(error.code) }
                throw error
            }
        }
    }

    func select(
        _ matchers: [LabelMatcher], in range: TimeRange, for use: SampleUse?, budget: QueryBudget
    ) throws(QueryError) -> any SelectedSeries {
        try wait(budget)
        return ArraySelection(series: [], range: range)
    }

    func labelNames(
        _ selectors: [LabelSelector], in range: TimeRange, limit: Int, budget: QueryBudget
    ) throws(QueryError) -> Annotated<[String]> {
        try wait(budget)
        return Annotated([])
    }

    func labelValues(
        _ name: String, _ selectors: [LabelSelector], in range: TimeRange, limit: Int, budget: QueryBudget
    ) throws(QueryError) -> Annotated<[String]> { Annotated([]) }

    func series(
        _ selectors: [LabelSelector], in range: TimeRange, limit: Int, budget: QueryBudget
    ) throws(QueryError) -> Annotated<[LabelSet]> { Annotated([]) }
}
