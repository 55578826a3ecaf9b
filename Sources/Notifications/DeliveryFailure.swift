/// Why a notification was not delivered.
struct DeliveryFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// The raw values are Alertmanager's reasons, in its metric of failed notifications, and two more.
    enum Reason: String, Sendable, Hashable, CaseIterable {
        case clientError, serverError, authError, rateLimited
        case canceled = "contextCanceled"
        case timeout = "contextDeadlineExceeded"
        /// A template, a file of a secret, or an address that cannot be used.
        case configuration
        /// Nothing came back that could be understood.
        case connection
        case other
    }

    let reason: Reason
    /// One line for people.
    let description: String
    /// Whether another attempt may succeed.
    let isRetried: Bool
    /// When, in milliseconds, where the receiver said so.
    let retryAfter: Int64?

    init(_ reason: Reason, _ description: String, isRetried: Bool = false, retryAfter: Int64? = nil) {
        self.reason = reason
        self.description = description
        self.isRetried = isRetried
        self.retryAfter = retryAfter
    }

    static func timeout(_ what: String) -> DeliveryFailure { DeliveryFailure(.timeout, "\(what) did not answer in time", isRetried: true) }
    static let canceled = DeliveryFailure(.canceled, "sending was cancelled", isRetried: true)
}
