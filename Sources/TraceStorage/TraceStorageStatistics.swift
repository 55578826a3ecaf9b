/// Numbers about a trace storage, at one moment; counters count since the start of the process.
public struct TraceStorageStatistics: Sendable {
    public internal(set) var spansAppended = 0
    public internal(set) var spansRejected = 0
    /// Appends that failed as a whole, such as for a full disk.
    public internal(set) var appendsFailed = 0
    /// Spans in memory that are not sealed yet.
    public internal(set) var headSpans = 0
    public internal(set) var headBytes = 0
    public internal(set) var journalSegments = 0
    public internal(set) var journalBytes = 0
    public internal(set) var journalRowsWritten = 0
    public internal(set) var journalBytesWritten = 0
    public internal(set) var journalSyncs = 0
    public internal(set) var spansReplayed = 0
    public internal(set) var replayMilliseconds = 0
    public internal(set) var shards = 0
    /// Bytes of all shard files with their logs.
    public internal(set) var shardBytes = 0
    public internal(set) var blocks = 0
    public internal(set) var blockSpans = 0
    /// Bytes of the blocks' columns.
    public internal(set) var blockBytes = 0
    public internal(set) var seals = 0
    public internal(set) var sealMilliseconds = 0
    public internal(set) var merges = 0
    public internal(set) var mergeMilliseconds = 0
    public internal(set) var columnsRead = 0
    public internal(set) var columnCacheHits = 0
    public internal(set) var damagedFiles = 0
    public internal(set) var shardsDeleted = 0
    /// Spans taken out of shards by a rule of the retention.
    public internal(set) var spansDropped = 0
    public internal(set) var scrubbedBytes = 0
    public internal(set) var scrubRounds = 0
}
