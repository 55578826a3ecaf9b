public import OTLPFormat
public import TelemetryModel

/// How a trace storage behaves. Every limit has a default that fits one machine of moderate size.
public struct TraceStorageOptions: Sendable {
    /// How long spans are kept that no rule says otherwise of, in nanoseconds; nil keeps them for ever.
    public var retention: UnixNanoseconds? = 7 * 86_400_000_000_000
    /// How long spans of some resources are kept; of several rules that a resource passes the first counts.
    public var retentionRules: [TraceRetentionRule] = []
    /// Bytes that the folder may take on the disk before the oldest days go; nil for any number.
    public var retentionBytesMax: Int?
    /// How far ahead of the clock a span may start, in nanoseconds.
    public var futureLimit: UnixNanoseconds = 2 * 86_400_000_000_000
    /// How often the journal is synced to disk, in milliseconds; nil syncs every append before it returns.
    public var journalSync: Int64? = 1000
    /// What a message may hold.
    public var limits = SpanScanLimits()
    /// Spans in memory at which they are sealed.
    public var headSpansMax = 65_536
    /// Bytes of spans in memory at which they are sealed.
    public var headBytesMax = 16 << 20
    /// Age of the oldest span in memory, by arrival, at which all are sealed, in milliseconds.
    public var headAgeMax: Int64 = 30 * 60_000
    /// Spans that a block has at most, unless a trace has more; smaller ones are merged up to that.
    public var blockSpansMax = 98_304
    /// Bytes of decompressed columns kept for reading again.
    public var columnCacheBytesMax = 48 << 20
    /// Bytes of tables, as queries read them, kept for the next query.
    public var tableCacheBytesMax = 64 << 20
    /// How fast shards are read again and again, to find damage, in bytes a second; 0 for not at all, nil for all of it about once in a week.
    public var scrubBytesPerSecond: Int?
    /// Whether sealing, merging, retention and syncing go on by themselves in the background. Without, the owner calls
    /// ``TraceStorage/maintain()``.
    public var runsInBackground = true
    /// Told what an operator should know: one line per event.
    public var report: @Sendable (TraceStorageEvent) -> Void = { _ in }
    /// Called at named steps of sealing and merging. For tests that stop the process there.
    public var stepReached: (@Sendable (TraceStorageStep) -> Void)?

    public init() {}
}

/// Something that an operator should know.
public enum TraceStorageEvent: Sendable {
    /// The journal was read back after a start.
    case replayed(spans: Int, milliseconds: Int64)
    /// A file or a part of one is damaged and was set aside; the rest serves on.
    case damaged(file: String, reason: String)
    /// A damaged file was written anew from what could be read of it; so many faults are left.
    case mended(file: String, left: Int)
    /// Data of a whole file was deleted, for its age or for the size of all.
    case deleted(file: String, reason: String)
    /// Spans were taken out of a day that are kept for a shorter time than others.
    case removed(file: String)
    /// The head was written to shards.
    case sealed(spans: Int, traces: Int, milliseconds: Int64)
    /// Background work failed and will be tried again.
    case failed(work: String, reason: String)
}

/// Points at which a crash would be most telling.
public enum TraceStorageStep: String, Sendable, CaseIterable {
    case journalAppended, headRotated, shardWriting, shardCommitted, allShardsCommitted, segmentDropped, mergeWriting, mergeCommitted
    case retiredPagesDeleted, replaying
}
