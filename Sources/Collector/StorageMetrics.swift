internal import MetricStorage
internal import PerchMetrics

/// What the metric storage says of itself, under `perch_storage_*`.
enum StorageMetrics {
    private static let counters: [StatisticsMetrics<MetricStorageStatistics>.Number] = [
        ("series_created_total", "Series that entered the head.", "", { Double($0.seriesCreated) }),
        ("series_removed_total", "Series that left the head.", "", { Double($0.seriesRemoved) }),
        ("samples_appended_total", "Float samples taken.", "", { Double($0.samplesAppended) }),
        ("histograms_appended_total", "Native histogram samples taken.", "", { Double($0.histogramsAppended) }),
        ("exemplars_appended_total", "Exemplars taken.", "", { Double($0.exemplarsAppended) }),
        (
            "samples_rejected_total", "Samples that were refused, such as those older than the retention.", "",
            { Double($0.samplesRejected) }
        ),
        ("appends_failed_total", "Batches of which nothing was taken, such as with a full disk.", "", { Double($0.appendsFailed) }),
        ("journal_entries_written_total", "Batches committed to the journal.", "", { Double($0.journalRowsWritten) }),
        ("journal_written_bytes_total", "Payload committed to the journal.", "bytes", { Double($0.journalBytesWritten) }),
        ("journal_syncs_total", "Times that the journal was forced to the disk.", "", { Double($0.journalSyncs) }),
        ("replayed_samples_total", "Samples read back from the journal at the start.", "", { Double($0.samplesReplayed) }),
        ("seals_total", "Times that the head was written to shards.", "", { Double($0.seals) }),
        ("seal_seconds_total", "Time spent on writing the head to shards.", "seconds", { Double($0.sealMilliseconds) / 1000 }),
        ("merges_total", "Times that pages were merged into larger ones.", "", { Double($0.merges) }),
        ("merge_seconds_total", "Time spent on merging pages.", "seconds", { Double($0.mergeMilliseconds) / 1000 }),
        ("pages_read_total", "Pages fetched and decompressed for queries.", "", { Double($0.pagesRead) }),
        ("page_cache_hits_total", "Pages that queries found decompressed in memory.", "", { Double($0.pageCacheHits) }),
        ("scrubbed_bytes_total", "Bytes of shards read to find damage.", "bytes", { Double($0.scrubbedBytes) }),
        ("scrub_rounds_total", "Times that all shards were read to find damage.", "", { Double($0.scrubRounds) }),
        ("shards_deleted_total", "Shards deleted for their age or for the size of all.", "", { Double($0.shardsDeleted) }),
        ("rollups_total", "Days of which the rollups of one resolution were made.", "", { Double($0.rollups) }),
        ("rollup_samples_total", "Samples of rollups written.", "", { Double($0.rollupSamples) }),
        ("rollup_seconds_total", "Time spent on making rollups.", "seconds", { Double($0.rollupMilliseconds) / 1000 }),
        ("series_dropped_total", "Series taken out of a day by a rule of the retention.", "", { Double($0.seriesDropped) }),
    ]

    private static let gauges: [StatisticsMetrics<MetricStorageStatistics>.Number] = [
        ("active_series", "Series in the head.", "", { Double($0.activeSeries) }),
        ("active_label_bytes", "Bytes of the labels of the series in the head.", "bytes", { Double($0.activeLabelBytes) }),
        ("head_bytes", "Memory of the samples in the head.", "bytes", { Double($0.headBytes) }),
        ("head_index_bytes", "Memory of the label sets and the index of the head.", "bytes", { Double($0.headIndexBytes) }),
        ("head_samples", "Samples in the head.", "", { Double($0.headSamples) }),
        ("journal_segments", "Files of the journal.", "", { Double($0.journalSegments) }),
        ("journal_bytes", "Size of the journal on disk.", "bytes", { Double($0.journalBytes) }),
        (
            "replay_duration_seconds", "How long the journal took to read back at the start.", "seconds",
            { Double($0.replayMilliseconds) / 1000 }
        ),
        ("shards", "Shard files.", "", { Double($0.shards) }),
        ("shard_bytes", "Size of the shards on disk.", "bytes", { Double($0.shardBytes) }),
        ("rollup_shards", "Rollup files.", "", { Double($0.rollupShards) }),
        ("rollup_bytes", "Size of the rollup files on disk.", "bytes", { Double($0.rollupBytes) }),
        ("pages", "Pages in the shards.", "", { Double($0.pages) }),
        ("page_samples", "Samples in the pages.", "", { Double($0.pageSamples) }),
        ("page_cache_bytes", "Memory of pages kept decompressed.", "bytes", { Double($0.pageCacheBytes) }),
        ("index_cache_bytes", "Memory of label sets and index lists of shards kept decoded.", "bytes", { Double($0.indexCacheBytes) }),
        ("page_bytes", "Compressed size of the pages.", "bytes", { Double($0.pageBytes) }),
        ("damaged_files", "Files or pages that were set aside because they are damaged.", "", { Double($0.damagedFiles) }),
    ]

    static func register(_ storage: MetricStorage, in registry: MetricRegistry) {
        StatisticsMetrics(counters: counters, gauges: gauges).register(in: registry, prefix: "perch_storage_") { storage.statistics }
    }
}
