internal import PerchWire
public import Tracing

/// A tracer for swift-distributed-tracing.
///
///     let queue = SpanQueue()
///     InstrumentationSystem.bootstrap(PerchTracer(PerchTracer.Configuration(), sink: queue))
///
/// Nothing here blocks, and memory is bounded by the queue and by ``TailKeeping``; `PerchExport` takes the spans from the queue.
public struct PerchTracer: Tracer {
    public struct Configuration: Sendable {
        /// Which traces are kept.
        public var sampler = Sampler.parentBased(.always)
        /// How contexts come from and go to other services.
        public var propagators: [Propagator] = [.traceContext, .baggage]
        public var limits = SpanLimits()
        /// Whether traces that the sampler left out are kept after all if they fail or are slow.
        public var tail: TailKeeping?

        public init() {}
    }

    private let core: TracerCore

    /// - Parameter sink: takes the spans as they end.
    public init(_ configuration: Configuration = Configuration(), sink: any SpanSink) {
        core = TracerCore(configuration, sink: sink)
    }

    /// Spans of traces under consideration that were dropped, since too many were held.
    public var droppedHeldSpans: UInt64 { core.held.droppedSpans }

    public func startSpan<Instant: TracerInstant>(
        _ operationName: String,
        context: @autoclosure () -> InstrumentationContext,
        ofKind kind: SpanKind,
        at instant: @autoclosure () -> Instant,
        function: String,
        file fileID: String,
        line: UInt
    ) -> PerchSpan {
        start(operationName, in: context(), kind) { instant().nanosecondsSinceEpoch }
    }

    /// A span that begins now: what the call above comes to without a time, without its detours.
    public func startSpan(
        _ operationName: String,
        context: @autoclosure () -> InstrumentationContext = .current ?? .topLevel,
        ofKind kind: SpanKind = .internal,
        function: String = #function,
        file fileID: String = #fileID,
        line: UInt = #line
    ) -> PerchSpan {
        start(operationName, in: context(), kind) { DefaultTracerClock.now.nanosecondsSinceEpoch }
    }

    public func startAnySpan<Instant: TracerInstant>(
        _ operationName: String,
        context: @autoclosure () -> InstrumentationContext,
        ofKind kind: SpanKind,
        at instant: @autoclosure () -> Instant,
        function: String,
        file fileID: String,
        line: UInt
    ) -> any Span {
        start(operationName, in: context(), kind) { instant().nanosecondsSinceEpoch }
    }

    public func forceFlush() {}

    /// The span around, where this tracer records it.
    public func activeSpan(identifiedBy context: InstrumentationContext) -> PerchSpan? {
        guard let span = context.tracingState?.span, span.owner === core else { return nil }
        return PerchSpan(span, in: context)
    }

    private func start(
        _ name: String, in context: consuming InstrumentationContext, _ kind: SpanKind, at time: () -> UInt64
    ) -> PerchSpan {
        // By far the most spans where few traces are kept: nothing is to be decided, made or remembered.
        if core.keepsLeftOut && context.isLeftOut { return PerchSpan(within: context) }
        return decided(name, in: context, kind, at: time)
    }

    private func decided(_ name: String, in context: consuming InstrumentationContext, _ kind: SpanKind, at time: () -> UInt64) -> PerchSpan
    {
        let state = context.tracingState
        if let state, state.isSuppressed { return PerchSpan(within: context) }
        let traceID = state?.trace?.identity.traceID ?? core.ids.traceID()
        let isSampled = core.isSampled(parent: state, traceID: traceID, name: name, kind: kind)
        if !isSampled && core.tail == nil { return passive(state, traceID, in: context) }
        let parent = state?.trace
        var trace: LocalTrace?
        if !isSampled {
            guard let tail = core.tail else { return passive(state, traceID, in: context) }
            // A span whose parent is recorded here shares its fate.
            if let around = state?.span?.trace {
                trace = around
            } else if core.held.hasRoom {
                let root = core.ids.spanID()
                let begun = LocalTrace(tail, root: root, held: core.held)
                return recording(name, root, traceID, flags: 0, parent, kind, time(), begun, in: context)
            } else {
                return passive(state, traceID, in: context)
            }
        }
        let flags: UInt8 = (parent?.identity.flags ?? 0) & ~1 | (isSampled ? 1 : 0)
        return recording(name, core.ids.spanID(), traceID, flags: flags, parent, kind, time(), trace, in: context)
    }

