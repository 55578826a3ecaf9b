/// How alerts are kept.
public struct AlertStorageOptions: Sendable {
    /// Age in milliseconds at which events are deleted; nil where they are kept for ever.
    public var retention: Int64? = 400 * 86_400_000
    /// How long silences stay to be seen after their end, in milliseconds; as long as Alertmanager keeps them.
    public var silenceRetention: Int64 = 120 * 3_600_000
    /// How long alerts that have ended are kept beside their history, in milliseconds: until everybody was told of their end.
    public var alertRetention: Int64 = 86_400_000
    /// A payload that is longer is cut. Bytes of UTF-8.
    public var payloadBytesMax = 64 << 10
    /// A detail that is longer is cut. Bytes of UTF-8.
    public var detailBytesMax = 4 << 10
    /// How long events wait for others to be written with; what is urgent is written at once.
    public var delayMilliseconds = 250
    /// Events that wait at most while the disk is full; the oldest go beyond that.
    public var pendingEventsMax = 200_000
    /// Bytes that they take in memory at most.
    public var pendingEventBytesMax = 128 << 20
    /// The longest pause between two attempts to write after a failure, in milliseconds.
    public var retryMillisecondsMax = 10_000
    /// Told what an operator should know.
    public var report: @Sendable (AlertStorageEvent) -> Void = { _ in }

    public init() {}
}

/// Something about the storage of alerts that an operator should know.
public enum AlertStorageEvent: Sendable, Hashable {
    /// Damage was found; what could be read of it goes on.
    case damaged(reason: String)
    /// Nothing could be written; what waits stays in memory, and is tried again. Told once until it works again.
    case failed(reason: String)
    case recovered
    /// Events were dropped from memory because they could not be written for too long.
    case dropped(events: Int)
    /// Events were deleted for their age.
    case deleted(events: Int)
}

/// Numbers about the storage of alerts at one moment; counters count since it was opened.
public struct AlertStorageStatistics: Sendable, Hashable {
    public var eventsWritten = 0
    public var eventsDropped = 0
    public var eventsDeleted = 0
    public var eventsPending = 0
    public var writes = 0
    public var writesFailed = 0
    /// The time that transactions took.
    public var writeMilliseconds = 0
    /// Rows that were not what had been written.
    public var damagedRows = 0
    /// Whether the latest attempt to write failed.
    public var isFailing = false
    /// Bytes of the file and its log on the disk.
    public var bytes = 0

    public init() {}
}
