internal import Ingestion

/// What becomes of a message with metric points, spans or log entries, as far as that is the same for all of them.
protocol DeliveryOutcome: Sendable {
    /// What messages hold, for people: `metric points`.
    static var items: String { get }

    var acceptedItems: Int { get }
    /// Those that were left out because they are wrong or too much.
    var rejectedItems: Int { get }
    /// What became of the message, as the value of a metric's label.
    var label: String { get }

    /// What the sender of a message is answered that nobody looked at.
    init(refusal: DeliveryRefusal)
}

/// Why nobody looked at a message.
enum DeliveryRefusal: Sendable {
    /// It cannot be read.
    case malformed(String)
    /// It has more bytes than may be, as sent or decompressed.
    case tooLarge(bytesMax: Int)
    /// Too many messages are being taken.
    case noRoom
    /// Its client is over a limit.
    case overRate(ClientLimiter.Refusal)
    /// The server cannot at the moment.
    case unable(String)

    /// Why, for people.
    func message(of items: String) -> String {
        switch self {
        case .malformed(let reason), .unable(let reason): reason
        case .tooLarge(let bytesMax): "the body has more than \(bytesMax) bytes, as sent or decompressed"
        case .noRoom: "too many \(items) are being taken at the moment"
        case .overRate(let refusal): refusal.message
        }
    }

    /// When coming again may help; nil where it does not.
    var retryAfterSeconds: Int? {
        switch self {
        case .malformed, .tooLarge: nil
        case .noRoom, .unable: 1
        case .overRate(let refusal): refusal.retryAfterSeconds
        }
    }
}

extension MetricDeliveryOutcome: DeliveryOutcome {
    static var items: String { "metric points" }

    var acceptedItems: Int { acceptedPoints }
    var rejectedItems: Int { rejectedPoints }

    var label: String {
        switch status {
        case .accepted: "accepted"
        case .malformed: "malformed"
        case .tooLarge: "too_large"
        case .unavailable: "unavailable"
        case .tooManyRequests: "too_many_requests"
        }
    }

    init(refusal: DeliveryRefusal) {
        let status: Status =
            switch refusal {
            case .malformed: .malformed
            case .tooLarge: .tooLarge
            case .noRoom, .unable: .unavailable
            case .overRate: .tooManyRequests
            }
        self.init(status, refusal.message(of: Self.items), retryAfterSeconds: refusal.retryAfterSeconds)
    }
}

extension SpanAppendOutcome: DeliveryOutcome {
    static var items: String { "spans" }

    var acceptedItems: Int { acceptedSpans }
    var rejectedItems: Int { rejectedSpans }

    var label: String {
        switch status {
        case .accepted: "accepted"
        case .malformed: "malformed"
        case .tooLarge: "too_large"
        case .unavailable: "unavailable"
        case .tooManyRequests: "too_many_requests"
        }
    }

    init(refusal: DeliveryRefusal) {
        switch refusal {
        case .malformed: self.init(.malformed)
        case .tooLarge: self.init(.tooLarge)
        case .noRoom, .unable: self.init(.unavailable)
        case .overRate: self.init(.tooManyRequests)
        }
        message = refusal.message(of: Self.items)
        retryAfterSeconds = refusal.retryAfterSeconds
    }
}

extension LogDeliveryOutcome: DeliveryOutcome {
    static var items: String { "log entries" }

    var acceptedItems: Int { acceptedEntries }
    var rejectedItems: Int { rejectedEntries }

    var label: String {
        switch status {
        case .accepted: "accepted"
        case .malformed: "malformed"
        case .tooLarge: "too_large"
        case .unavailable: "unavailable"
        }
    }

    init(refusal: DeliveryRefusal) {
        let status: Status =
            switch refusal {
            case .malformed: .malformed
            case .tooLarge: .tooLarge
            case .noRoom, .unable, .overRate: .unavailable
            }
        self.init(status, refusal.message(of: Self.items), retryAfterSeconds: refusal.retryAfterSeconds)
        if case .overRate = refusal { isOverRate = true }
    }
}
