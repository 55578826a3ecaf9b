internal import Synchronization

/// What one query may use, and whether it is still wanted. Shared between the thread that evaluates and the one that may cancel.
///
/// Reading the clock is the caller's: ``expire()`` is called by whoever owns the deadline.
public final class QueryBudget: Sendable {
    private enum Stop: UInt8 {
        case none, canceled, expired
    }

    /// The most samples that may be held in memory at one time (`--query.max-samples`).
    public let samplesMax: Int
    /// The most memory that intermediate results may take (`--query.max-memory-bytes`).
    public let bytesMax: Int
    private let heldBytes = Atomic<Int>(0)
    private let peakBytesHeld = Atomic<Int>(0)
    private let held = Atomic<Int>(0)
    private let peak = Atomic<Int>(0)
    private let stopped = Atomic<UInt8>(0)

    /// Whether a brief look lasts too long; nil for a full budget.
    private let isOverdue: (@Sendable () -> Bool)?

    public init(samplesMax: Int = 50_000_000, bytesMax: Int = .max) {
        self.samplesMax = samplesMax
        self.bytesMax = bytesMax
        isOverdue = nil
    }

    /// A budget for a thread that others wait for: what passes it fails with ``QueryError/Code/notBrief``.
    ///
    /// - Parameter isOverdue: whether the time is up; asked at every ``check()``.
    public init(briefSamplesMax: Int, bytesMax: Int = .max, isOverdue: @escaping @Sendable () -> Bool) {
        samplesMax = briefSamplesMax
        self.bytesMax = bytesMax
        self.isOverdue = isOverdue
    }

    /// Whether nothing may be done that blocks or takes long.
    public var isBrief: Bool { isOverdue != nil }

    /// Takes memory.
    ///
    /// - Throws: ``QueryError`` with code `tooManySamples` where the limit would be passed.
    public func reserve(bytes: Int) throws(QueryError) {
        let now = heldBytes.add(bytes, ordering: .relaxed).newValue
        peakBytesHeld.max(now, ordering: .relaxed)
        if now > bytesMax {
            if isBrief { throw QueryBudget.notBrief }
            throw QueryError(
                .tooManySamples, "query processing would take more than \(bytesMax) bytes of memory (--query.max-memory-bytes)")
        }
    }

    /// Gives memory back.
    public func release(bytes: Int) { heldBytes.subtract(bytes, ordering: .relaxed) }

    /// The most memory that was held at one time so far.
    public var peakBytes: Int { peakBytesHeld.load(ordering: .relaxed) }

    /// Takes room for samples.
    ///
    /// - Throws: ``QueryError`` with code `tooManySamples` where the limit would be passed.
    public func reserve(samples: Int) throws(QueryError) {
        let now = held.add(samples, ordering: .relaxed).newValue
        try admit(samples: now)
    }

    /// Notes how many samples are held at some moment of the query.
    ///
    /// - Throws: ``QueryError`` with code `tooManySamples` where that is more than the limit.
    public func admit(samples: Int) throws(QueryError) {
        peak.max(samples, ordering: .relaxed)
        if samples > samplesMax { throw tooMany }
    }

    private var tooMany: QueryError {
        if isBrief { return QueryBudget.notBrief }
        return QueryError(.tooManySamples, "query processing would load too many samples into memory in query execution")
    }

    /// Gives room back.
    public func release(samples: Int) { held.subtract(samples, ordering: .relaxed) }

    /// The most samples that were held at one time so far.
    public var peakSamples: Int { peak.load(ordering: .relaxed) }

    private static var notBrief: QueryError { QueryError(.notBrief, "this takes more than a brief look") }

    /// Says that nobody waits for the answer any more.
    public func cancel() { stopped.store(Stop.canceled.rawValue, ordering: .relaxed) }

    /// Says that the time is up.
    public func expire() { stopped.store(Stop.expired.rawValue, ordering: .relaxed) }

    /// To be called often, at least once a series or step: throws when the query is to end.
    public func check() throws(QueryError) {
        switch Stop(rawValue: stopped.load(ordering: .relaxed)) ?? .none {
        case .none: if let isOverdue, isOverdue() { throw QueryBudget.notBrief }
        case .canceled: throw QueryError(.canceled, "query was canceled in query execution")
        case .expired: throw QueryError(.timeout, "query timed out in query execution")
        }
    }
}
