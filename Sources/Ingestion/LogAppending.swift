public import TelemetryModel

/// Where log entries go: the border between taking them in and keeping them, so that another engine can stand in for the local one.
///
/// The call blocks until the data is durable: it belongs on a thread that may block.
public protocol LogAppending: Sendable {
    /// Keeps the entries of a batch. Entries that cannot be kept are counted in the result; all others are durable when this returns.
    func append(_ batch: LogBatch) -> LogAppendOutcome
}

/// What became of a delivery of log entries.
public struct LogAppendOutcome: Sendable, Hashable {
    public enum Status: Sendable, Hashable {
        /// Everything that could be kept is kept; see ``LogAppendOutcome/rejectedEntries``.
        case accepted
        /// Nothing was kept, and trying again after a while may help. HTTP 503 with `Retry-After`, gRPC `UNAVAILABLE` with `RetryInfo`.
        case unavailable
    }

    public var status: Status
    public var acceptedEntries = 0
    /// Entries that were left out because they are wrong, too old or too much.
    public var rejectedEntries = 0
    /// Why: for a person to read. Empty where all is well.
    public var message = ""
    public var retryAfterSeconds: Int?

    public init(_ status: Status) { self.status = status }
}
