internal import CivilCalendar
internal import LabelMatching
internal import MetricStorage
internal import PromQL
internal import QueryModel
internal import TelemetryModel

/// The metric storage as the query engine sees it.
struct MetricSeriesSource: SeriesSource {
    let storage: MetricStorage
    /// Told which metrics are asked for, if anybody wants to know.
    var queried: QueriedMetrics?

    var answersBriefly: Bool { true }

    func select(
        _ matchers: [LabelMatcher], in range: TimeRange, for use: SampleUse?, budget: QueryBudget
    ) throws(QueryError) -> any SelectedSeries {
        try budget.check()
        queried?.note(matchers, at: SystemClock.now())
        do throws(MetricStorageError) {
            return Selected(selection: try storage.select(matchers, in: range, for: use, effort: budget.effort))
        } catch {
            throw QueryError(error)
        }
    }

    func labelNames(
        _ selectors: [LabelSelector], in range: TimeRange, limit: Int, budget: QueryBudget
    ) throws(QueryError) -> Annotated<[String]> {
        try lookUp(budget) { notes throws(MetricStorageError) in
            try storage.labelNames(selectors, in: range, limit: limit, effort: budget.effort, notes: notes)
        }
    }

    func labelValues(
        _ name: String, _ selectors: [LabelSelector], in range: TimeRange, limit: Int, budget: QueryBudget
    ) throws(QueryError) -> Annotated<[String]> {
        try lookUp(budget) { notes throws(MetricStorageError) in
            try storage.labelValues(name, selectors, in: range, limit: limit, effort: budget.effort, notes: notes)
        }
    }

    func series(
        _ selectors: [LabelSelector], in range: TimeRange, limit: Int, budget: QueryBudget
    ) throws(QueryError) -> Annotated<[LabelSet]> {
        try lookUp(budget) { notes throws(MetricStorageError) in
            try storage.series(selectors, in: range, limit: limit, effort: budget.effort, notes: notes)
        }
    }

    private func lookUp<Value: Sendable>(
        _ budget: QueryBudget, _ body: (LookupNotes) throws(MetricStorageError) -> Value
    ) throws(QueryError) -> Annotated<Value> {
        try budget.check()
        let notes = LookupNotes()
        do throws(MetricStorageError) {
            let value = try body(notes)
            return Annotated(
                value, QueryAnnotations(warnings: notes.warnings, rollups: notes.rollupRanges.map { ($0.resolution, $0.range, false) }))
        } catch {
            throw QueryError(error)
        }
    }

    var dataVersion: UInt64? { storage.dataVersion }
    func newestChange(in range: TimeRange) -> UInt64 { storage.newestChange(in: range) }

    private struct Selected: SelectedSeries {
        let selection: MetricSelection

        var count: Int { selection.count }
        func labels(at index: Int) -> LabelSet { selection.labels(at: index) }

        func read(_ index: Int, into columns: inout SampleColumns) throws(QueryError) {
            do throws(MetricStorageError) { try selection.read(index, into: &columns) } catch { throw QueryError(error) }
        }

        func read(_ index: Int, into columns: inout SampleColumns, keeping memory: inout ReaderMemory) throws(QueryError) {
            var cursors = memory.kept as? PageCursors ?? PageCursors()
            // Held once only, so that what is in them is not copied.
            memory.kept = nil
            defer { memory.kept = cursors }
            do throws(MetricStorageError) { try selection.read(index, into: &columns, keeping: &cursors) } catch { throw QueryError(error) }
        }

        func startRuns(of index: Int) throws(QueryError) -> [StartRun] {
            do throws(MetricStorageError) { return try selection.startRuns(of: index) } catch { throw QueryError(error) }
        }

        var annotations: QueryAnnotations { QueryAnnotations(warnings: selection.warnings, rollups: selection.rollupRanges) }

        var countsAsValues: Bool { selection.countsAsValues }

        var reading: SelectionReading? {
            let statistics = selection.statistics
            return SelectionReading(
                headSeries: statistics.headSeries,
                shards: statistics.shards.map { .init(day: $0.day, series: $0.series, pages: $0.pages, bytes: $0.bytes) })
        }
    }
}

extension QueryAnnotations {
    /// What storage has to say of an answer: gaps, and where rollups stood for samples.
    fileprivate init(warnings: [String], rollups: [(resolution: RollupResolution, range: TimeRange, isExact: Bool)]) {
        self.init()
        for warning in warnings { add(QueryAnnotation(.warning, warning)) }
        // One line for each resolution, however many pieces of time it spoke for.
        for resolution in RollupResolution.allCases {
            let same = rollups.filter { $0.resolution == resolution }
            guard let first = same.first, let last = same.last else { continue }
            let (start, end) = (CivilTime(milliseconds: first.range.start), CivilTime(milliseconds: last.range.end))
            let result = first.isExact ? "the result is the same" : "the samples are gone, the result is as fine as \(resolution.name)"
            add(
                QueryAnnotation(
                    .info,
                    "PromQL info: rollups of \(resolution.name) were read between \(RFC3339.text(start)) and \(RFC3339.text(end)): \(result)"
                ))
        }
    }
}

extension QueryError {
    init(_ error: MetricStorageError) { self.init(error.code == .tooMuch ? .notBrief : .storage, error.message) }
}

extension QueryBudget {
    /// What storage may do within the budget.
    fileprivate var effort: LookupEffort { isBrief ? .brief : .full }
}
