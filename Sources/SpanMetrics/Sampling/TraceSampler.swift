internal import ByteCoding
internal import OTLPFormat
internal import TelemetryModel

/// Decides which traces are kept: takes spans and the time, and says which spans may go on.
///
/// Spans are held for a window, counted from the first of their trace. A trace with an error, or one that is slow, is kept as soon as that is
/// known. At the end of the window a trace is kept if its service has kept fewer than it may, or with a probability by the hash of its id,
/// so that others who do the same decide alike. Later spans follow what was decided. Neither bytes nor locks nor clocks are known here.
struct TraceSampler: Sendable {
    /// A span that waits: which message it came with, and which one of it.
    struct HeldSpan: Sendable, Hashable {
        var message: Int
        var index: Int32
    }

    /// What was decided on some spans of a trace.
    struct Decision: Sendable {
        var trace: TraceID
        var isKept: Bool
        var spans: [HeldSpan]
    }

    private struct Held: Sendable {
        var spans: [HeldSpan] = []
        var bytes = 0
        var since: Timestamp
        var start = UnixNanoseconds.max
        var end: UnixNanoseconds = 0
        var service: Identity
        var hasRoot = false
    }

    let options: SamplingOptions
    private var traces: [TraceID: Held] = [:]
    /// Traces in the order in which they are due; those that were decided on meanwhile are still there.
    private var queue: [(trace: TraceID, since: Timestamp)] = []
    private var queueStart = 0
    private var decisions: DecisionMemory
    private var rates: TraceRates
    private(set) var statistics = SamplingStatistics()

    init(_ options: SamplingOptions, seed: UInt64) {
        self.options = options
        decisions = DecisionMemory(countMax: options.decisionsMax)
        rates = TraceRates(options, seed: seed)
    }

    /// What is known of a trace: whether it is kept, or nothing yet.
    func peek(_ trace: TraceID) -> Bool? { decisions.peek(trace) }

    /// Takes the spans of a message.
    ///
    /// - Parameters:
    ///   - message: the number by which its spans are named later.
    ///   - services: hash of the service of each resource of the scan.
    /// - Returns: what is decided now: on spans of traces that were decided on before, and on traces that these spans decide.
    mutating func take(_ message: Int, _ scan: SpanScan, services: [Identity], now: Timestamp) -> [Decision] {
        var decided: [Decision] = []
        for (index, span) in scan.spans.enumerated() {
            let held = HeldSpan(message: message, index: Int32(index))
            if let isKept = decisions.find(span.traceID) {
                if isKept { statistics.lateSpansKept += 1 } else { statistics.lateSpansDropped += 1 }
                decided.append(Decision(trace: span.traceID, isKept: isKept, spans: [held]))
                continue
            }
            if let reason = add(held, span, services[Int(span.resource)], now) { decided.append(decide(span.traceID, reason)) }
        }
        return decided
    }

    /// Notes a span of a trace that is not decided on; gives the reason if this span decides.
    private mutating func add(_ held: HeldSpan, _ span: ScannedSpan, _ service: Identity, _ now: Timestamp) -> SamplingReason? {
        let isRoot = !span.parentSpanID.isValid
        if traces[span.traceID] == nil { queue.append((span.traceID, now)) }
        let bytes = TraceSampler.bytes(of: span)
        let slow = options.slowMilliseconds.map { UInt64($0) * 1_000_000 }
        statistics.heldSpans += 1
        statistics.heldBytes += bytes
        return update(&traces[span.traceID, default: Held(since: now, service: service)]) { trace in
            trace.spans.append(held)
            trace.bytes += bytes
            if isRoot, !trace.hasRoot {
                trace.hasRoot = true
                trace.service = service
            }
            trace.start = min(trace.start, span.start)
            trace.end = max(trace.end, span.end)
            if options.keepsErrors, span.statusCode == .error { return .error }
            if let slow, trace.end > trace.start, trace.end - trace.start >= slow { return .slow }
            return nil
        }
    }

    private func update<Result>(_ held: inout Held, _ body: (inout Held) -> Result) -> Result { body(&held) }

    /// What a held span takes: its bytes, and what is noted of it.
    static func bytes(of span: ScannedSpan) -> Int { span.body.count + MemoryLayout<ScannedSpan>.stride + MemoryLayout<HeldSpan>.stride }

    private mutating func decide(_ trace: TraceID, _ reason: SamplingReason) -> Decision {
        let held = traces.removeValue(forKey: trace)
        let spans = held?.spans ?? []
        decisions.set(trace, reason.isKept)
        statistics.traces[reason, default: 0] += 1
        statistics.spans[reason, default: 0] += spans.count
        statistics.heldSpans -= spans.count
        statistics.heldBytes -= held?.bytes ?? 0
        return Decision(trace: trace, isKept: reason.isKept, spans: spans)
    }

    /// Decides on the traces that are due, and on the oldest of those that there is no room for.
    mutating func decideDue(now: Timestamp) -> [Decision] {
        var decided: [Decision] = []
        while queueStart < queue.count {
            let (id, since) = queue[queueStart]
            if let held = traces[id], held.since == since {
                let isDue = now - since >= options.windowMilliseconds
                let isTooMuch = statistics.heldBytes > options.heldBytesMax || traces.count > options.heldTracesMax
                if !isDue, !isTooMuch { break }
                if !isDue { statistics.earlyDecisions += 1 }
                decided.append(decide(id, reason(for: id, held.service, now)))
            }
            queueStart += 1
        }
        if queueStart > 1024, queueStart * 2 > queue.count {
            queue.removeFirst(queueStart)
            queueStart = 0
        }
        return decided
    }

    private mutating func reason(for trace: TraceID, _ service: Identity, _ now: Timestamp) -> SamplingReason {
        if rates.isUsed, rates.take(service, now) { return .rate }
        return TraceSampler.isTaken(trace, options.probability) ? .probability : .sampledOut
    }

    /// Whether a trace is among a part of all traces. The same everywhere and always.
    static func isTaken(_ trace: TraceID, _ probability: Double) -> Bool {
        if probability >= 1 { return true }
        let hash = withUnsafeBytes(of: (trace.high.bigEndian, trace.low.bigEndian)) { hash64($0) }
        return Double(hash >> 11) * 0x1p-53 < probability
    }

    /// The numbers of this moment.
    var currentStatistics: SamplingStatistics {
        var current = statistics
        current.heldTraces = traces.count
        current.rememberedDecisions = decisions.count
        return current
    }
}
