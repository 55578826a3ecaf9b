internal import Ingestion
internal import LogStorage
internal import PerchMetrics

/// What the log storage says of itself, under `perch_log_storage_*`.
enum LogStorageMetrics {
    private typealias Number = StatisticsMetrics<LogStorageStatistics>.Number

    private static let counters: [Number] = [
        ("entries_appended_total", "Entries taken.", "", { Double($0.entriesAppended) }),
        (
            "entries_rejected_total", "Entries that were refused, such as those older than the retention.", "",
            { Double($0.entriesRejected) }
        ),
        ("appended_line_bytes_total", "Bytes of the lines of the entries taken.", "bytes", { Double($0.lineBytesAppended) }),
        ("appends_failed_total", "Messages of which nothing was taken, such as with a full disk.", "", { Double($0.appendsFailed) }),
        ("journal_entries_written_total", "Messages committed to the journal.", "", { Double($0.journalRowsWritten) }),
        ("journal_written_bytes_total", "Payload committed to the journal.", "bytes", { Double($0.journalBytesWritten) }),
        ("journal_syncs_total", "Times that the journal was forced to the disk.", "", { Double($0.journalSyncs) }),
        ("replayed_entries_total", "Entries read back from the journal at the start.", "", { Double($0.entriesReplayed) }),
        ("seals_total", "Times that entries were written to shards.", "", { Double($0.seals) }),
        ("seal_seconds_total", "Time spent on writing entries to shards.", "seconds", { Double($0.sealMilliseconds) / 1000 }),
        ("merges_total", "Times that blocks were merged into a larger one.", "", { Double($0.merges) }),
        ("merge_seconds_total", "Time spent on merging blocks.", "seconds", { Double($0.mergeMilliseconds) / 1000 }),
        ("entries_deleted_total", "Entries deleted on request.", "", { Double($0.entriesDeleted) }),
        ("columns_read_total", "Columns fetched and decompressed for queries.", "", { Double($0.columnsRead) }),
        ("column_cache_hits_total", "Columns that queries found decompressed in memory.", "", { Double($0.columnCacheHits) }),
        ("scrubbed_bytes_total", "Bytes of shards read to find damage.", "bytes", { Double($0.scrubbedBytes) }),
        ("scrub_rounds_total", "Times that all shards were read to find damage.", "", { Double($0.scrubRounds) }),
        ("shards_deleted_total", "Shards deleted for their age or for the size of all.", "", { Double($0.shardsDeleted) }),
    ]

    private static let gauges: [Number] = [
        ("head_entries", "Entries that are in no shard yet.", "", { Double($0.headEntries) }),
        ("head_bytes", "Memory of the entries that are in no shard yet.", "bytes", { Double($0.headBytes) }),
        ("head_streams", "Streams of the entries that are in no shard yet.", "", { Double($0.headStreams) }),
        ("journal_segments", "Files of the journal.", "", { Double($0.journalSegments) }),
        ("journal_bytes", "Size of the journal on disk.", "bytes", { Double($0.journalBytes) }),
        (
            "replay_duration_seconds", "How long the journal took to read back at the start.", "seconds",
            { Double($0.replayMilliseconds) / 1000 }
        ),
        ("shards", "Shard files.", "", { Double($0.shards) }),
        ("shard_bytes", "Size of the shards on disk.", "bytes", { Double($0.shardBytes) }),
        ("blocks", "Blocks in the shards.", "", { Double($0.blocks) }),
        ("block_entries", "Entries in the blocks.", "", { Double($0.blockEntries) }),
        ("block_bytes", "Compressed size of the blocks.", "bytes", { Double($0.blockBytes) }),
        ("damaged_files", "Files or blocks that were set aside because they are damaged.", "", { Double($0.damagedFiles) }),
    ]

    static func register(_ storage: LogStorage, in registry: MetricRegistry) {
        StatisticsMetrics(counters: counters, gauges: gauges).register(in: registry, prefix: "perch_log_storage_") { storage.statistics }
    }

    /// What ingestion says of log entries, under `perch_log_intake_*`.
    static func register(_ intake: LogIntake, in registry: MetricRegistry) {
        registry.collected("perch_log_intake_rejected_total", kind: .counter, help: "Log entries refused, by reason.") {
            let statistics = intake.statistics
            for reason in LogRejectionReason.allCases { $0.add(["reason": reason.rawValue], Double(statistics.rejected[reason] ?? 0)) }
            $0.add(["reason": "storage"], Double(statistics.rejectedByStorage))
        }
        registry.counterFunction("perch_log_intake_truncated_lines_total", help: "Lines that were cut because they are too long.") {
            Double(intake.statistics.truncatedLines)
        }
        registry.gaugeFunction("perch_log_intake_active_streams", help: "Streams that sent something within the last hour or two.") {
            Double(intake.statistics.activeStreams)
        }
    }
}
