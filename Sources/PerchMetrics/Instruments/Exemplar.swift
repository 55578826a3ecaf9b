public import PerchWire

/// One observation and the span in which it was made.
public struct Exemplar: Sendable, Hashable {
    public let value: Double
    public let traceID: TraceID
    public let spanID: SpanID
    /// Nanoseconds since 1970.
    public let time: Int64

    public init(value: Double, traceID: TraceID, spanID: SpanID, time: Int64) {
        self.value = value
        self.traceID = traceID
        self.spanID = spanID
        self.time = time
    }
}

/// Tells the sampled span in which the caller is, if any: what histograms take their exemplars from. `PerchTracing` has one that reads the
/// current `ServiceContext`.
public struct ExemplarSource: Sendable {
    let currentSpan: @Sendable () -> SpanIdentity?

    /// - Parameter currentSpan: is called during some observations, so it must be quick and must not allocate. Spans that are not sampled
    ///   are left out.
    public init(_ currentSpan: @escaping @Sendable () -> SpanIdentity?) { self.currentSpan = currentSpan }
}
