internal import LabelMatching
internal import PromQL
internal import QueryModel
internal import TelemetryModel

/// Series in memory whose samples have their times in common, for queries that should not wait for storage.
struct CounterSource: SeriesSource {
    private let series: [LabelSet]
    private let times: [Timestamp]
    /// The samples of all series, one series after the other.
    private let values: [Double]

    init(series: [LabelSet], times: [Timestamp]) {
        var generator = SeededGenerator(seed: 6)
        var values: [Double] = []
        values.reserveCapacity(series.count * times.count)
        for _ in series.indices {
            var total = Double(generator.next() & 0xf_ffff)
            for _ in times.indices {
                total += Double(generator.next() & 0xff)
                values.append(total)
            }
        }
        self.series = series
        self.times = times
        self.values = values
    }

    func select(
        _ matchers: [LabelMatcher], in range: TimeRange, for use: SampleUse?, budget: QueryBudget
    ) throws(QueryError) -> any SelectedSeries {
        let first = times.firstIndex { $0 >= range.start } ?? times.count
        let last = times.lastIndex { $0 <= range.end } ?? -1
        let found = series.indices.filter { index in matchers.allSatisfy { $0.matches(series[index]) } }
        return Selection(source: self, found: found, part: first..<max(first, last + 1))
    }

    func labelNames(
        _ selectors: [LabelSelector], in range: TimeRange, limit: Int, budget: QueryBudget
    ) throws(QueryError) -> Annotated<[String]> { Annotated([]) }

    func labelValues(
        _ name: String, _ selectors: [LabelSelector], in range: TimeRange, limit: Int, budget: QueryBudget
    ) throws(QueryError) -> Annotated<[String]> { Annotated([]) }

    func series(
        _ selectors: [LabelSelector], in range: TimeRange, limit: Int, budget: QueryBudget
    ) throws(QueryError) -> Annotated<[LabelSet]> { Annotated(series) }

    private struct Selection: SelectedSeries {
        let source: CounterSource
        let found: [Int]
        let part: Range<Int>

        var count: Int { found.count }
        var annotations: QueryAnnotations { QueryAnnotations() }
        func labels(at index: Int) -> LabelSet { source.series[found[index]] }

        func read(_ index: Int, into columns: inout SampleColumns) throws(QueryError) {
            columns.removeAll()
            let start = found[index] * source.times.count
            columns.timestamps.append(contentsOf: source.times[part])
            columns.values.append(contentsOf: source.values[start + part.lowerBound..<start + part.upperBound])
        }
    }
}
