public import TelemetryModel

/// One thing that happened to an alert, kept so that anybody can ask later why somebody was paged, or was not.
public struct AlertEvent: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        // What rules decide.
        case pending, firing
        /// The expression no longer holds; `keep_firing_for` keeps the alert up.
        case keptFiring = "kept_firing"
        case resolved
        /// Was pending, and its expression stopped to hold before `for` was over.
        case inactive
        // What routing decides.
        /// The alert came into a group; ``AlertEvent/routeID`` and ``AlertEvent/receiver`` say which.
        case grouped
        case silenced
        case inhibited
        /// A mute time interval holds, or no active one does.
        case muted
        /// What kept it back no longer does.
        case released
        // What became of notifications.
        case notified
        /// An attempt failed and another one follows.
        case deliveryFailed = "delivery_failed"
        /// No further attempt is made for this flush of the group; the group's next flush tries again.
        case deliveryGivenUp = "delivery_given_up"
    }

    public var time: Timestamp
    public var kind: Kind
    public var fingerprint: AlertFingerprint
    public var labels: LabelSet
    /// The rule, `group/alert` of `file`, for what rules decide; else empty.
    public var rule: String
    public var routeID: String
    public var groupKey: String
    public var receiver: String
    /// `email[0]`; empty where none took part.
    public var integration: String
    /// What decided: ids of silences, fingerprints of inhibiting alerts (16 digits), names of time intervals.
    public var decidedBy: [String]
    /// One sentence for people: the value of the expression, the reason of a failure.
    public var detail: String
    /// What was sent; empty for other kinds.
    public var payload: String

    public init(
        time: Timestamp, kind: Kind, labels: LabelSet, rule: String = "", routeID: String = "", groupKey: String = "",
        receiver: String = "", integration: String = "", decidedBy: [String] = [], detail: String = "", payload: String = ""
    ) {
        self.time = time
        self.kind = kind
        self.fingerprint = AlertFingerprint(labels)
        self.labels = labels
        self.rule = rule
        self.routeID = routeID
        self.groupKey = groupKey
        self.receiver = receiver
        self.integration = integration
        self.decidedBy = decidedBy
        self.detail = detail
        self.payload = payload
    }
}
