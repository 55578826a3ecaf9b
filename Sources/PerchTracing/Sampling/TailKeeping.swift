internal import PerchWire
internal import Synchronization

/// Keeps traces that the sampler did not choose if they turn out to be of interest: those with an error, and slow ones. Their spans are held
/// until the first one of the trace in this process has ended.
///
/// What other services record of such a trace is up to them: they were told that it is not sampled.
public struct TailKeeping: Sendable, Hashable {
    /// Whether traces are kept in which a span has an error.
    public var keepsErrors = true
    /// Traces are kept whose first span here takes at least this long; nil for none.
    public var slowerThan: Duration? = .seconds(1)
    /// Spans of one trace that are held; more are dropped and counted.
    public var spansPerTraceMax = 1000
    /// Spans that are held altogether. While there are as many, further traces are not considered.
    public var spansMax = 20_000

    public init() {}
}

/// The spans of one trace in this process while it is not known whether they are kept.
final class LocalTrace: Sendable {
    private enum Decision {
        case open([RecordingSpan])
        case kept, left
    }

    private let keeping: TailKeeping
    private let rootID: SpanID
    private let held: HeldSpans
    private let decision = Mutex(Decision.open([]))

    init(_ keeping: TailKeeping, root: SpanID, held: HeldSpans) {
        self.keeping = keeping
        self.held = held
        rootID = root
    }

    deinit {
        if case .open(let spans) = decision.withLock({ $0 }) { held.release(spans.count) }
    }

    /// Takes a span that has ended, and gives those that are to be kept now.
    func ended(_ span: RecordingSpan) -> [RecordingSpan] {
        let isRoot = span.context.identity.spanID == rootID
        return decision.withLock { decision in
            switch decision {
            case .left: return []
            case .kept: return [span]
            case .open(var spans):
                // The array must have one owner, or appending copies it.
                decision = .left
                if isRoot || spans.count < keeping.spansPerTraceMax && held.take() {
                    spans.append(span)
                } else {
                    held.countDropped()
                }
                guard isRoot else {
                    decision = .open(spans)
                    return []
                }
                held.release(spans.count - 1)
                guard isKept(spans, root: span) else { return [] }
                decision = .kept
                return spans
            }
        }
    }

    private func isKept(_ spans: [RecordingSpan], root: RecordingSpan) -> Bool {
        if let slow = keeping.slowerThan, .nanoseconds(Int64(clamping: root.durationNanoseconds)) >= slow { return true }
        return keeping.keepsErrors && spans.contains { $0.isError }
    }
}

/// Counts the spans that all traces hold.
final class HeldSpans: Sendable {
    private let spansMax: Int
    private let count = Atomic<Int>(0)
    private let dropped = Atomic<UInt64>(0)

    init(spansMax: Int) { self.spansMax = spansMax }

    var hasRoom: Bool { count.load(ordering: .relaxed) < spansMax }
    var droppedSpans: UInt64 { dropped.load(ordering: .relaxed) }

    func take() -> Bool {
        if count.add(1, ordering: .relaxed).newValue <= spansMax { return true }
        count.subtract(1, ordering: .relaxed)
        return false
    }

    func release(_ spans: Int) { count.subtract(spans, ordering: .relaxed) }
    func countDropped() { dropped.add(1, ordering: .relaxed) }
}
