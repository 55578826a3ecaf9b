/// How the context of a trace travels between services. A tracer may use several: each reads what it knows, the first that finds a span
/// counts, and all write.
public enum Propagator: String, Sendable, Hashable, CaseIterable {
    /// `traceparent` and `tracestate` (W3C Trace Context).
    case traceContext = "tracecontext"
    /// `baggage` (W3C Baggage).
    case baggage
    /// `b3`, Zipkin's single header.
    case b3
    /// `X-B3-TraceId` and its sisters, Zipkin's several headers.
    case b3multi
    /// `uber-trace-id` and `uberctx-…`, Jaeger's headers.
    case jaeger
}
