public import PerchWire
public import Tracing

/// A span that has ended: what exporters and tests get.
public struct FinishedSpan: Sendable {
    public var context: TraceContext
    /// The span within which it was, here or in the calling service.
    public var parent: TraceContext?
    public var name: String
    public var kind: SpanKind
    /// Nanoseconds since 1970.
    public var start: UInt64
    /// Nanoseconds since 1970, not before the start.
    public var end: UInt64
    public var attributes: SpanAttributes
    public var events: [SpanEvent]
    public var links: [SpanLink]
    public var status: SpanStatus?
    public var droppedAttributes: Int
    public var droppedEvents: Int
    public var droppedLinks: Int

    public var traceID: TraceID { context.identity.traceID }
    public var spanID: SpanID { context.identity.spanID }

    public var durationNanoseconds: UInt64 { end - start }
    public var isError: Bool { status?.code == .error }
}
