internal import PerchMetrics
internal import TraceStorage

/// What the trace storage says of itself, under `perch_trace_storage_*`.
enum TraceStorageMetrics {
    private static let counters: [StatisticsMetrics<TraceStorageStatistics>.Number] = [
        ("spans_appended_total", "Spans taken.", "", { Double($0.spansAppended) }),
        ("spans_rejected_total", "Spans that were refused, such as those older than the retention.", "", { Double($0.spansRejected) }),
        ("appends_failed_total", "Messages of which nothing was taken, such as with a full disk.", "", { Double($0.appendsFailed) }),
        ("journal_entries_written_total", "Messages committed to the journal.", "", { Double($0.journalRowsWritten) }),
        ("journal_written_bytes_total", "Payload committed to the journal.", "bytes", { Double($0.journalBytesWritten) }),
        ("journal_syncs_total", "Times that the journal was forced to the disk.", "", { Double($0.journalSyncs) }),
        ("replayed_spans_total", "Spans read back from the journal at the start.", "", { Double($0.spansReplayed) }),
        ("seals_total", "Times that spans were written to shards.", "", { Double($0.seals) }),
        ("seal_seconds_total", "Time spent on writing spans to shards.", "seconds", { Double($0.sealMilliseconds) / 1000 }),
        ("merges_total", "Times that blocks were merged into a larger one.", "", { Double($0.merges) }),
        ("merge_seconds_total", "Time spent on merging blocks.", "seconds", { Double($0.mergeMilliseconds) / 1000 }),
        ("columns_read_total", "Columns fetched and decompressed for queries.", "", { Double($0.columnsRead) }),
        ("column_cache_hits_total", "Columns that queries found decompressed in memory.", "", { Double($0.columnCacheHits) }),
        ("scrubbed_bytes_total", "Bytes of shards read to find damage.", "bytes", { Double($0.scrubbedBytes) }),
        ("scrub_rounds_total", "Times that all shards were read to find damage.", "", { Double($0.scrubRounds) }),
        ("spans_dropped_total", "Spans taken out of shards by a rule of the retention.", "", { Double($0.spansDropped) }),
        ("shards_deleted_total", "Shards deleted for their age or for the size of all.", "", { Double($0.shardsDeleted) }),
    ]

    private static let gauges: [StatisticsMetrics<TraceStorageStatistics>.Number] = [
        ("head_spans", "Spans that are in no shard yet.", "", { Double($0.headSpans) }),
        ("head_bytes", "Memory of the spans that are in no shard yet.", "bytes", { Double($0.headBytes) }),
        ("journal_segments", "Files of the journal.", "", { Double($0.journalSegments) }),
        ("journal_bytes", "Size of the journal on disk.", "bytes", { Double($0.journalBytes) }),
        (
            "replay_duration_seconds", "How long the journal took to read back at the start.", "seconds",
            { Double($0.replayMilliseconds) / 1000 }
        ),
        ("shards", "Shard files.", "", { Double($0.shards) }),
        ("shard_bytes", "Size of the shards on disk.", "bytes", { Double($0.shardBytes) }),
        ("blocks", "Blocks in the shards.", "", { Double($0.blocks) }),
        ("block_spans", "Spans in the blocks.", "", { Double($0.blockSpans) }),
        ("block_bytes", "Compressed size of the blocks.", "bytes", { Double($0.blockBytes) }),
        ("damaged_files", "Files or blocks that were set aside because they are damaged.", "", { Double($0.damagedFiles) }),
    ]

    static func register(_ storage: TraceStorage, in registry: MetricRegistry) {
        StatisticsMetrics(counters: counters, gauges: gauges).register(in: registry, prefix: "perch_trace_storage_") { storage.statistics }
    }
}
