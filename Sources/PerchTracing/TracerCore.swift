internal import PerchWire
internal import Tracing

/// What all spans of a tracer share.
final class TracerCore: Sendable {
    let sampler: Sampler
    /// The parts of the sampler that nearly all decisions need, without anything to be counted.
    let followsParent: Bool
    let ratioThreshold: UInt64?
    /// Whether nothing is recorded of a trace that is left out already.
    let keepsLeftOut: Bool
    let limits: SpanLimits
    let propagators: [Propagator]
    let tail: TailKeeping?
    let ids = RandomIDs()
    let held: HeldSpans
    private let sink: any SpanSink

    init(_ configuration: PerchTracer.Configuration, sink: any SpanSink) {
        sampler = configuration.sampler
        followsParent = sampler.followsParent
        ratioThreshold = sampler.ratioThreshold
        limits = configuration.limits
        propagators = configuration.propagators
        tail = configuration.tail
        keepsLeftOut = followsParent && tail == nil
        held = HeldSpans(spansMax: configuration.tail?.spansMax ?? 0)
        self.sink = sink
    }

    /// Whether a span that begins is sampled.
    @inline(__always)
    func isSampled(parent: TracingState?, traceID: TraceID, name: String, kind: SpanKind) -> Bool {
        if followsParent, let flags = parent?.trace?.identity.flags { return flags & 1 == 1 }
        if let ratioThreshold { return traceID.low & 0x00ff_ffff_ffff_ffff >= ratioThreshold }
        return sampler.decides(traceID: traceID, name: name, kind: kind)
    }

    /// Hands a span on that has ended, and with it those that were held for it.
    func ended(_ span: RecordingSpan) {
        guard let trace = span.trace else {
            sink.take(EndedSpan(recording: span))
            return
        }
        for kept in trace.ended(span) { sink.take(EndedSpan(recording: kept)) }
    }
}
