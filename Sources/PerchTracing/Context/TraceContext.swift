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

/// All that tracing keeps in a context: one entry, and an object, since each look-up and each copy costs.
final class TracingState: Sendable {
    let trace: TraceContext?
    /// The span around, where it is recorded here.
    let span: RecordingSpan?
    let isSuppressed: Bool
    /// Whether a trace is under way that nobody keeps, so that a span within it has nothing to add.
    let isLeftOut: Bool

    init(trace: TraceContext? = nil, span: RecordingSpan? = nil, isSuppressed: Bool = false) {
        self.trace = trace
        self.span = span
        self.isSuppressed = isSuppressed
        isLeftOut = trace.map { !$0.identity.isSampled } ?? false
    }
}

enum TracingStateKey: InstrumentationContextKey {
    typealias Value = TracingState
    static var nameOverride: String? { "perch-tracing" }
}

extension InstrumentationContext {
    var tracingState: TracingState? {
        get {
            let count = count
            if count == 0 { return nil }
            // A look-up costs a hash and a cast by type, so that of few entries each is looked at in less time.
            return count <= 4 ? foundTracingState() : self[TracingStateKey.self]
        }
        set { self[TracingStateKey.self] = newValue }
    }

    /// The span that this work belongs to.
    public var traceContext: TraceContext? {
        get { tracingState?.trace }
        set { tracingState = TracingState(trace: newValue, span: nil, isSuppressed: isTelemetrySuppressed) }
    }

    /// Whether nothing is recorded of this work, nor passed on with its requests: what an exporter does in order not to trace itself.
    public var isTelemetrySuppressed: Bool {
        get { tracingState?.isSuppressed ?? false }
        set {
            let state = tracingState
            tracingState = TracingState(trace: state?.trace, span: state?.span, isSuppressed: newValue)
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
