internal import QueryModel
internal import Synchronization
internal import TelemetryModel

/// Results of range queries that several engines and threads share; see ``QueryEngine/evaluate(_:times:lookbackMilliseconds:source:budget:reusing:explainClock:)``.
public final class RecentResults: Sendable {
    /// The numbers of this moment.
    public struct Statistics: Sendable, Hashable {
        /// Range queries of which all, some, or no steps were known.
        public var hits = 0
        public var partialHits = 0
        public var misses = 0
        /// Steps that were known, and steps that had to be evaluated, of those queries.
        public var stepsReused = 0
        public var stepsEvaluated = 0
        /// Queries whose results are kept.
        public var entries = 0
        public var bytes = 0
        /// Queries whose results were dropped for room.
        public var dropped = 0
    }

    private let cache: Mutex<ResultCache>
    private let hits = Atomic<Int>(0)
    private let partialHits = Atomic<Int>(0)
    private let misses = Atomic<Int>(0)
    private let stepsReused = Atomic<Int>(0)
    private let stepsEvaluated = Atomic<Int>(0)

    /// - Parameter bytesMax: the most memory that results may take.
    public init(bytesMax: Int) { cache = Mutex(ResultCache(bytesMax: bytesMax)) }

    public var statistics: Statistics {
        var statistics = Statistics(
            hits: hits.load(ordering: .relaxed), partialHits: partialHits.load(ordering: .relaxed), misses: misses.load(ordering: .relaxed),
            stepsReused: stepsReused.load(ordering: .relaxed), stepsEvaluated: stepsEvaluated.load(ordering: .relaxed))
        cache.withLock { cache in
            statistics.entries = cache.entryCount
            statistics.bytes = cache.bytes
            statistics.dropped = cache.entriesDropped
        }
        return statistics
    }

    /// - Parameter isBrief: whether to find nothing rather than to wait for another thread.
    func find(_ key: ResultKey, _ steps: Range<Int64>, isBrief: Bool, isValid: (ResultPiece) -> Bool) -> ResultCache.Found? {
        if isBrief { return cache.withLockIfAvailable { $0.find(key, steps, isValid: isValid) } ?? nil }
        return cache.withLock { $0.find(key, steps, isValid: isValid) }
    }

    func keep(
        _ series: [MatrixSeries], _ annotations: QueryAnnotations, _ key: ResultKey, _ steps: Range<Int64>, evaluated: Range<Int64>,
        version: UInt64
    ) {
        cache.withLock { $0.keep(series, annotations, key, steps, evaluated: evaluated, version: version) }
    }

    func count(reused: Int, evaluated: Int) {
        stepsReused.add(reused, ordering: .relaxed)
        stepsEvaluated.add(evaluated, ordering: .relaxed)
        switch (reused, evaluated) {
        case (0, _): misses.add(1, ordering: .relaxed)
        case (_, 0): hits.add(1, ordering: .relaxed)
        default: partialHits.add(1, ordering: .relaxed)
        }
    }
}
