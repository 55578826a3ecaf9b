public import AlertModel
public import Rules
public import TelemetryModel

/// What rules would have done in the past, and whom it would have told.
public struct BacktestResult: Sendable {
    public var start: Timestamp
    public var end: Timestamp
    /// In the order of the files.
    public var rules: [RuleReplay] = []
    /// In the order of time; none where there is no routing.
    public var notifications: [ReplayedNotification] = []
    /// What kept notifications back, by kind and what decided.
    public var suppressions: [Suppression] = []
}

/// What became of one alerting rule.
public struct RuleReplay: Sendable {
    public var file: String
    public var group: String
    public var name: String
    public var place: RulePlace
    /// Milliseconds; those that were reckoned with.
    public var hold: Int64
    public var keepFiring: Int64
    public var interval: Int64
    /// In the order in which they began.
    public var alerts: [AlertReplay] = []
    /// How often the rule failed, and why it did first.
    public var faultCount = 0
    public var firstFault = ""
}

/// One alert from its beginning to its end.
public struct AlertReplay: Sendable, Hashable {
    public var labels: LabelSet
    /// When the expression began to hold.
    public var activeAt: Timestamp
    /// nil where it never fired.
    public var firedAt: Timestamp?
    /// nil where it had not ended.
    public var endedAt: Timestamp?
    /// How long `keep_firing_for` kept it up; milliseconds.
    public var keptFor: Int64 = 0

    /// How long it fired within a range of times; milliseconds.
    public func firingTime(in range: TimeRange) -> Int64 {
        guard let firedAt else { return 0 }
        return max(0, min(endedAt ?? range.end, range.end) - max(firedAt, range.start))
    }
}

/// A notification that would have been sent.
public struct ReplayedNotification: Sendable, Hashable {
    public var time: Timestamp
    public var integration: IntegrationID
    public var reason: Notification.Reason
    public var groupKey: String
    public var groupLabels: LabelSet
    /// Alerts that fire.
    public var firing: [LabelSet]
    /// Alerts that have ended.
    public var resolved: [LabelSet]
}

/// How often notifications were kept back.
public struct Suppression: Sendable, Hashable {
    /// `silenced`, `inhibited` or `muted`.
    public var kind: AlertEvent.Kind
    /// Ids of silences, fingerprints of alerts, names of time intervals.
    public var decidedBy: [String]
    /// The number of alerts.
    public var count: Int
}
