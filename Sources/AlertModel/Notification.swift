public import TelemetryModel

/// One entry of a receiver, such as its second webhook: what notifications go out through, and what is logged about them.
public struct IntegrationID: Sendable, Hashable, Comparable, CustomStringConvertible {
    public var receiver: String
    /// The key of the section without `_configs`: `email`, `webhook`, `slack`, `msteamsv2`.
    public var kind: String
    /// Place among the entries of its kind in the receiver, from 0.
    public var index: Int

    public init(receiver: String, kind: String, index: Int) {
        self.receiver = receiver
        self.kind = kind
        self.index = index
    }

    /// As Alertmanager writes it in its logs: `team-x/email[0]`.
    public var description: String { "\(receiver)/\(kind)[\(index)]" }

    public static func < (left: Self, right: Self) -> Bool {
        (left.receiver, left.kind, left.index) < (right.receiver, right.kind, right.index)
    }
}

/// What is to be told through one integration: a group of alerts as it is at one moment.
public struct Notification: Sendable, Hashable {
    /// Why it is sent.
    public enum Reason: String, Sendable, Hashable, CaseIterable {
        /// The group is told of for the first time.
        case first
        /// An alert fires that was not told of.
        case newAlerts = "new_alerts"
        /// An alert has ended.
        case resolved
        /// Nothing changed within the repeat interval.
        case repeated
    }

    /// Tells this notification from all others that the same process sends; attempts to send it again keep it.
    public var id: UInt64
    public var integration: IntegrationID
    /// Alertmanager's text for route and group, `{}/{severity="page"}:{alertname="Down"}`.
    public var groupKey: String
    /// The route that made the group, `{}/{severity="page"}/0`: unique also where two routes have the same matchers.
    public var routeID: String
    /// The labels that the group is made by.
    public var groupLabels: LabelSet
    /// Firing and, where the integration wants them, ended alerts; sorted as Alertmanager sorts them for templates. Never empty.
    public var alerts: [Alert]
    /// The moment that says which alerts have ended.
    public var now: Timestamp
    public var reason: Reason
    /// The route's, in milliseconds.
    public var repeatInterval: Int64
    /// The route's own labels (`labels`), sorted by name; values may be templates.
    public var routeLabels: [Label]

    public init(
        id: UInt64, integration: IntegrationID, groupKey: String, routeID: String, groupLabels: LabelSet, alerts: [Alert],
        now: Timestamp, reason: Reason, repeatInterval: Int64, routeLabels: [Label] = []
    ) {
        self.id = id
        self.integration = integration
        self.groupKey = groupKey
        self.routeID = routeID
        self.groupLabels = groupLabels
        self.alerts = alerts
        self.now = now
        self.reason = reason
        self.repeatInterval = repeatInterval
        self.routeLabels = routeLabels
    }
}

/// What came of one attempt to send a notification.
public struct DeliveryAttempt: Sendable, Hashable {
    public enum Outcome: Sendable, Hashable {
        case delivered
        /// Worth another attempt, after this many milliseconds at least where the receiver said so.
        case retry(after: Int64?)
        /// Another attempt would fail in the same way.
        case refused
    }

    public var outcome: Outcome
    /// One line for people: what the receiver answered, or what went wrong. Holds no secret.
    public var detail: String
    /// What was sent, as text; secrets are left out, and what is long is cut.
    public var payload: String
    public var startedAt: Timestamp
    public var endedAt: Timestamp

    public init(outcome: Outcome, detail: String, payload: String, startedAt: Timestamp, endedAt: Timestamp) {
        self.outcome = outcome
        self.detail = detail
        self.payload = payload
        self.startedAt = startedAt
        self.endedAt = endedAt
    }
}

/// Sends notifications. A call returns after one attempt; it never throws and heeds cancellation of its task.
public protocol NotificationSending: Sendable {
    /// - Parameter deadline: when to give up, in milliseconds since 1970.
    func send(_ notification: Notification, deadline: Timestamp) async -> DeliveryAttempt
}

/// What was last told of a group through an integration, so that nobody is told twice.
public struct NotificationLogEntry: Sendable, Hashable {
    public struct Key: Sendable, Hashable {
        public var groupKey: String
        public var integration: IntegrationID

        public init(groupKey: String, integration: IntegrationID) {
            self.groupKey = groupKey
            self.integration = integration
        }
    }

    public var key: Key
    /// When it was told.
    public var timestamp: Timestamp
    /// The alerts that were firing, sorted.
    public var firing: [AlertFingerprint]
    /// The alerts that had ended, sorted.
    public var resolved: [AlertFingerprint]
    /// When nobody asks for it any more.
    public var expiresAt: Timestamp

    public init(
        key: Key, timestamp: Timestamp, firing: [AlertFingerprint], resolved: [AlertFingerprint], expiresAt: Timestamp
    ) {
        self.key = key
        self.timestamp = timestamp
        self.firing = firing
        self.resolved = resolved
        self.expiresAt = expiresAt
    }
}
