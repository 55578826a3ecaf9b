/// What became of a delivery of metric points.
public struct MetricDeliveryOutcome: Sendable, Hashable {
    public enum Status: Sendable, Hashable {
        /// Everything that could be kept is kept; see ``MetricDeliveryOutcome/rejectedPoints``.
        case accepted
        /// The message cannot be read: do not send it again. HTTP 400, gRPC `INVALID_ARGUMENT`.
        case malformed
        /// The message is larger than may be, or holds more points. HTTP 413, gRPC `RESOURCE_EXHAUSTED` without `RetryInfo`.
        case tooLarge
        /// Nothing was kept, and trying again after a while may help. HTTP 503 with `Retry-After`, gRPC `UNAVAILABLE` with `RetryInfo`.
        case unavailable
        /// The sender is over its rate. HTTP 429 with `Retry-After`, gRPC `UNAVAILABLE` with `RetryInfo`.
        case tooManyRequests
    }

    public var status: Status
    public var acceptedPoints = 0
    /// Points that were left out because they are wrong or too much.
    public var rejectedPoints = 0
    /// Why: for a person to read. Empty where all is well.
    public var message = ""
    public var retryAfterSeconds: Int?

    public init(_ status: Status, _ message: String = "", retryAfterSeconds: Int? = nil) {
        self.status = status
        self.message = message
        self.retryAfterSeconds = retryAfterSeconds
    }
}
