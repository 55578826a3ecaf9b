public import LabelMatching

/// How long the entries of some streams are kept.
public struct LogRetentionRule: Sendable, Hashable {
    /// The streams that it speaks of.
    public var selector: LabelSelector
    /// Age in nanoseconds at which their entries go; nil keeps them for ever.
    public var keep: Int64?

    public init(_ selector: LabelSelector, keep: Int64?) {
        self.selector = selector
        self.keep = keep
    }
}

/// How a log storage behaves. Every limit has a default that fits one machine of moderate size. Times are nanoseconds.
public struct LogStorageOptions: Sendable {
    /// How long entries are kept that no rule says otherwise of; nil keeps them for ever.
    public var retention: Int64? = 14 * 86_400_000_000_000
    /// How long entries of some streams are kept; of several rules that a stream passes the first counts.
    public var retentionRules: [LogRetentionRule] = []
    /// Bytes that the folder may take on the disk before the oldest days go; nil for any number.
    public var retentionBytesMax: Int?
    /// How far ahead of the clock an entry may be.
    public var futureLimit: Int64 = 2 * 86_400_000_000_000
    /// The longest line that is taken.
    public var lineBytesMax = 4 << 20
    /// How often the journal is synced to disk, in milliseconds; nil syncs every append before it returns.
    public var journalSync: Int64? = 1000
    /// Entries in memory at which they are sealed.
    public var headEntriesMax = 32_768
    /// Bytes of entries in memory at which they are sealed.
    public var headBytesMax = 14 << 20
    /// Age of the oldest entry in memory, by arrival, at which all are sealed, in milliseconds.
    public var headAgeMax: Int64 = 30 * 60_000
    /// Entries that a block has at most; smaller blocks are merged up to that. A query that wants few lines of a block reads whole columns of it, so
    /// that larger blocks cost it more than their better compression is worth.
    public var blockEntriesMax = 49_152
    /// Bytes of lines that a block has at most, unless a single line has more.
    public var blockLineBytesMax = 20 << 20
    /// Bytes of decompressed columns kept for reading again.
    public var columnCacheBytesMax = 96 << 20
    /// How fast shards are read again and again, to find damage, in bytes a second; 0 for not at all, nil for all of it about once in a week.
    public var scrubBytesPerSecond: Int?
    /// Whether sealing, merging, retention and syncing go on by themselves in the background. Without, the owner calls
    /// ``LogStorage/maintain()``.
    public var runsInBackground = true
    /// Told what an operator should know: one line per event.
    public var report: @Sendable (LogStorageEvent) -> Void = { _ in }
    /// Called at named steps of sealing and merging. For tests that stop the process there.
    public var stepReached: (@Sendable (LogStorageStep) -> Void)?

    public init() {}
}

/// Something that an operator should know.
public enum LogStorageEvent: Sendable {
    /// The journal was read back after a start.
    case replayed(entries: Int, milliseconds: Int64)
    /// A file or a part of one is damaged and was set aside; the rest serves on.
    case damaged(file: String, reason: String)
    /// A damaged file was written anew from what could be read of it; so many faults are left.
    case mended(file: String, left: Int)
    /// Data of a whole file was deleted, for its age or for the size of all.
    case deleted(file: String, reason: String)
    /// Streams of a file were deleted, for their age.
    case removed(file: String)
    /// The head was written to shards.
    case sealed(entries: Int, milliseconds: Int64)
    /// Background work failed and will be tried again.
    case failed(work: String, reason: String)
}
