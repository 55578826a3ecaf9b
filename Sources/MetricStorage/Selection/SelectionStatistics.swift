public import TelemetryModel

/// Where the samples of a selection were read from.
public struct SelectionStatistics: Sendable, Hashable {
    /// What was read of the shard of one day.
    public struct Shard: Sendable, Hashable {
        /// The time at which the day starts.
        public var day: Timestamp
        /// Series of the selection that have samples in the shard.
        public var series: Int
        /// Pages that were opened so far, from the file or from memory, each counted once.
        public var pages: Int
        /// Their stored size.
        public var bytes: Int
    }

    /// Series of the selection that have samples in the head.
    public var headSeries: Int
    /// The oldest first.
    public var shards: [Shard]

    public init(headSeries: Int, shards: [Shard]) {
        self.headSeries = headSeries
        self.shards = shards
    }
}
