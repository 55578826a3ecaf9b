internal import HTTPAPI
internal import LogStorage
internal import MetricStorage
internal import TraceStorage

/// The storage's numbers for `/api/v1/status/storage`, which `perch storage stats` shows.
enum StorageNumbers {
    static func of(_ statistics: MetricStorageStatistics) -> [StorageNumber] {
        [
            StorageNumber("activeSeries", statistics.activeSeries),
            StorageNumber("headSamples", statistics.headSamples),
            StorageNumber("headBytes", statistics.headBytes),
            StorageNumber("headIndexBytes", statistics.headIndexBytes),
            StorageNumber("journalSegments", statistics.journalSegments),
            StorageNumber("journalBytes", statistics.journalBytes),
            StorageNumber("shards", statistics.shards),
            StorageNumber("shardBytes", statistics.shardBytes),
            StorageNumber("rollupShards", statistics.rollupShards),
            StorageNumber("rollupBytes", statistics.rollupBytes),
            StorageNumber("pages", statistics.pages),
            StorageNumber("pageSamples", statistics.pageSamples),
            StorageNumber("pageBytes", statistics.pageBytes),
            StorageNumber("pageCacheBytes", statistics.pageCacheBytes),
            StorageNumber("indexCacheBytes", statistics.indexCacheBytes),
            StorageNumber("samplesAppended", statistics.samplesAppended),
            StorageNumber("samplesRejected", statistics.samplesRejected),
            StorageNumber("damagedFiles", statistics.damagedFiles),
        ]
    }

    static func of(_ statistics: TraceStorageStatistics) -> [StorageNumber] {
        [
            StorageNumber("traceHeadSpans", statistics.headSpans),
            StorageNumber("traceHeadBytes", statistics.headBytes),
            StorageNumber("traceJournalSegments", statistics.journalSegments),
            StorageNumber("traceJournalBytes", statistics.journalBytes),
            StorageNumber("traceShards", statistics.shards),
            StorageNumber("traceShardBytes", statistics.shardBytes),
            StorageNumber("traceBlocks", statistics.blocks),
            StorageNumber("traceBlockSpans", statistics.blockSpans),
            StorageNumber("traceBlockBytes", statistics.blockBytes),
            StorageNumber("spansAppended", statistics.spansAppended),
            StorageNumber("spansRejected", statistics.spansRejected),
            StorageNumber("traceDamagedFiles", statistics.damagedFiles),
        ]
    }

    static func of(_ statistics: LogStorageStatistics) -> [StorageNumber] {
        [
            StorageNumber("logHeadEntries", statistics.headEntries),
            StorageNumber("logHeadBytes", statistics.headBytes),
            StorageNumber("logJournalSegments", statistics.journalSegments),
            StorageNumber("logJournalBytes", statistics.journalBytes),
            StorageNumber("logShards", statistics.shards),
            StorageNumber("logShardBytes", statistics.shardBytes),
            StorageNumber("logBlocks", statistics.blocks),
            StorageNumber("logBlockEntries", statistics.blockEntries),
            StorageNumber("logBlockBytes", statistics.blockBytes),
            StorageNumber("entriesAppended", statistics.entriesAppended),
            StorageNumber("entriesRejected", statistics.entriesRejected),
            StorageNumber("logDamagedFiles", statistics.damagedFiles),
        ]
    }
}
