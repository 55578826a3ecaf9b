internal import PerchWire

/// What all spans of a tracer share.
final class TracerCore: Sendable {
    let sampler: Sampler
    let limits: SpanLimits
    let propagators: [Propagator]
    let tail: TailKeeping?
    let ids = RandomIDs()
    let held: HeldSpans
    private let sink: any SpanSink

    init(_ configuration: PerchTracer.Configuration, sink: any SpanSink) {
        sampler = configuration.sampler
        limits = configuration.limits
        propagators = configuration.propagators
        tail = configuration.tail
        held = HeldSpans(spansMax: configuration.tail?.spansMax ?? 0)
        self.sink = sink
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
