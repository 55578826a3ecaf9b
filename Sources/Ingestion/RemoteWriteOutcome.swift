/// What becomes of a remote write request.
public struct RemoteWriteOutcome: Sendable, Hashable {
    /// What the answer says; each case is one HTTP status.
    public enum Status: Sendable, Hashable {
        /// 204: all is kept.
        case accepted
        /// 400: something was rejected for good, the rest is kept; or the body is malformed and nothing is kept.
        case rejected
        /// 413: more bytes than are taken.
        case tooLarge
        /// 415: a message, media type or encoding that is not taken.
        case unsupported
        /// 429: this sender is too fast; nothing is kept.
        case tooManyRequests
        /// 503: nothing is kept, the same request may succeed later.
        case unavailable
    }

    public var status: Status
    /// What is durable now, for the `X-Prometheus-Remote-Write-…-Written` headers.
    public var samplesWritten = 0
    public var histogramsWritten = 0
    public var exemplarsWritten = 0
    /// One line for the sender; empty where all is well.
    public var message = ""
    /// Seconds after which trying again makes sense.
    public var retryAfterSeconds: Int?

    public init(_ status: Status, _ message: String = "", retryAfterSeconds: Int? = nil) {
        self.status = status
        self.message = message
        self.retryAfterSeconds = retryAfterSeconds
    }
}
