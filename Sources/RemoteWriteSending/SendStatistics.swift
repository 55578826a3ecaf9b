public import TelemetryModel

/// Numbers about a queue; counts since it was made.
public struct SendStatistics: Sendable {
    /// Items that were taken to be sent.
    public internal(set) var offered = 0
    public internal(set) var sent = ItemCounts()
    /// Refused by the receiver.
    public internal(set) var failed = ItemCounts()
    public internal(set) var retried = ItemCounts()
    public internal(set) var dropped: [DropReason: ItemCounts] = [:]
    /// In memory, on their way or not.
    public internal(set) var pending = ItemCounts()
    /// Milliseconds; `min` while nothing was.
    public internal(set) var newestOffered: Timestamp = .min
    public internal(set) var newestSent: Timestamp = .min
    /// Batches that may be on their way at once.
    public internal(set) var shards = 1
    /// How many of them would keep up.
    public internal(set) var shardsDesired = 1.0
}
