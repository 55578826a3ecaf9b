internal import LabelMatching
internal import MetricStorage
internal import PromQL
internal import QueryModel
internal import Synchronization
internal import TelemetryModel

/// A year of 500 series, a sample a minute, kept as samples for 30 days, as rollups of five minutes for 90 days and of an hour for two years: how
/// large the files are, and how long queries over the whole year take in a storage that was just opened, and again.
struct YearBenchmark {
    private static let days = 365
    private static let seriesCount = 500
    private static let intervalMilliseconds: Timestamp = 60_000
    private static let dayMilliseconds: Timestamp = 86_400_000

    private final class Clock: Sendable {
        /// A midnight (UTC).
        private let time = Atomic<Timestamp>(1_758_499_200_000)
        var now: Timestamp { time.load(ordering: .relaxed) }
        func advance(by milliseconds: Timestamp) { time.add(milliseconds, ordering: .relaxed) }
    }

    private static let queries = [
        "sum(increase(http_requests_total[1d]))", "sum by (job) (rate(http_requests_total[1d]))",
        "max by (job) (max_over_time(http_requests_total[1d]))", "avg_over_time(http_requests_total{pod=\"pod-0-0\"}[1d])",
    ]

    func run() throws {
        let directory = try ScratchDirectory()
        defer { directory.remove() }
        let clock = Clock()
        let start = clock.now
        try fill(directory.path, clock)
        let storage = try open(directory.path, clock)
        let statistics = storage.statistics
        var sizes = Table("a year of \(YearBenchmark.seriesCount) series, a sample a minute", "files", "MB")
        sizes.add("samples of 30 days", String(statistics.shards), shown(Double(statistics.shardBytes) / 1e6, digits: 2))
        sizes.add("rollups", String(statistics.rollupShards), shown(Double(statistics.rollupBytes) / 1e6, digits: 2))
        sizes.print()
        try storage.close()
        var table = Table("over the whole year, a step a day", "just opened, ms", "again, ms", "points", "notes")
        for query in YearBenchmark.queries { try measure(query, start, directory.path, clock, &table) }
        table.print()
    }

    private func open(_ path: String, _ clock: Clock) throws -> MetricStorage {
        var options = MetricStorageOptions()
        options.runsInBackground = false
        return try MetricStorage(directory: path, options: options) { clock.now }
    }

    private func fill(_ path: String, _ clock: Clock) throws {
        let storage = try open(path, clock)
        let series = Fleet.series(YearBenchmark.seriesCount)
        var references = [SeriesReference](repeating: .unknown, count: series.count)
        var values = [Double](repeating: 0, count: series.count)
        var generator = SeededGenerator(seed: 9)
        var batch = MetricBatch()
        for _ in 0..<YearBenchmark.days {
            for _ in 0..<YearBenchmark.dayMilliseconds / YearBenchmark.intervalMilliseconds {
                clock.advance(by: YearBenchmark.intervalMilliseconds)
                batch.removeAll()
                for index in series.indices {
                    values[index] += Double(generator.next() & 0xff)
                    batch.beginSeries(references[index], packed: series[index].packed)
                    batch.append(timestamp: clock.now, value: values[index])
                }
                references = try storage.append(batch).references
            }
            try storage.flush()
        }
        try storage.close()
    }

    private func measure(_ query: String, _ start: Timestamp, _ path: String, _ clock: Clock, _ table: inout Table) throws {
        let began = ContinuousClock.now
        let storage = try open(path, clock)
        let engine = QueryEngine(options: EngineOptions())
        let source = StorageSource(storage: storage)
        func evaluate() throws -> (points: Int, notes: Int) {
            let day = YearBenchmark.dayMilliseconds
            let result = try engine.evaluate(
                try engine.parse(query), times: .range(start: start + day, end: clock.now, stepMilliseconds: day), source: source,
                budget: QueryBudget())
            guard case .matrix(let matrix) = result.value else { return (0, 0) }
            return (matrix.reduce(0) { $0 + $1.samples.count }, result.annotations.all.count)
        }
        let (points, notes) = try evaluate()
        let first = (ContinuousClock.now - began).seconds
        let again = ContinuousClock.now
        _ = try evaluate()
        let second = (ContinuousClock.now - again).seconds
        try storage.close()
        table.add("`\(query)`", shown(first * 1000, digits: 0), shown(second * 1000, digits: 0), String(points), String(notes))
    }
}

/// The metric storage as the query engine sees it, as the server puts it.
private struct StorageSource: SeriesSource {
    let storage: MetricStorage

    func select(
        _ matchers: [LabelMatcher], in range: TimeRange, for use: SampleUse?, budget: QueryBudget
    ) throws(QueryError) -> any SelectedSeries {
        do { return Selected(selection: try storage.select(matchers, in: range, for: use)) } catch {
            throw QueryError(.storage, error.message)
        }
    }

    func labelNames(
        _ selectors: [LabelSelector], in range: TimeRange, limit: Int, budget: QueryBudget
    ) throws(QueryError) -> Annotated<[String]> { Annotated([]) }

    func labelValues(
        _ name: String, _ selectors: [LabelSelector], in range: TimeRange, limit: Int, budget: QueryBudget
    ) throws(QueryError) -> Annotated<[String]> { Annotated([]) }

    func series(
        _ selectors: [LabelSelector], in range: TimeRange, limit: Int, budget: QueryBudget
    ) throws(QueryError) -> Annotated<[LabelSet]> { Annotated([]) }

    private struct Selected: SelectedSeries {
        let selection: MetricSelection

        var count: Int { selection.count }
        var countsAsValues: Bool { selection.countsAsValues }
        var annotations: QueryAnnotations {
            var annotations = QueryAnnotations()
            for range in selection.rollupRanges { annotations.add(QueryAnnotation(.info, "rollups of \(range.resolution.name)")) }
            return annotations
        }
        func labels(at index: Int) -> LabelSet { selection.labels(at: index) }
        func read(_ index: Int, into columns: inout SampleColumns) throws(QueryError) {
            do { try selection.read(index, into: &columns) } catch { throw QueryError(.storage, error.message) }
        }
    }
}
