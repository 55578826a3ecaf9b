internal import Hummingbird
internal import NIOCore
public import PerchMetrics
public import QueryModel
public import TelemetryModel
public import TraceQL

/// What the APIs of traces share: the engine, the spans, the threads, the limits and the clock.
public struct TraceEnvironment: Sendable {
    /// Finds the spans of one trace; nil where there are none.
    public typealias TraceFinder = @Sendable (TelemetryModel.TraceID, QueryBudget) throws(QueryError) -> SpanBatch?

    public var engine: TraceQLEngine
    public var source: any SpanSource
    public var trace: TraceFinder
    /// Where TraceQL is evaluated.
    public var queries: WorkPool
    /// Where traces are looked up by id, and names and values, so that these answers do not wait behind long queries.
    public var lookups: WorkPool
    /// The longest that a query may wait and run together.
    public var timeoutMilliseconds: Int64
    /// Where queries are told of that took long; nil for nowhere.
    public var slowQueries: SlowTraceQueryLog?
    public var now: @Sendable () -> UnixNanoseconds
    let metrics: TraceQueryMetrics

    public init(
        engine: TraceQLEngine, source: any SpanSource, trace: @escaping TraceFinder, queries: WorkPool, lookups: WorkPool,
        timeoutMilliseconds: Int64 = 120_000, slowQueries: SlowTraceQueryLog? = nil, metrics: MetricRegistry,
        now: @escaping @Sendable () -> UnixNanoseconds
    ) {
        self.engine = engine
        self.source = source
        self.trace = trace
        self.queries = queries
        self.lookups = lookups
        self.timeoutMilliseconds = timeoutMilliseconds
        self.slowQueries = slowQueries
        self.metrics = TraceQueryMetrics(metrics)
        self.now = now
    }

    /// Does the work of a request on a thread, and counts it.
    func answer(
        _ call: APICall, _ query: TraceQueryDescription, _ work: @escaping @Sendable (QueryBudget, TraceQueryCost) throws -> APIReply
    ) async throws -> APIReply {
        let started = ContinuousClock.now
        let cost = TraceQueryCost()
        let pool = query.kind.isLookup ? lookups : queries
        do {
            let reply = try await pool.run(timeout: .milliseconds(timeoutMilliseconds), channel: call.channel) { budget, queueSeconds in
                cost.note(queueSeconds: queueSeconds)
                return try work(budget, cost)
            }
            metrics.finish(query.kind, "success", started, cost.current.statistics)
            slowQueries?.note(query, started, cost.current)
            return reply
        } catch let error as QueryError {
            metrics.finish(query.kind, APIFailure(error).kind.rawValue, started, cost.current.statistics)
            slowQueries?.note(query, started, cost.current, error: error.message)
            throw error
        } catch let failure as APIFailure {
            metrics.finish(query.kind, failure.kind.rawValue, started, cost.current.statistics)
            throw failure
        }
    }
}

/// What a request asks of traces, for metrics and the log.
public struct TraceQueryDescription: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        case search, trace, names, values, range, instant, services, dependencies, transform

        /// Whether it is a short look rather than the evaluation of a query.
        var isLookup: Bool {
            switch self {
            case .trace, .names, .values, .services, .transform: true
            case .search, .range, .instant, .dependencies: false
            }
        }
    }

    public var kind: Kind
    /// The query, the id or the name that is looked up.
    public var text: String
    /// Nil where it is about all times.
    public var range: NanosecondRange?

    init(_ kind: Kind, _ text: String, in range: NanosecondRange? = nil) {
        self.kind = kind
        self.text = text
        self.range = range
    }
}
