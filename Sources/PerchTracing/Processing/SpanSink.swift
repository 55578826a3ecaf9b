internal import Synchronization

/// A span that has ended, before anything is made of it.
public struct EndedSpan: Sendable {
    let recording: RecordingSpan

    /// What is told of the span. Made anew at each call.
    public func finished() -> FinishedSpan { recording.finished() }
}

/// Takes spans as they end. Called wherever a span ends, so it must be quick and must not block.
public protocol SpanSink: Sendable {
    func take(_ span: EndedSpan)
}

/// Gives each span to a function as it ends: for tests, and for programs that print their spans.
public struct ImmediateSpans: SpanSink {
    private let body: @Sendable (FinishedSpan) -> Void

    public init(_ body: @escaping @Sendable (FinishedSpan) -> Void) { self.body = body }

    public func take(_ span: EndedSpan) { body(span.finished()) }
}

/// A bounded queue of ended spans between those who end them and the one who exports them. Spans that do not fit are dropped, the newest first,
/// and counted.
public final class SpanQueue: SpanSink {
    private struct State {
        var spans: [EndedSpan] = []
        var wake: (@Sendable () -> Void)?
    }

    /// Spans that wait at most.
    public let spansMax: Int
    /// Once so many wait, the exporter is told.
    public let batchSize: Int
    private let state = Mutex(State())
    private let dropped = Atomic<UInt64>(0)

    public init(spansMax: Int = 2048, batchSize: Int = 512) {
        self.spansMax = max(spansMax, 1)
        self.batchSize = min(max(batchSize, 1), self.spansMax)
        state.withLock { $0.spans.reserveCapacity(self.spansMax) }
    }

    /// Spans that were dropped, since the queue was full.
    public var droppedSpans: UInt64 { dropped.load(ordering: .relaxed) }

    /// Spans that wait.
    public var count: Int { state.withLock { $0.spans.count } }

    /// Sets who is told when there is a batch.
    public func onBatch(_ wake: (@Sendable () -> Void)?) { state.withLock { $0.wake = wake } }

    public func take(_ span: EndedSpan) {
        let wake = state.withLock { state -> (@Sendable () -> Void)? in
            guard state.spans.count < spansMax else {
                dropped.add(1, ordering: .relaxed)
                return nil
            }
            state.spans.append(span)
            return state.spans.count == batchSize ? state.wake : nil
        }
        wake?()
    }

    /// Takes the oldest spans out, at most one batch.
    public func takeBatch() -> [FinishedSpan] {
        let batch = state.withLock { state -> [EndedSpan] in
            let batch = Array(state.spans.prefix(batchSize))
            state.spans.removeFirst(batch.count)
            return batch
        }
        return batch.map { $0.finished() }
    }
}
