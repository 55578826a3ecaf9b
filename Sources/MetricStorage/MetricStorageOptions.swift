/// How a metric storage behaves. Every limit has a default that fits one machine of moderate size.
public struct MetricStorageOptions: Sendable {
    /// How long samples are kept that no rule says otherwise of, in milliseconds; nil keeps them for ever.
    public var retention: Int64? = 30 * 86_400_000
    /// How long samples of some series are kept; of several rules that a series passes the first counts.
    public var retentionRules: [RetentionRule] = []
    /// Bytes that the folder may take on the disk before the oldest days go; nil for any number.
    public var retentionBytesMax: Int?
    /// Which rollups are made, and how long they are kept.
    public var rollups = [
        RollupKeeping(.fiveMinutes, keep: 90 * 86_400_000), RollupKeeping(.hour, keep: 730 * 86_400_000),
    ]
    /// How far ahead of the clock a sample may be, in milliseconds.
    public var futureLimit: Int64 = 2 * 86_400_000
    /// How often the journal is synced to disk, in milliseconds; nil syncs every append before it returns.
    public var journalSync: Int64? = 1000
    /// Bytes of samples in memory at which the head is sealed.
    public var headBytesMax = 24 << 20
    /// Age of the oldest sample in memory, by arrival, at which the head is sealed, in milliseconds.
    public var headAgeMax: Int64 = 90 * 60_000
    /// Series that may be active at once; samples of further new ones are rejected.
    public var activeSeriesMax = 20_000_000
    /// Bytes that the labels of all active series may come to; samples of further new ones are rejected.
    public var activeLabelBytesMax = 4 << 30
    /// Exemplars kept in memory per series; sealed ones are all kept.
    public var exemplarsPerSeriesMax = 64
    /// Metric families that metadata is kept of.
    public var metadataFamiliesMax = 100_000
    /// Bytes of decompressed pages kept for reading again.
    public var pageCacheBytesMax = 16 << 20
    /// Bytes of label sets and index lists of shards kept decoded for looking up again.
    public var indexCacheBytesMax = 16 << 20
    /// How fast shards are read again and again, to find damage.
    public var scrub = ScrubPace.weekly
    /// Whether opening the storage reads the journal back as well. Without, the owner calls ``MetricStorage/start()``, and until that is done
    /// everything else is refused.
    public var startsAtOnce = true
    /// Whether what the first queries will want is read from the newest shards as soon as the storage is opened, beside all else.
    public var preparesQueries = false
    /// Whether sealing, merging, retention and syncing go on by themselves in the background. Without, the owner calls
    /// ``MetricStorage/maintain()``.
    public var runsInBackground = true
    /// Told what an operator should know: one line per event.
    public var report: @Sendable (MetricStorageEvent) -> Void = { _ in }
    /// Called at named steps of sealing and merging. For tests that stop the process there.
    public var stepReached: (@Sendable (MetricStorageStep) -> Void)?

    public init() {}
}

/// How fast the shards are read to find damage before somebody needs what is damaged.
public enum ScrubPace: Sendable, Hashable {
    case off
    /// All of it about once in a week; no slower than 64 KiB/s.
    case weekly
    case bytesPerSecond(Int)
}

/// Something that an operator should know.
public enum MetricStorageEvent: Sendable {
    /// The journal is being read back after a start: so many of its entries are.
    case replaying(entries: Int, of: Int)
    /// The journal was read back after a start.
    case replayed(samples: Int, milliseconds: Int64)
    /// A file or a part of one is damaged and was set aside; the rest serves on.
    case damaged(file: String, reason: String)
    /// A damaged file was written anew from what could be read of it; so many faults are left.
    case mended(file: String, left: Int)
    /// Data of a whole file was deleted.
    case deleted(file: String, reason: DeletionReason)
    /// Series were taken out of a day that are kept for a shorter time than others.
    case removed(file: String)
    /// The head was written to shards.
    case sealed(samples: Int, series: Int, milliseconds: Int64)
    /// Background work failed and will be tried again.
    case failed(work: String, reason: String)
}

/// Why data was deleted.
public enum DeletionReason: String, Sendable {
    /// It is older than the retention.
    case age
    /// The folder takes more bytes than it may.
    case size
}

/// Points at which a crash would be most telling.
public enum MetricStorageStep: String, Sendable, CaseIterable {
    case journalAppended, headRotated, shardWriting, shardCommitted, allShardsCommitted, segmentDropped, mergeWriting, mergeCommitted
    case retiredPagesDeleted, replaying, deletionWriting, deletionCommitted, erased
    case rollupWriting, rollupCommitted
}
