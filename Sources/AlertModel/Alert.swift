public import TelemetryModel

/// One alert as rules send it and as it is routed: Alertmanager's, with times in milliseconds.
///
/// Two alerts with the same labels are the same alert; what differs is news of it.
public struct Alert: Sendable, Hashable {
    /// What tells the alert from others; `alertname` among them. Labels with empty values are not there.
    public var labels: LabelSet
    /// What people read, sorted by name; values may be empty.
    public var annotations: [Label]
    /// When it began to fire.
    public var startsAt: Timestamp
    /// When it ended, or when it is to be taken as ended unless there is news of it before.
    public var endsAt: Timestamp
    /// When it was last heard of.
    public var updatedAt: Timestamp
    /// Where the alert comes from, usually a link to the expression; may be empty.
    public var generatorURL: String
    /// Whether ``endsAt`` was not sent but is the time of the last news plus `resolve_timeout`.
    public var endsByTimeout: Bool

    public init(
        labels: LabelSet, annotations: [Label] = [], startsAt: Timestamp, endsAt: Timestamp, updatedAt: Timestamp,
        generatorURL: String = "", endsByTimeout: Bool = false
    ) {
        self.labels = labels
        self.annotations = annotations.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        self.startsAt = startsAt
        self.endsAt = endsAt
        self.updatedAt = updatedAt
        self.generatorURL = generatorURL
        self.endsByTimeout = endsByTimeout
    }

    /// The value of `alertname`; empty where there is none.
    public var name: String { labels["alertname"] ?? "" }

    public var fingerprint: AlertFingerprint { AlertFingerprint(labels) }

    /// Whether the alert has ended at a moment, as Alertmanager decides it: an end at that very moment counts.
    public func isResolved(at now: Timestamp) -> Bool { endsAt <= now }
}
