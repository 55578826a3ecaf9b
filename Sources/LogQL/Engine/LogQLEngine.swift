public import LabelMatching
public import QueryModel
public import TelemetryModel

/// Settings of the engine that hold for all queries.
public struct LogEngineOptions: Sendable {
    /// How many threads one query may use at a time. Answers do not depend on it.
    public var threadsPerQuery = 1
    /// The most series of an answer (Loki: `max_query_series`).
    public var seriesMax = 10_000
    /// The most samples of one series.
    public var samplesPerSeriesMax = 11_000

    public init() {}
}

/// Parses and evaluates LogQL. Stateless: any number of queries may run at once. Runs on the calling thread until done;
/// ``QueryBudget/cancel()`` and ``QueryBudget/expire()`` stop it.
public struct LogQLEngine: Sendable {
    public let options: LogEngineOptions

    public init(options: LogEngineOptions = LogEngineOptions()) { self.options = options }

    /// Parses and checks a query.
    ///
    /// - Throws: ``QueryError`` with code `badInput`; the message says line and column.
    public func parse(_ text: String) throws(QueryError) -> LogQuery { try LogQLParser().parse(text) }

    /// A thread that others wait for does not wait for further ones.
    private func threads(_ budget: QueryBudget) -> Int { budget.isBrief ? 1 : options.threadsPerQuery }

    // MARK: Queries

    /// Finds log lines.
    ///
    /// - Throws: ``QueryError``: `badInput` where the query asks for numbers or a stage has no meaning, the codes of the budget, and whatever
    ///   the source throws.
    public func logs(
        _ query: LogQuery, _ logs: LogOptions, source: any LogSource, budget: QueryBudget
    ) throws(QueryError) -> LogResult {
        guard case .logs(let selector) = query.root else {
            throw QueryError(.badInput, "this is a metric query: ask for it as one, or ask for the lines of a selector")
        }
        let plan = try PipelinePlan(selector.stages)
        return try LogEvaluation(
            selector: selector, plan: plan, options: logs, budget: budget, threads: threads(budget)
        ).run(source)
    }

    /// Evaluates a metric query at every step of a range: a matrix.
    ///
    /// - Throws: ``QueryError``: `badInput` where the query asks for lines or a stage has no meaning, `execution` where the data do not allow
    ///   an answer (such as Loki's `pipeline error: …`), the codes of the budget, and whatever the source throws.
    public func range(
        _ query: LogQuery, _ times: RangeOptions, source: any LogSource, budget: QueryBudget
    ) throws(QueryError) -> MetricAnswer {
        let grid = try StepGrid(times, countMax: options.samplesPerSeriesMax)
        return try evaluation(query, grid, source, budget).range()
    }

    /// Evaluates a metric query at one time: a vector, or a scalar where the query is a number.
    ///
    /// - Parameter time: nanoseconds since 1970.
    /// - Throws: as ``range(_:_:source:budget:)`` does. That of a query for lines is worded as Loki's.
    public func instant(_ query: LogQuery, time: Int64, source: any LogSource, budget: QueryBudget) throws(QueryError) -> MetricAnswer {
        if case .logs = query.root {
            throw QueryError(
                .badInput, "log queries are not supported as an instant query type, please change your query to a range query type")
        }
        return try evaluation(query, StepGrid(instant: time), source, budget).instant()
    }

    private func evaluation(
        _ query: LogQuery, _ grid: StepGrid, _ source: any LogSource, _ budget: QueryBudget
    ) throws(QueryError) -> MetricEvaluation {
        guard case .metric(let expression) = query.root else {
            throw QueryError(.badInput, "this asks for log lines: ask for it as such, or wrap it in a function such as count_over_time")
        }
        return MetricEvaluation(expression: expression, grid: grid, options: options, source: source, budget: budget)
    }

    // MARK: What there is

    /// The streams that match any of some selectors and may have entries in a range of time, each once, sorted.
    ///
    /// - Parameters:
    ///   - selectors: none for all streams.
    ///   - start, end: nanoseconds since 1970; `end` is exclusive.
    public func streams(
        _ selectors: [[LabelMatcher]], start: Int64, end: Int64, source: any LogSource, budget: QueryBudget
    ) throws(QueryError) -> [LabelSet] {
        var found: Set<LabelSet> = []
        for matchers in selectors.isEmpty ? [[]] : selectors {
            found.formUnion(try source.streams(LogSelection(matchers: matchers, start: start, end: end), budget: budget))
        }
        return found.sorted()
    }

    /// The names of the labels of the streams that match, each once, sorted by bytes.
    public func labelNames(
        _ matchers: [LabelMatcher], start: Int64, end: Int64, source: any LogSource, budget: QueryBudget
    ) throws(QueryError) -> [String] {
        var names: Set<String> = []
        for stream in try source.streams(LogSelection(matchers: matchers, start: start, end: end), budget: budget) {
            for label in stream { names.insert(label.name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// The values of a label among the streams that match, each once, sorted by bytes.
    public func labelValues(
        _ name: String, _ matchers: [LabelMatcher], start: Int64, end: Int64, source: any LogSource, budget: QueryBudget
    ) throws(QueryError) -> [String] {
        var values: Set<String> = []
        for stream in try source.streams(LogSelection(matchers: matchers, start: start, end: end), budget: budget) {
            if let value = stream[name] { values.insert(value) }
        }
        return values.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// How much there is of the streams that match.
    public func statistics(
        _ matchers: [LabelMatcher], start: Int64, end: Int64, source: any LogSource, budget: QueryBudget
    ) throws(QueryError) -> IndexStatistics {
        try VolumeEvaluation(matchers: matchers, start: start, end: end, budget: budget, threads: threads(budget))
            .statistics(source)
    }

    /// The bytes of lines by streams or labels, the most first.
    public func volume(_ volume: VolumeOptions, source: any LogSource, budget: QueryBudget) throws(QueryError) -> [Volume] {
        try VolumeEvaluation(
            matchers: volume.matchers, start: volume.start, end: volume.end, budget: budget, threads: threads(budget)
        ).volumes(volume, stepNanoseconds: nil, source)
    }

    /// The same for each step of the range; the series with the most bytes as a whole, sorted by labels. Samples stand at the starts of steps.
    ///
    /// - Parameter stepNanoseconds: at least 1 ms.
    public func volumeRange(
        _ volume: VolumeOptions, stepNanoseconds: Int64, source: any LogSource, budget: QueryBudget
    ) throws(QueryError) -> [MatrixSeries] {
        let step = max(stepNanoseconds, 1_000_000)
        let (length, overflowed) = volume.end.subtractingReportingOverflow(volume.start)
        if overflowed || length / step > options.samplesPerSeriesMax {
            throw QueryError(.badInput, "more than \(options.samplesPerSeriesMax) steps: widen the step or narrow the range")
        }
        return try VolumeEvaluation(
            matchers: volume.matchers, start: volume.start, end: volume.end, budget: budget, threads: threads(budget)
        ).volumes(volume, stepNanoseconds: step, source).map { MatrixSeries(labels: $0.labels, samples: $0.samples) }
            .sorted { $0.labels < $1.labels }
    }
}
