public import PromQL
internal import QueryModel
internal import Synchronization

/// Tells of queries that took long.
public struct SlowQueryLog: Sendable {
    /// A query that took longer than the threshold, waiting included.
    public struct Entry: Sendable, Hashable {
        public var expression: String
        public var times: EvaluationTimes
        public var seconds: Double
        /// What of it was spent waiting for other queries.
        public var queueSeconds: Double
        /// Series selected, and samples read of them; nil where the query did not come to its end.
        public var series: Int?
        public var samplesRead: Int?
        /// The most samples held at one time.
        public var peakSamples: Int
        /// Why there was no answer.
        public var error: String?
    }

    /// Queries that took at least this long are told of; 0 for all.
    private let thresholdMilliseconds: Int64
    private let write: @Sendable (Entry) -> Void

    public init(thresholdMilliseconds: Int64, write: @escaping @Sendable (Entry) -> Void) {
        self.thresholdMilliseconds = thresholdMilliseconds
        self.write = write
    }

    func note(
        _ expression: String, _ times: EvaluationTimes, _ started: ContinuousClock.Instant, _ cost: QueryCost, error: String? = nil
    ) {
        let duration = ContinuousClock.now - started
        guard duration >= .milliseconds(thresholdMilliseconds) else { return }
        let spent = cost.current
        write(
            Entry(
                expression: expression, times: times, seconds: duration.seconds, queueSeconds: spent.queueSeconds,
                series: spent.statistics?.seriesSelected, samplesRead: spent.statistics?.samplesRead, peakSamples: spent.peakSamples,
                error: error))
    }
}

/// What one query has cost so far. The thread that evaluates writes it; who waits for the answer, perhaps not until its end, reads it.
final class QueryCost: Sendable {
    struct State: Sendable {
        var statistics: QueryStatistics?
        var queueSeconds = 0.0
        var peakSamples = 0
    }

    private let state = Mutex(State())

    var current: State { state.withLock { $0 } }

    func note(_ statistics: QueryStatistics) { state.withLock { $0.statistics = statistics } }

    func note(queueSeconds: Double, peakSamples: Int) {
        state.withLock {
            $0.queueSeconds = queueSeconds
            $0.peakSamples = peakSamples
        }
    }
}