    private func recording(
        _ name: String, _ spanID: SpanID, _ traceID: TraceID, flags: UInt8, _ parent: TraceContext?, _ kind: SpanKind, _ start: UInt64,
        _ trace: LocalTrace?, in context: consuming InstrumentationContext
    ) -> PerchSpan {
        let own = TraceContext(identity: SpanIdentity(traceID: traceID, spanID: spanID, flags: flags), state: parent?.state ?? "")
        let span = RecordingSpan(own, parent: parent, name: name, kind: kind, start: start, owner: core, trace: trace)
        return PerchSpan(span, in: context)
    }

    /// A span that is left out. Where a trace is under way that is left out already, there is nothing to add to the context.
    private func passive(_ state: TracingState?, _ traceID: TraceID, in context: consuming InstrumentationContext) -> PerchSpan {
        guard let parent = state?.trace else {
            let identity = SpanIdentity(traceID: traceID, spanID: core.ids.spanID(), flags: 0)
            return PerchSpan(passive: TraceContext(identity: identity), in: context)
        }
        if !parent.identity.isSampled { return PerchSpan(within: context) }
        let identity = SpanIdentity(traceID: traceID, spanID: core.ids.spanID(), flags: parent.identity.flags & ~1)
        return PerchSpan(passive: TraceContext(identity: identity, state: parent.state), in: context)
    }
}

extension PerchTracer {
    public func extract<Carrier, Extract>(_ carrier: Carrier, into context: inout InstrumentationContext, using extractor: Extract)
    where Extract: Extractor, Extract.Carrier == Carrier {
        func header(_ name: String) -> String? { extractor.extract(key: name, from: carrier) }
        for propagator in core.propagators {
            if propagator == .baggage {
                guard let text = header(BaggageHeader.name) else { continue }
                var baggage = context.baggage
                BaggageHeader.parse(text, into: &baggage)
                context.baggage = baggage
            } else if context.traceContext?.isRemote != true, let found = Self.remote(propagator, header) {
                context.traceContext = found
            }
        }
    }

    private static func remote(_ propagator: Propagator, _ header: (String) -> String?) -> TraceContext? {
        var state = ""
        let identity: SpanIdentity?
        switch propagator {
        case .traceContext:
            identity = header(TraceContextHeader.parent).flatMap(TraceContextHeader.parse)
            if identity != nil { state = header(TraceContextHeader.state).map(TraceContextHeader.passedOn) ?? "" }
        case .b3: identity = header(B3Header.single).flatMap(B3Header.parse(single:))
        case .b3multi:
            guard let trace = header(B3Header.traceID), let span = header(B3Header.spanID) else { return nil }
            identity = B3Header.parse(traceID: trace, spanID: span, sampled: header(B3Header.sampled), flags: header(B3Header.flags))
        case .jaeger: identity = header(JaegerHeader.name).flatMap(JaegerHeader.parse)
        case .baggage: identity = nil
        }
        return identity.map { TraceContext(identity: $0, state: state, isRemote: true) }
    }

    public func inject<Carrier, Inject>(_ context: InstrumentationContext, into carrier: inout Carrier, using injector: Inject)
    where Inject: Injector, Inject.Carrier == Carrier {
        let state = context.tracingState
        if let state, state.isSuppressed { return }
        for propagator in core.propagators {
            if propagator == .baggage {
                if let text = BaggageHeader.text(context.baggage) { injector.inject(text, forKey: BaggageHeader.name, into: &carrier) }
                continue
            }
            guard let trace = state?.trace else { continue }
            for (name, value) in Self.headers(propagator, trace) { injector.inject(value, forKey: name, into: &carrier) }
        }
    }

    private static func headers(_ propagator: Propagator, _ trace: TraceContext) -> [(String, String)] {
        let identity = trace.identity
        switch propagator {
        case .traceContext:
            let parent = (TraceContextHeader.parent, TraceContextHeader.text(identity))
            return trace.state.isEmpty ? [parent] : [parent, (TraceContextHeader.state, trace.state)]
        case .b3: return [(B3Header.single, B3Header.singleText(identity))]
        case .b3multi:
            return [
                (B3Header.traceID, identity.traceID.description), (B3Header.spanID, identity.spanID.description),
                (B3Header.sampled, identity.isSampled ? "1" : "0"),
            ]
        case .jaeger: return [(JaegerHeader.name, JaegerHeader.text(identity))]
        case .baggage: return []
        }
    }
}
