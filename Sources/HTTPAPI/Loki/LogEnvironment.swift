internal import Hummingbird
public import LogQL
internal import NIOCore
public import PerchMetrics
internal import QueryModel
internal import Synchronization
internal import TelemetryModel

/// What the APIs of logs share: the engine, the entries, the threads, the limits and the clock.
public struct LogEnvironment: Sendable {
    public var engine: LogQLEngine
    public var source: any LogSource
    /// Where LogQL is evaluated.
    public var queries: WorkPool
    /// Where names, values and streams are looked up, so that these answers do not wait behind long queries.
    public var lookups: WorkPool
    /// The longest that a query may wait and run together.
    public var timeoutMilliseconds: Int64
    /// Where queries are told of that took long; nil for nowhere.
    public var slowQueries: SlowLogQueryLog?
    /// Nanoseconds since 1970.
    public var now: @Sendable () -> Int64
    let metrics: LogQueryMetrics

    public init(
        engine: LogQLEngine, source: any LogSource, queries: WorkPool, lookups: WorkPool, timeoutMilliseconds: Int64 = 120_000,
        slowQueries: SlowLogQueryLog? = nil, metrics: MetricRegistry, now: @escaping @Sendable () -> Int64
    ) {
        self.engine = engine
        self.source = source
        self.queries = queries
        self.lookups = lookups
        self.timeoutMilliseconds = timeoutMilliseconds
        self.slowQueries = slowQueries
        self.metrics = LogQueryMetrics(metrics)
        self.now = now
    }

    /// Does the work of a request on a thread, and counts it.
    func answer(
        _ call: APICall, _ query: LogQueryDescription, _ work: @escaping @Sendable (QueryBudget, LogQueryCost) throws -> APIReply
    ) async throws -> APIReply {
        let started = ContinuousClock.now
        let cost = LogQueryCost()
        let pool = query.kind.isLookup ? lookups : queries
        do {
            let reply = try await pool.run(timeout: .milliseconds(timeoutMilliseconds), channel: call.channel) { budget, queueSeconds in
                cost.note(queueSeconds: queueSeconds)
                return try work(budget, cost)
            }
            metrics.finish(query.kind, "success", started, cost.current)
            slowQueries?.note(query, started, cost.current)
            return reply
        } catch let error as QueryError {
            metrics.finish(query.kind, APIFailure(error).kind.rawValue, started, cost.current)
            slowQueries?.note(query, started, cost.current, error: error.message)
            throw error
        } catch let failure as APIFailure {
            metrics.finish(query.kind, failure.kind.rawValue, started, cost.current)
            throw failure
        }
    }
}

/// What a request asks of logs, for metrics and the log.
public struct LogQueryDescription: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        case range, instant, names, values, series, statistics, volume, fields, patterns, trace, context, tail

        /// Whether it is a short look rather than the evaluation of a query.
        var isLookup: Bool {
            switch self {
            case .names, .values, .series, .context: true
            case .range, .instant, .statistics, .volume, .fields, .patterns, .trace, .tail: false
            }
        }
    }

    public var kind: Kind
    /// The query, the id or the name that is looked up.
    public var text: String
    public var range: LogRange

    init(_ kind: Kind, _ text: String, in range: LogRange) {
        self.kind = kind
        self.text = text
        self.range = range
    }

    init(_ kind: Kind, _ text: String, in selection: LogSelection) {
        self.init(kind, text, in: LogRange(start: selection.start, end: selection.end))
    }
}

/// What one request has cost so far. The thread that evaluates writes it; who waits for the answer, perhaps not until its end, reads it.
final class LogQueryCost: Sendable {
    struct State: Sendable {
        var queueSeconds = 0.0
        var lines = 0
        var bytes = 0
    }

    private let state = Mutex(State())

    var current: State { state.withLock { $0 } }

    func note(queueSeconds: Double) { state.withLock { $0.queueSeconds = queueSeconds } }

    /// Notes lines that were looked at, and their bytes.
    func note(lines: Int, bytes: Int) {
        state.withLock {
            $0.lines += lines
            $0.bytes += bytes
        }
    }
}

/// Tells of requests about logs that took long.
public struct SlowLogQueryLog: Sendable {
    /// A request that took longer than the threshold, waiting included.
    public struct Entry: Sendable, Hashable {
        public var query: LogQueryDescription
        public var seconds: Double
        /// What of it was spent waiting for others.
        public var queueSeconds: Double
        public var linesRead: Int
        public var bytesRead: Int
        /// Why there was no answer.
        public var error: String?
    }

    /// Requests that took at least this long are told of; 0 for all.
    private let thresholdMilliseconds: Int64
    private let write: @Sendable (Entry) -> Void

    public init(thresholdMilliseconds: Int64, write: @escaping @Sendable (Entry) -> Void) {
        self.thresholdMilliseconds = thresholdMilliseconds
        self.write = write
    }

    func note(_ query: LogQueryDescription, _ started: ContinuousClock.Instant, _ cost: LogQueryCost.State, error: String? = nil) {
        let duration = ContinuousClock.now - started
        guard duration >= .milliseconds(thresholdMilliseconds) else { return }
        write(
            Entry(
                query: query, seconds: duration.seconds, queueSeconds: cost.queueSeconds, linesRead: cost.lines, bytesRead: cost.bytes,
                error: error))
    }
}

/// What is counted of requests about logs.
struct LogQueryMetrics: Sendable {
    private let durations: LabelledFamily<Histogram>
    private let outcomes: LabelledFamily<Counter>
    private let lines: Counter
    let tails: Gauge
    let tailEntriesSent: Counter
    let tailEntriesDropped: Counter

    init(_ registry: MetricRegistry) {
        durations = registry.histograms(
            "perch_log_query_duration_seconds", help: "Time that requests about logs took, waiting included.", unit: "seconds",
            labelNames: "kind")
        outcomes = registry.counters(
            "perch_log_queries_total", help: "Requests about logs by how they ended.", labelNames: "kind", "outcome")
        lines = registry.counter("perch_log_query_lines_read_total", help: "Log lines that queries looked at.")
        tails = registry.gauge("perch_log_tails", help: "Clients that follow logs.")
        tailEntriesSent = registry.counter("perch_log_tail_entries_total", help: "Log entries that were sent to clients that follow.")
        tailEntriesDropped = registry.counter(
            "perch_log_tail_entries_dropped_total", help: "Log entries that were not sent because a client did not keep up.")
    }

    func finish(_ kind: LogQueryDescription.Kind, _ outcome: String, _ started: ContinuousClock.Instant, _ cost: LogQueryCost.State) {
        durations.with(kind.rawValue).record((ContinuousClock.now - started).seconds)
        outcomes.with(kind.rawValue, outcome).increment()
        lines.increment(by: cost.lines)
    }
}
