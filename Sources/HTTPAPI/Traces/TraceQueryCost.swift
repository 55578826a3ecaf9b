internal import PerchMetrics
internal import Synchronization
internal import TraceQL

/// What one request has cost so far. The thread that evaluates writes it; who waits for the answer, perhaps not until its end, reads it.
final class TraceQueryCost: Sendable {
    struct State: Sendable {
        var statistics = TraceQueryStatistics()
        var queueSeconds = 0.0
    }

    private let state = Mutex(State())

    var current: State { state.withLock { $0 } }

    func note(queueSeconds: Double) { state.withLock { $0.queueSeconds = queueSeconds } }
    func note(_ statistics: TraceQueryStatistics) { state.withLock { $0.statistics = statistics } }
}

/// Tells of requests about traces that took long.
public struct SlowTraceQueryLog: Sendable {
    /// A request that took longer than the threshold, waiting included.
    public struct Entry: Sendable, Hashable {
        public var query: TraceQueryDescription
        public var seconds: Double
        /// What of it was spent waiting for others.
        public var queueSeconds: Double
        public var inspectedSpans: Int
        public var inspectedBytes: Int
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

    func note(
        _ query: TraceQueryDescription, _ started: ContinuousClock.Instant, _ cost: TraceQueryCost.State, error: String? = nil
    ) {
        let duration = ContinuousClock.now - started
        guard duration >= .milliseconds(thresholdMilliseconds) else { return }
        write(
            Entry(
                query: query, seconds: duration.seconds, queueSeconds: cost.queueSeconds, inspectedSpans: cost.statistics.inspectedSpans,
                inspectedBytes: cost.statistics.inspectedBytes, error: error))
    }
}

/// What is counted of requests about traces.
struct TraceQueryMetrics: Sendable {
    private let durations: LabelledFamily<Histogram>
    private let outcomes: LabelledFamily<Counter>
    private let spans: Counter

    init(_ registry: MetricRegistry) {
        durations = registry.histograms(
            "perch_trace_query_duration_seconds", help: "Time that requests about traces took, waiting included.", unit: "seconds",
            labelNames: "kind")
        outcomes = registry.counters(
            "perch_trace_queries_total", help: "Requests about traces by how they ended.", labelNames: "kind", "outcome")
        spans = registry.counter("perch_trace_query_spans_inspected_total", help: "Spans that searches and metrics looked at.")
    }

    func finish(
        _ kind: TraceQueryDescription.Kind, _ outcome: String, _ started: ContinuousClock.Instant, _ statistics: TraceQueryStatistics
    ) {
        durations.with(kind.rawValue).record((ContinuousClock.now - started).seconds)
        outcomes.with(kind.rawValue, outcome).increment()
        spans.increment(by: statistics.inspectedSpans)
    }
}
