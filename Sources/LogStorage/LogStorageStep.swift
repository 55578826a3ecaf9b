/// Points at which a crash would be most telling.
public enum LogStorageStep: String, Sendable, CaseIterable {
    case journalAppended, headRotated, shardWriting, shardCommitted, allShardsCommitted, segmentDropped, mergeWriting, mergeCommitted
    case retiredPagesDeleted, replaying, removalWriting, removalCommitted, erased
}
