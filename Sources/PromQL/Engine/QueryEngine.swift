public import QueryModel
public import TelemetryModel

/// Settings of the engine that hold for all queries.
public struct EngineOptions: Sendable {
    /// How far back an instant selector looks for a sample; milliseconds.
    public var lookbackMilliseconds: Int64 = 300_000
    /// The step of subqueries that give none; milliseconds (Prometheus: `global.evaluation_interval`).
    public var defaultStepMilliseconds: Int64 = 60_000
    public var features: LanguageFeatures = []
    /// How many threads one query may use at a time where it reads many series. Answers do not depend on it.
    public var threadsPerQuery = 1
    /// Whether a query may ask for its samples by step (feature `promql-per-step-stats`).
    public var allowsStepStatistics = false

    public init() {}
}

/// When a query is evaluated.
public enum EvaluationTimes: Sendable, Hashable {
    case instant(Timestamp)
    /// Both ends inclusive; step at least 1 ms.
    case range(start: Timestamp, end: Timestamp, stepMilliseconds: Int64)
}

extension EvaluationTimes {
    /// The same times, moved away from the ends of what a timestamp can say, so that arithmetic with ranges and offsets stays within it.
    /// That is more than a hundred million years from 1970; nothing is stored there.
    fileprivate var clamped: EvaluationTimes {
        switch self {
        case .instant(let time): .instant(time.clamped)
        case .range(let start, let end, let step): .range(start: start.clamped, end: end.clamped, stepMilliseconds: step)
        }
    }
}

extension Timestamp {
    /// The nearest time with which the evaluator can reckon.
    var clamped: Timestamp { Swift.min(Swift.max(self, -4_000_000_000_000_000_000), 4_000_000_000_000_000_000) }
}

extension StepGrid {
    /// Refuses a grid whose columns alone would take more than the query may hold.
    func checkLength(_ budget: QueryBudget) throws(QueryError) {
        if count > Swift.max(budget.samplesMax, 11_000) { throw QueryBudget.tooManySamples }
    }
}

extension QueryBudget {
    fileprivate static var tooManySamples: QueryError {
        QueryError(.tooManySamples, "query processing would load too many samples into memory in query execution")
    }
}

/// Results that a range query may reuse and add to.
public struct ResultReuse: Sendable {
    public let results: RecentResults
    /// The query as it was written.
    public let text: String

    public init(_ results: RecentResults, text: String) {
        self.results = results
        self.text = text
    }
}

/// A finished evaluation.
public struct QueryAnswer: Sendable {
    public var value: QueryValue
    public var annotations: QueryAnnotations
    public var statistics: QueryStatistics
    /// The plan and its costs, where they were asked for.
    public var explanation: QueryExplanation?

    public init(value: QueryValue, annotations: QueryAnnotations = QueryAnnotations(), statistics: QueryStatistics = QueryStatistics()) {
        self.value = value
        self.annotations = annotations
        self.statistics = statistics
    }
}

/// Parses and evaluates PromQL. Stateless: any number of queries may run at once.
public struct QueryEngine: Sendable {
    public let options: EngineOptions

    public init(options: EngineOptions) { self.options = options }

    /// Parses a query with the engine's language features.
    ///
    /// - Throws: ``QueryError`` with code `badInput` and the position of the fault.
    public func parse(_ text: String) throws(QueryError) -> Expression {
        try PromQLParser(features: options.features).parse(text)
    }

    /// Evaluates an expression. Runs on the calling thread until done; ``QueryBudget/cancel()`` and ``QueryBudget/expire()`` stop it.
    ///
    /// Of the statistics the counts are filled in; the times are the caller's, who has the clock.
    ///
    /// - Parameters:
    ///   - lookbackMilliseconds: replaces the engine's lookback for this query, where positive.
    ///   - countsSteps: whether the statistics tell samples by step as well, where the options allow it.
    ///   - reuse: results of earlier range queries, of which those that still hold are not computed again; the answer is the same, but its
    ///     statistics count only what was read. Instant queries do without.
    ///   - explainClock: nanoseconds from any moment on. Given, the answer comes with its explanation; without, nothing is taken down.
    /// - Throws: ``QueryError``: `badInput` where the expression has no meaning at these times, `execution` where the data do not
    ///   allow an answer, the codes of the budget, and whatever the source throws.
    public func evaluate(
        _ expression: Expression, times: EvaluationTimes, lookbackMilliseconds: Int64? = nil, source: any SeriesSource, budget: QueryBudget,
        reusing reuse: ResultReuse? = nil, countsSteps: Bool = false, explainClock: (@Sendable () -> Int64)? = nil
    ) throws(QueryError) -> QueryAnswer {
        var lookback = options.lookbackMilliseconds
        if let lookbackMilliseconds, lookbackMilliseconds > 0 { lookback = lookbackMilliseconds }
        let end =
            switch times.clamped {
            case .instant(let time): time
            case .range(_, let end, _): end
            }
        let evaluation = Evaluation(
            expression: expression, end: end, options: options, lookback: lookback, source: source, budget: budget,
            countsSteps: countsSteps && options.allowsStepStatistics, explainClock: explainClock, begun: explainClock?() ?? 0)
        switch times.clamped {
        case .instant(let time): return try evaluation.instant(at: time)
        case .range(let start, let end, let step):
            if expression.type == .matrix || expression.type == .string {
                let name = expression.type == .matrix ? "range vector" : "string"
                throw QueryError(
                    .badInput, "invalid expression type \"\(name)\" for range query, must be Scalar or instant Vector",
                    at: expression.position)
            }
            if step < 1 {
                throw QueryError(.badInput, "zero or negative query resolution step widths are not accepted. Try a positive integer")
            }
            if end < start { throw QueryError(.badInput, "end timestamp must not be before start time") }
            let grid = StepGrid(start: start, step: step, count: Int((end - start) / step) + 1)
            try grid.checkLength(budget)
            if let reuse { return try evaluation.range(grid, reusing: reuse) }
            return try evaluation.range(grid).answer
        }
    }
}
