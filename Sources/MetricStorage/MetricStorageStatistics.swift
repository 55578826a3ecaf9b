/// Numbers about a metric storage, at one moment; counters count since the start of the process.
public struct MetricStorageStatistics: Sendable {
    public internal(set) var activeSeries = 0
    /// Bytes of the labels of the active series.
    public internal(set) var activeLabelBytes = 0
    public internal(set) var seriesCreated = 0
    public internal(set) var seriesRemoved = 0
    public internal(set) var samplesAppended = 0
    public internal(set) var histogramsAppended = 0
    public internal(set) var exemplarsAppended = 0
    public internal(set) var samplesRejected = 0
    /// Appends that failed as a whole, such as for a full disk.
    public internal(set) var appendsFailed = 0
    /// Bytes of samples in memory that are not sealed yet.
    public internal(set) var headBytes = 0
    /// Samples in memory that are not sealed yet.
    public internal(set) var headSamples = 0
    /// Bytes of labels and of the index of the head.
    public internal(set) var headIndexBytes = 0
    public internal(set) var journalSegments = 0
    public internal(set) var journalBytes = 0
    public internal(set) var journalRowsWritten = 0
    public internal(set) var journalBytesWritten = 0
    public internal(set) var journalSyncs = 0
    public internal(set) var samplesReplayed = 0
    public internal(set) var replayMilliseconds = 0
    public internal(set) var shards = 0
    /// Bytes of all shard files with their logs.
    public internal(set) var shardBytes = 0
    public internal(set) var pages = 0
    /// Samples in pages (a sample that waits for a merge in two pages counts twice).
    public internal(set) var pageSamples = 0
    /// Bytes of page payloads.
    public internal(set) var pageBytes = 0
    public internal(set) var seals = 0
    public internal(set) var sealMilliseconds = 0
    public internal(set) var merges = 0
    public internal(set) var mergeMilliseconds = 0
    public internal(set) var pagesRead = 0
    public internal(set) var pageCacheHits = 0
    /// Bytes of pages kept decompressed.
    public internal(set) var pageCacheBytes = 0
    /// Bytes of label sets and index lists of shards kept decoded.
    public internal(set) var indexCacheBytes = 0
    /// Files of rollups, one for each month and resolution.
    public internal(set) var rollupShards = 0
    /// Bytes of these files with their logs.
    public internal(set) var rollupBytes = 0
    /// How often the rollups of one resolution were made of a day.
    public internal(set) var rollups = 0
    public internal(set) var rollupSamples = 0
    public internal(set) var rollupMilliseconds = 0
    public internal(set) var damagedFiles = 0
    public internal(set) var shardsDeleted = 0
    /// Bytes of shards that were read to find damage.
    public internal(set) var scrubbedBytes = 0
    /// How often all shards were read for that.
    public internal(set) var scrubRounds = 0
    /// Series taken out of a day by a rule of the retention, counted for each day.
    public internal(set) var seriesDropped = 0
}
