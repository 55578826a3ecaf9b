internal import ShardStorage

/// Which state of the samples a day's rollups were made of: the revision of the day's shard, and that of the start of the next day's shard, where
/// the last bucket ends.
typealias RollupMark = ShardMark
