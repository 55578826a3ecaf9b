public import LabelMatching
internal import Synchronization
public import TelemetryModel

extension LogStorage {
    /// Follows what is appended from now on.
    ///
    /// - Parameters:
    ///   - matchers: all have to match the labels of a stream.
    ///   - bytesMax: bytes of entries that may wait to be taken; what comes beyond that is lost to this subscriber, and counted.
    public func tail(matching matchers: [LabelMatcher], bytesMax: Int = 8 << 20) throws(LogStorageError) -> LogTail {
        try checkOpen()
        let tail = LogTail(LabelSelector(matchers), bytesMax: bytesMax)
        tails.add(tail)
        return tail
    }
}

/// Entries as they are appended, for one subscriber. An append never waits for it. Goes with the last reference to it.
public final class LogTail: Sendable {
    /// What came since the last delivery.
    public struct Delivery: Sendable {
        /// In the order in which they were appended.
        public var batches: [LogBatch] = []
        /// Entries that came while too much was waiting, and are not in the batches.
        public var lostEntries = 0

        public init() {}
    }

    private struct State: Sendable {
        var waiting = Delivery()
        var bytes = 0
        var reader: CheckedContinuation<Delivery?, Never>?
        var isEnded = false
    }

    private let selector: LabelSelector
    private let bytesMax: Int
    private let state = Mutex(State())

    init(_ selector: LabelSelector, bytesMax: Int) {
        self.selector = selector
        self.bytesMax = bytesMax
    }

    /// Waits for entries. Nil once the storage was closed or ``end()`` was called, and when the task is cancelled.
    ///
    /// - Precondition: one task waits at a time.
    public func next() async -> Delivery? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let ready: Delivery?? = state.withLock { state in
                    if !state.waiting.batches.isEmpty || state.waiting.lostEntries > 0 {
                        defer { (state.waiting, state.bytes) = (Delivery(), 0) }
                        return state.waiting
                    }
                    if state.isEnded { return .some(nil) }
                    precondition(state.reader == nil, "BUG: two tasks wait for one tail")
                    state.reader = continuation
                    return nil
                }
                if let ready { continuation.resume(returning: ready) }
            }
        } onCancel: {
            end()
        }
    }

    /// Ends the subscription.
    public func end() {
        let reader = state.withLock { state in
            state.isEnded = true
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume(returning: nil)
    }

    var isEnded: Bool { state.withLock { $0.isEnded } }

    /// - Returns: entries that were lost.
    func offer(_ batch: LogBatch) -> Int {
        guard let own = selected(batch) else { return 0 }
        let bytes = own.lines.bytes.count + own.metadata.bytes.count + own.entryCount * 16
        var lost = 0
        let reader: (CheckedContinuation<Delivery?, Never>, Delivery)? = state.withLock { state in
            if state.isEnded { return nil }
            if state.bytes + bytes > bytesMax, state.bytes > 0 {
                lost = own.entryCount
                state.waiting.lostEntries += lost
            } else {
                state.waiting.batches.append(own)
                state.bytes += bytes
            }
            guard let reader = state.reader else { return nil }
            defer { (state.reader, state.waiting, state.bytes) = (nil, Delivery(), 0) }
            return (reader, state.waiting)
        }
        if let (reader, delivery) = reader { reader.resume(returning: delivery) }
        return lost
    }

    /// What of a batch is wanted; nil for nothing.
    private func selected(_ batch: LogBatch) -> LogBatch? {
        let parts = batch.parts.filter { !$0.entries.isEmpty && selector.matches($0.labels) }
        if parts.isEmpty { return nil }
        if parts.count == batch.parts.count { return batch }
        var own = LogBatch()
        for part in parts {
            own.beginPart(part.labels)
            for entry in part.entries {
                own.append(
                    time: batch.times[entry], line: batch.lines.bytes[batch.lines.range(entry)],
                    metadata: batch.metadata.bytes[batch.metadata.range(entry)])
            }
        }
        return own
    }
}

/// The subscribers of a storage.
final class TailSubscriptions: Sendable {
    private struct Weak: Sendable {
        weak var tail: LogTail?
    }

    private let tails = Mutex<[Weak]>([])
    /// So that appends take no lock where nobody follows.
    private let count = Atomic<Int>(0)
    private let lost = Atomic<Int>(0)

    var statistics: (tails: Int, lost: Int) { (tails.withLock { $0.count { $0.tail?.isEnded == false } }, lost.load(ordering: .relaxed)) }

    func add(_ tail: LogTail) {
        tails.withLock { tails in
            tails.removeAll { $0.tail?.isEnded != false }
            tails.append(Weak(tail: tail))
            count.store(tails.count, ordering: .releasing)
        }
    }

    func offer(_ batch: LogBatch) {
        guard count.load(ordering: .acquiring) > 0 else { return }
        let live = tails.withLock { tails in
            tails.removeAll { $0.tail?.isEnded != false }
            count.store(tails.count, ordering: .releasing)
            return tails.compactMap(\.tail)
        }
        for tail in live { lost.add(tail.offer(batch), ordering: .relaxed) }
    }

    func endAll() { for tail in tails.withLock({ $0.compactMap(\.tail) }) { tail.end() } }
}
