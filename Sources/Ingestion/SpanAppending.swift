public import OTLPFormat

/// Where spans go: the border between taking spans in and keeping them, so that another engine can stand in for the local one.
///
/// Every receiver hands spans over in the bytes of OTLP (`ExportTraceServiceRequest`), which is also what the journal keeps. The call
/// blocks until the data is durable: it belongs on a thread that may block.
public protocol SpanAppending: Sendable {
    /// Keeps the spans of a message that was decompressed. Spans that cannot be kept are counted in the result; all others are durable when
    /// this returns. A message that cannot be read is refused as a whole, before anything of it is kept.
    func append(otlp message: UnsafeRawBufferPointer) -> SpanAppendOutcome

    /// The same for a message that was scanned already.
    ///
    /// - Parameter scan: what a scan of exactly this message found.
    func append(otlp message: UnsafeRawBufferPointer, scan: SpanScan) -> SpanAppendOutcome
}

extension SpanAppending {
    public func append(otlp message: UnsafeRawBufferPointer, scan: SpanScan) -> SpanAppendOutcome { append(otlp: message) }
}

/// What became of a delivery of spans.
public struct SpanAppendOutcome: Sendable, Hashable {
    public enum Status: Sendable, Hashable {
        /// Everything that could be kept is kept; see ``SpanAppendOutcome/rejectedSpans``.
        case accepted
        /// The message cannot be read: do not send it again. HTTP 400, gRPC `INVALID_ARGUMENT`.
        case malformed
        /// The message or a span is larger than may be. HTTP 413, gRPC `RESOURCE_EXHAUSTED` without `RetryInfo`.
        case tooLarge
        /// Nothing was kept, and trying again after a while may help. HTTP 503 with `Retry-After`, gRPC `UNAVAILABLE` with `RetryInfo`.
        case unavailable
        /// The sender is over its rate. HTTP 429 with `Retry-After`, gRPC `UNAVAILABLE` with `RetryInfo`.
        case tooManyRequests
    }

    public var status: Status
    public var acceptedSpans = 0
    /// Spans that were left out because they are wrong or too much; never those that sampling left out.
    public var rejectedSpans = 0
    /// Why: for a person to read. Empty where all is well.
    public var message = ""
    public var retryAfterSeconds: Int?

    public init(_ status: Status) { self.status = status }
}
