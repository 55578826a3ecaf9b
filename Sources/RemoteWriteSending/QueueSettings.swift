/// `queue_config`: how a queue of samples is sent. Times in milliseconds.
public struct QueueSettings: Sendable, Hashable {
    /// Items in memory for each shard.
    public var capacity = 10_000
    public var shardsMax = 50
    public var shardsMin = 1
    /// Items of one request.
    public var batchItemsMax = 2_000
    /// How long an item waits for a request to become full.
    public var batchDeadline: Int64 = 5_000
    public var backoffMin: Int64 = 30
    public var backoffMax: Int64 = 5_000
    public var retriesOn429 = false
    /// Items older than this are left out; 0 for no limit.
    public var ageMax: Int64 = 0

    public init() {}
}
