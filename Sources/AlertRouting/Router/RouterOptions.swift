public import AlertModel

/// What is to be known of an integration to decide what is sent through it.
public struct IntegrationSettings: Sendable, Hashable {
    public var id: IntegrationID
    /// Whether it is told of alerts that have ended.
    public var sendResolved: Bool

    public init(id: IntegrationID, sendResolved: Bool) {
        self.id = id
        self.sendResolved = sendResolved
    }
}

/// What no configuration file says of routing.
public struct RouterOptions: Sendable, Hashable {
    /// What the lengths of pauses between attempts are drawn with.
    public var seed: UInt64 = 0
    /// How long expired silences, and entries of the notification log, are kept; 120 h as Alertmanager's `--data.retention`.
    public var retentionMilliseconds: Int64 = 432_000_000
    /// How often what nobody asks for any more is looked for; 15 min.
    public var collectionIntervalMilliseconds: Int64 = 900_000
    /// How long after the start no group is told of, so that alerts which keep others back can come again first; 0 as Alertmanager's
    /// `--dispatch.start-delay`.
    public var startDelayMilliseconds: Int64 = 0
    /// The most alerts of a notification for which every failed attempt is an event of each of them; beyond, repeated ones are events of the first.
    public var alertsWithEveryAttemptMax = 100

    public init() {}

    public init(seed: UInt64) { self.seed = seed }
}
