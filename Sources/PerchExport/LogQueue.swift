public import PerchLogging
internal import Synchronization

/// A bounded queue of log records between those who log and the one who exports. Records that do not fit are dropped, the newest first, and
/// counted.
public final class LogQueue: LogRecordSink {
    private struct State {
        var records: [LogRecord] = []
        var wake: (@Sendable () -> Void)?
    }

    /// Records that wait at most.
    public let recordsMax: Int
    /// Once so many wait, the exporter is told.
    public let batchSize: Int
    private let state = Mutex(State())
    private let dropped = Atomic<UInt64>(0)

    public init(recordsMax: Int = 2048, batchSize: Int = 512) {
        self.recordsMax = max(recordsMax, 1)
        self.batchSize = min(max(batchSize, 1), self.recordsMax)
    }

    /// Records that were dropped, since the queue was full.
    public var droppedRecords: UInt64 { dropped.load(ordering: .relaxed) }

    /// Sets who is told when there is a batch.
    func onBatch(_ wake: (@Sendable () -> Void)?) { state.withLock { $0.wake = wake } }

    public func emit(_ record: LogRecord) {
        let wake = state.withLock { state -> (@Sendable () -> Void)? in
            guard state.records.count < recordsMax else {
                dropped.add(1, ordering: .relaxed)
                return nil
            }
            state.records.append(record)
            return state.records.count == batchSize ? state.wake : nil
        }
        wake?()
    }

    /// Takes the oldest records out, at most one batch.
    public func takeBatch() -> [LogRecord] {
        state.withLock { state in
            let batch = Array(state.records.prefix(batchSize))
            state.records.removeFirst(batch.count)
            return batch
        }
    }
}
