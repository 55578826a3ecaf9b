internal import PerchWire
internal import Synchronization
public import Tracing

/// A span of ``PerchTracer``. One that is not recorded costs next to nothing, and still carries the identity of its trace on.
public struct PerchSpan: Span {
    private let recording: RecordingSpan?
    private let base: InstrumentationContext
    /// Nil where the context is the one around, since there is nothing to add.
    private let own: TraceContext?

    /// A span that is recorded.
    init(_ recording: RecordingSpan, in base: InstrumentationContext) {
        self.recording = recording
        self.base = base
        own = recording.context
    }

    /// A span that is not recorded.
    ///
    /// - Parameter own: the identity that work within it belongs to.
    init(passive own: TraceContext, in base: InstrumentationContext) {
        recording = nil
        self.base = base
        self.own = own
    }

    /// A span that is not recorded and changes nothing: work within it belongs to what the context says.
    @inline(__always)
    init(within base: consuming InstrumentationContext) {
        recording = nil
        self.base = base
        own = nil
    }

    /// The context of work within the span. It is made when it is asked for.
    public var context: InstrumentationContext {
        guard let own else { return base }
        var context = base
        context.setTracingState(TracingState(trace: own, span: recording))
        return context
    }

    /// The span's identity; nil where nothing is recorded and no trace has begun.
    public var traceContext: TraceContext? { own ?? base.traceContext }

    public var operationName: String {
        get { recording?.state.withLock { $0.name } ?? "" }
        nonmutating set { recording?.change { $0.name = newValue } }
    }

    public func setStatus(_ status: SpanStatus) {
        // A success that was stated is final (OpenTelemetry, "Set Status").
        recording?.change { state in
            if state.status?.code != .ok { state.status = status }
        }
    }

    public func addEvent(_ event: SpanEvent) {
        guard let recording else { return }
        let limits = recording.owner.limits
        recording.change { state in
            guard state.events.count < limits.eventsMax else {
                state.droppedEvents += 1
                return
            }
            var event = event
            event.attributes = RecordingSpan.limited(event.attributes, keeping: [:], max: limits.attributesPerEventMax).0
            state.events.append(event)
        }
    }

    /// Adds an `exception` event (OpenTelemetry's semantic conventions), and `error.type` unless there is one.
    public func recordError<Instant: TracerInstant>(
        _ error: any Error, attributes: SpanAttributes, at instant: @autoclosure () -> Instant
    ) {
        guard recording != nil else { return }
        let type = String(reflecting: Swift.type(of: error))
        var all: SpanAttributes = ["exception.type": .string(type), "exception.message": .string(String(describing: error))]
        all.merge(attributes)
        addEvent(SpanEvent(name: "exception", at: instant(), attributes: all))
        recording?.change { state in
            if state.attributes.get("error.type") == nil { state.attributes.set("error.type", value: .string(type)) }
        }
    }

    public var attributes: SpanAttributes {
        get { recording?.state.withLock { $0.attributes } ?? [:] }
        nonmutating set {
            guard let recording else { return }
            let max = recording.owner.limits.attributesMax
            recording.change { state in
                let (kept, dropped) = RecordingSpan.limited(newValue, keeping: state.attributes, max: max)
                state.attributes = kept
                state.droppedAttributes += dropped
            }
        }
    }

    /// Changes the attributes in place, which spares a copy.
    public func updateAttributes(_ update: (inout SpanAttributes) -> Void) {
        guard let recording else { return }
        let max = recording.owner.limits.attributesMax
        recording.change { state in
            let before = state.attributes.count > max / 2 ? state.attributes : [:]
            update(&state.attributes)
            if state.attributes.count > max {
                let (kept, dropped) = RecordingSpan.limited(state.attributes, keeping: before, max: max)
                state.attributes = kept
                state.droppedAttributes += dropped
            }
        }
    }

    public var isRecording: Bool { recording?.state.withLock { $0.end == nil } ?? false }

    public func addLink(_ link: SpanLink) {
        guard let recording else { return }
        let limits = recording.owner.limits
        recording.change { state in
            guard state.links.count < limits.linksMax else {
                state.droppedLinks += 1
                return
            }
            let attributes = RecordingSpan.limited(link.attributes, keeping: [:], max: limits.attributesPerLinkMax).0
            state.links.append(SpanLink(context: link.context, attributes: attributes))
        }
    }

    public func end<Instant: TracerInstant>(at instant: @autoclosure () -> Instant) {
        guard let recording else { return }
        recording.end(at: instant().nanosecondsSinceEpoch)
    }
}
