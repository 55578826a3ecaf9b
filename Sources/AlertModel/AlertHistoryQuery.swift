public import LabelMatching
public import TelemetryModel

/// Which events of the history are wanted.
public struct AlertHistoryQuery: Sendable {
    /// Events of alerts that pass all matchers of at least one list; empty for all alerts.
    public var matchers: [[LabelMatcher]]
    /// Only events of the alert with this fingerprint.
    public var fingerprint: AlertFingerprint?
    /// Only these kinds; empty for all.
    public var kinds: Set<AlertEvent.Kind>
    /// In milliseconds since 1970, both ends inclusive.
    public var times: ClosedRange<Timestamp>
    /// The most events, the newest of all that fit.
    public var limit: Int
    /// Whether what was sent comes along.
    public var includesPayloads: Bool

    public init(
        matchers: [[LabelMatcher]] = [], fingerprint: AlertFingerprint? = nil, kinds: Set<AlertEvent.Kind> = [],
        times: ClosedRange<Timestamp>, limit: Int = 1_000, includesPayloads: Bool = true
    ) {
        self.matchers = matchers
        self.fingerprint = fingerprint
        self.kinds = kinds
        self.times = times
        self.limit = limit
        self.includesPayloads = includesPayloads
    }
}

/// Events of the history.
public struct AlertHistoryResult: Sendable {
    /// Oldest first.
    public var events: [AlertEvent] = []
    /// Whether there are more, older ones than the limit let through.
    public var isCut = false
    /// Rows that are damaged and left out.
    public var damagedRows = 0
    /// Events whose payloads were left out because those of newer ones are large.
    public var payloadsLeftOut = 0

    public init() {}
}
