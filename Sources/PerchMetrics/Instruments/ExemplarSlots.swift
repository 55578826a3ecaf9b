internal import PerchWire
internal import Synchronization

/// One exemplar for each bucket of a histogram, or for a counter.
///
/// Finding out the current span costs more than counting, so it is not done at every observation: after each exposition a bucket wants one
/// new exemplar. It asks at its first 16 observations, then at about every 16th, until it was given one.
final class ExemplarSlots: Sendable {
    private static let eagerAttempts: UInt64 = 16
    private static let satisfied = UInt64.max

    private let source: ExemplarSource
    /// For each bucket, how often it asked since the last exposition, or `satisfied`.
    private let attempts: AtomicCells
    private let exemplars: Mutex<[Exemplar?]>

    init(bucketCount: Int, source: ExemplarSource) {
        self.source = source
        attempts = AtomicCells(count: bucketCount)
        exemplars = Mutex(Array(repeating: nil, count: bucketCount))
    }

    deinit { attempts.deallocate() }

    /// - Parameter count: the observations of the bucket before this one.
    @inline(__always)
    func offer(_ value: Double, bucket: Int, count: UInt64) {
        let made = attempts.load(bucket)
        if made == ExemplarSlots.satisfied { return }
        if made >= ExemplarSlots.eagerAttempts && count & 15 != 0 { return }
        attempt(value, bucket: bucket, made: made)
    }

    /// As above where it is not known how many observations there were.
    @inline(__always)
    func offer(_ value: Double, bucket: Int) {
        let made = attempts.load(bucket)
        if made == ExemplarSlots.satisfied { return }
        // Attempts beyond the eager ones are counted on, and most of them are none. What two threads count at once may be counted as one.
        if made >= ExemplarSlots.eagerAttempts && made & 15 != 0 {
            attempts.store(bucket, made + 1)
            return
        }
        attempt(value, bucket: bucket, made: made)
    }

    /// Does not wait: while somebody reads, or another thread gives an exemplar, this one is let go.
    @inline(never)
    private func attempt(_ value: Double, bucket: Int, made: UInt64) {
        guard let span = source.currentSpan(), span.isSampled else {
            // Far from `satisfied`, however often nobody was found.
            attempts.store(bucket, made < 1 << 62 ? made + 1 : ExemplarSlots.eagerAttempts)
            return
        }
        let exemplar = Exemplar(value: value, traceID: span.traceID, spanID: span.spanID, time: SystemTime.unixNanoseconds())
        let isTaken = exemplars.withLockIfAvailable { $0[bucket] = exemplar } != nil
        if isTaken { attempts.store(bucket, ExemplarSlots.satisfied) }
    }

    /// The newest exemplar of each bucket. Each bucket then wants a new one.
    func collect() -> [Exemplar?] {
        let newest = exemplars.withLock { $0 }
        for bucket in 0..<attempts.count { attempts.store(bucket, 0) }
        return newest
    }
}
