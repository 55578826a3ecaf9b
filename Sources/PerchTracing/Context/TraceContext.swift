public import PerchWire
public import Tracing

/// The span that work belongs to, as a `ServiceContext` carries it: its identity, and what vendors add.
public struct TraceContext: Sendable, Hashable {
    public var identity: SpanIdentity
    /// The `tracestate` of the request that began this trace here, to be passed on (W3C Trace Context, section 3.3), or empty.
    public var state: String
    /// Whether the span belongs to the caller in another process.
    public var isRemote: Bool

    public init(identity: SpanIdentity, state: String = "", isRemote: Bool = false) {
        self.identity = identity
        self.state = state
        self.isRemote = isRemote
    }
}

/// What tracing knows of the work that a context belongs to.
struct TracingState: Sendable {
    var trace: TraceContext?
    /// The span around, where it is recorded here.
    var span: RecordingSpan?
    var isSuppressed = false
}

/// A trace that nobody keeps, without flags and `tracestate`. By far the most work belongs to such traces; of these a context holds no object but three
/// numbers, which are copied without references being counted.
struct LeftOutTrace: Sendable {
    let traceID: TraceID
    let spanID: SpanID
}

/// Any other state, as a context holds it.
final class TracingEntry: Sendable {
    let state: TracingState
    /// Whether nothing of a span within can be kept, so that it has nothing to add.
    let isLeftOut: Bool

    init(_ state: TracingState) {
        self.state = state
        isLeftOut = state.isSuppressed || state.trace.map { !$0.identity.isSampled } ?? false
    }
}

/// The entries of which a context has at most one. Keys are looked at first, and say what the value is.
enum TracingEntryKey: InstrumentationContextKey {
    typealias Value = TracingEntry
    static var nameOverride: String? { "perch-tracing" }
}

enum LeftOutTraceKey: InstrumentationContextKey {
    typealias Value = LeftOutTrace
    static var nameOverride: String? { "perch-left-out" }
}

/// Of a trace whose span belongs to the caller in another process.
enum RemoteLeftOutTraceKey: InstrumentationContextKey {
    typealias Value = LeftOutTrace
    static var nameOverride: String? { "perch-remote" }
}

extension TracingState {
    /// The trace, where nothing else is to be said of the state.
    fileprivate var leftOut: LeftOutTrace? {
        guard let trace, trace.identity.flags == 0, trace.state.isEmpty, span == nil, !isSuppressed else { return nil }
        return LeftOutTrace(traceID: trace.identity.traceID, spanID: trace.identity.spanID)
    }

    init(_ leftOut: LeftOutTrace, isRemote: Bool) {
        let identity = SpanIdentity(traceID: leftOut.traceID, spanID: leftOut.spanID, flags: 0)
        self.init(trace: TraceContext(identity: identity, isRemote: isRemote))
    }
}

extension InstrumentationContext {
    var tracingState: TracingState? {
        let count = count
        if count == 0 { return nil }
        // A look-up costs a hash and a cast by type, so that of few entries each is looked at in less time.
        if count <= 4 { return foundTracingState() }
        if let entry = self[TracingEntryKey.self] { return entry.state }
        if let trace = self[LeftOutTraceKey.self] { return TracingState(trace, isRemote: false) }
        return self[RemoteLeftOutTraceKey.self].map { TracingState($0, isRemote: true) }
    }

    mutating func setTracingState(_ state: TracingState) {
        let before = count
        let leftOut = state.leftOut
        let isRemote = state.trace?.isRemote ?? false
        if let leftOut {
            if isRemote { self[RemoteLeftOutTraceKey.self] = leftOut } else { self[LeftOutTraceKey.self] = leftOut }
        } else {
            self[TracingEntryKey.self] = TracingEntry(state)
        }
        // Nearly always there was none, or it had the same key.
        if before == 0 || count == before { return }
        if leftOut != nil { self[TracingEntryKey.self] = nil }
        if leftOut == nil || isRemote { self[LeftOutTraceKey.self] = nil }
        if leftOut == nil || !isRemote { self[RemoteLeftOutTraceKey.self] = nil }
    }

    /// The span that this work belongs to.
    public var traceContext: TraceContext? {
        get { tracingState?.trace }
        set { setTracingState(TracingState(trace: newValue, isSuppressed: isTelemetrySuppressed)) }
    }

    /// Whether nothing is recorded of this work, nor passed on with its requests: what an exporter does in order not to trace itself.
    public var isTelemetrySuppressed: Bool {
        get { tracingState?.isSuppressed ?? false }
        set {
            var state = tracingState ?? TracingState()
            state.isSuppressed = newValue
            setTracingState(state)
        }
    }

    /// Runs work of which nothing is recorded.
    public static func withTelemetrySuppressed<Result>(
        isolation: isolated (any Actor)? = #isolation, _ work: () async throws -> Result
    ) async rethrows -> Result {
        var context = InstrumentationContext.topLevel
        context.isTelemetrySuppressed = true
        return try await InstrumentationContext.withValue(context, operation: work)
    }
}

/// The span in which the caller is: what `PerchMetrics` takes exemplars from and `PerchLogging` names in its lines.
///
///     MetricRegistry(exemplars: ExemplarSource(CurrentSpan.identity))
public enum CurrentSpan {
    @Sendable
    public static func identity() -> SpanIdentity? { InstrumentationContext.current?.traceContext?.identity }
}
