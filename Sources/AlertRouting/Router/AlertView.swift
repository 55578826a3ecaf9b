public import AlertModel
public import TelemetryModel

/// Whether an alert's notifications are kept back, as the API says it.
public enum AlertState: String, Sendable, Hashable, CaseIterable {
    case active
    case suppressed
}

/// An alert as the API shows it.
public struct AlertView: Sendable, Hashable {
    public var alert: Alert
    public var fingerprint: AlertFingerprint
    public var state: AlertState
    /// Ids of all silences that hold and match, sorted.
    public var silencedBy: [String]
    /// Fingerprints of alerts that inhibit this one; the first that is found, as in Alertmanager.
    public var inhibitedBy: [AlertFingerprint]
    /// Names of time intervals; only within a group, as it is its route that they mute.
    public var mutedBy: [String]
    /// The receivers of all routes that it takes, in the order of the tree; within a group those that were asked for, sorted.
    public var receivers: [String]
}

/// A group of alerts as the API shows it.
public struct AlertGroupView: Sendable, Hashable {
    public var receiver: String
    public var labels: LabelSet
    /// The route's own labels; values may be templates.
    public var routeLabels: [Label]
    public var routeID: String
    public var groupKey: String
    /// The time intervals that mute the route now; none where it is not muted.
    public var mutedBy: [String]
    /// Sorted as in notifications.
    public var alerts: [AlertView]
    /// When it is looked at next.
    public var nextFlush: Timestamp
}
