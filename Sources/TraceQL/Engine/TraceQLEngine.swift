public import QueryModel

/// Settings of the engine that hold for all queries.
public struct TraceEngineOptions: Sendable {
    /// How many threads one query may use at a time. Answers do not depend on it.
    public var threadsPerQuery = 1
    /// The most samples of one series.
    public var samplesPerSeriesMax = 11_000

    public init() {}
}

/// Parses and evaluates TraceQL. Stateless: any number of queries may run at once. Runs on the calling thread until done;
/// ``QueryBudget/cancel()`` and ``QueryBudget/expire()`` stop it.
public struct TraceQLEngine: Sendable {
    public let options: TraceEngineOptions

    public init(options: TraceEngineOptions = TraceEngineOptions()) { self.options = options }

    /// Parses and checks a query.
    ///
    /// - Throws: ``QueryError`` with code `badInput`; the message says line and column.
    public func parse(_ text: String) throws(QueryError) -> TraceQuery { try TraceQLParser().parse(text) }

    /// The query that says what the older parameters of a search say.
    ///
    /// - Parameters:
    ///   - tags: pairs `name=value` with spaces between (logfmt); a value with spaces stands in double quotes.
    ///   - minDuration, maxDuration: such as `200ms`; nil or empty for none.
    /// - Throws: ``QueryError`` with code `badInput`.
    public func parse(tags: String, minDuration: String?, maxDuration: String?) throws(QueryError) -> TraceQuery {
        try TagSearch.query(tags: tags, minDuration: minDuration, maxDuration: maxDuration)
    }

    /// Finds traces.
    ///
    /// - Throws: ``QueryError``: `badInput` where the query is a metrics query, `execution` where the data do not allow an answer, the codes
    ///   of the budget, and whatever the source throws.
    public func search(
        _ query: TraceQuery, _ search: SearchOptions, source: any SpanSource, budget: QueryBudget
    ) throws(QueryError) -> SearchResult {
        guard case .search(let stages) = query.root else {
            throw QueryError(.badInput, "this is a metrics query: ask for it as metrics, or leave out what stands behind the spans")
        }
        return try SearchEvaluation(
            stages: stages, options: search, isMostRecent: query.flag("most_recent") ?? search.mostRecent, budget: budget,
            threads: options.threadsPerQuery
        ).run(source)
    }

    /// Evaluates a metrics query at every step of a range. The range is widened to whole steps as Tempo widens it.
    ///
    /// - Throws: as ``search(_:_:source:budget:)`` does.
    public func metricsRange(
        _ query: TraceQuery, _ metrics: MetricsOptions, source: any SpanSource, budget: QueryBudget
    ) throws(QueryError) -> MetricsResult {
        let step = metrics.step > 0 ? metrics.step : TraceQLEngine.defaultStep(for: metrics.range)
        let grid = try IntervalGrid(range: metrics.range, step: step, countMax: options.samplesPerSeriesMax)
        return try evaluate(query, metrics, grid, exemplarsMax: exemplarsMax(query, metrics), source, budget)
    }

    private func exemplarsMax(_ query: TraceQuery, _ metrics: MetricsOptions) -> Int {
        if let count = query.int("exemplars") { return min(max(count, 0), TraceQLEngine.exemplarsMax) }
        if query.flag("exemplars") == false { return 0 }
        return min(max(metrics.exemplarsMax, 0), TraceQLEngine.exemplarsMax)
    }

    private static let exemplarsMax = 10_000

    private func evaluate(
        _ query: TraceQuery, _ metrics: MetricsOptions, _ grid: IntervalGrid, exemplarsMax: Int, _ source: any SpanSource,
        _ budget: QueryBudget
    ) throws(QueryError) -> MetricsResult {
        guard case .metrics(let expression) = query.root else {
            throw QueryError(.badInput, "this is no metrics query: put a function such as | rate() behind it, or ask for it as a search")
        }
        return try MetricsEvaluation(
            expression: expression, grid: grid, exemplarsMax: exemplarsMax, seriesMax: metrics.seriesMax,
            budget: budget,
            threads: options.threadsPerQuery
        ).run(source)
    }

    /// Evaluates a metrics query over a range as a whole.
    ///
    /// - Throws: as ``search(_:_:source:budget:)`` does.
    public func metricsInstant(
        _ query: TraceQuery, _ metrics: MetricsOptions, source: any SpanSource, budget: QueryBudget
    ) throws(QueryError) -> MetricsResult {
        try evaluate(query, metrics, IntervalGrid(instant: metrics.range), exemplarsMax: 0, source, budget)
    }

    /// The names that spans have values for, by scope.
    ///
    /// - Parameter scope: nil for all scopes.
    public func tagNames(
        _ scope: TagScope?, _ tags: TagOptions, source: any SpanSource, budget: QueryBudget
    ) throws(QueryError) -> [TagNames] {
        try TagEvaluation(tags, source: source, budget: budget, threads: options.threadsPerQuery).names(scope)
    }

    /// The values that a field has, each once, sorted.
    ///
    /// - Parameter field: as in a query: `resource.service.name`, `.http.method`, `name`, `span:status`.
    /// - Throws: `badInput` where the field is none, beside the codes of ``search(_:_:source:budget:)``.
    public func tagValues(
        _ field: String, _ tags: TagOptions, source: any SpanSource, budget: QueryBudget
    ) throws(QueryError) -> [TagValue] {
        let field = try TraceQLParser().parseField(field)
        return try TagEvaluation(tags, source: source, budget: budget, threads: options.threadsPerQuery).values(field)
    }

    /// The step of a range query that names none: about 240 samples, of a round length.
    public static func defaultStep(for range: NanosecondRange) -> UInt64 {
        let length = range.end > range.start ? range.end - range.start : 0
        let wanted = length / 240
        func rounded(to unit: UInt64) -> UInt64 { wanted > unit ? wanted / unit * unit : 0 }
        let second: UInt64 = 1_000_000_000
        if length < 60 * second { return max(rounded(to: second / 20), second / 20) }
        for unit: UInt64 in [3600, 300, 60, 15, 5] where wanted > unit * second { return rounded(to: unit * second) }
        return max(rounded(to: second), second)
    }
}
