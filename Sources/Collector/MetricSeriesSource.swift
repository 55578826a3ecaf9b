internal import LabelMatching
internal import MetricStorage
internal import PromQL
internal import QueryModel
internal import TelemetryModel

/// The metric storage as the query engine sees it.
struct MetricSeriesSource: SeriesSource {
    let storage: MetricStorage

    var answersBriefly: Bool { true }

    func select(_ matchers: [LabelMatcher], in range: TimeRange, budget: QueryBudget) throws(QueryError) -> any SelectedSeries {
        try budget.check()
        do throws(MetricStorageError) { return Selected(selection: try storage.select(matchers, in: range, effort: budget.effort)) } catch {
            throw QueryError(error)
        }
    }

    func labelNames(_ selectors: [LabelSelector], in range: TimeRange, limit: Int, budget: QueryBudget) throws(QueryError) -> [String] {
        try budget.check()
        do throws(MetricStorageError) { return try storage.labelNames(selectors, in: range, limit: limit, effort: budget.effort) } catch {
            throw QueryError(error)
        }
    }

    func labelValues(
        _ name: String, _ selectors: [LabelSelector], in range: TimeRange, limit: Int, budget: QueryBudget
    ) throws(QueryError) -> [String] {
        try budget.check()
        do throws(MetricStorageError) {
            return try storage.labelValues(name, selectors, in: range, limit: limit, effort: budget.effort)
        } catch {
            throw QueryError(error)
        }
    }

    func series(_ selectors: [LabelSelector], in range: TimeRange, limit: Int, budget: QueryBudget) throws(QueryError) -> [LabelSet] {
        try budget.check()
        do throws(MetricStorageError) { return try storage.series(selectors, in: range, limit: limit, effort: budget.effort) } catch {
            throw QueryError(error)
        }
    }

    private struct Selected: SelectedSeries {
        let selection: MetricSelection

        var count: Int { selection.count }
        func labels(at index: Int) -> LabelSet { selection.labels(at: index) }

        func read(_ index: Int, into columns: inout SampleColumns) throws(QueryError) {
            do throws(MetricStorageError) { try selection.read(index, into: &columns) } catch { throw QueryError(error) }
        }

        func startRuns(of index: Int) throws(QueryError) -> [StartRun] {
            do throws(MetricStorageError) { return try selection.startRuns(of: index) } catch { throw QueryError(error) }
        }

        var annotations: QueryAnnotations {
            var annotations = QueryAnnotations()
            for warning in selection.warnings { annotations.add(QueryAnnotation(.warning, warning)) }
            return annotations
        }

        var reading: SelectionReading? {
            let statistics = selection.statistics
            return SelectionReading(
                headSeries: statistics.headSeries,
                shards: statistics.shards.map { .init(day: $0.day, series: $0.series, pages: $0.pages, bytes: $0.bytes) })
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
