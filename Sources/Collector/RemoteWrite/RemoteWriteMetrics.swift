internal import PerchMetrics
internal import RemoteWriteSending

/// What sending on says of itself, by Prometheus' names, so that its dashboards and alerts work.
enum RemoteWriteMetrics {
    private typealias Value = @Sendable (RemoteWriterStatus) -> Double?

    private static let counters: [(name: String, help: String, unit: String, value: Value)] = [
        ("samples_total", "Samples sent to a remote.", "", { Double($0.statistics.sent.samples) }),
        ("histograms_total", "Native histograms sent to a remote.", "", { Double($0.statistics.sent.histograms) }),
        ("exemplars_total", "Exemplars sent to a remote.", "", { Double($0.statistics.sent.exemplars) }),
        ("metadata_total", "Families whose metadata was sent to a remote.", "", { Double($0.traffic.metadata) }),
        ("samples_failed_total", "Samples that a remote refused.", "", { Double($0.statistics.failed.samples) }),
        ("histograms_failed_total", "Native histograms that a remote refused.", "", { Double($0.statistics.failed.histograms) }),
        ("exemplars_failed_total", "Exemplars that a remote refused.", "", { Double($0.statistics.failed.exemplars) }),
        ("metadata_failed_total", "Families whose metadata a remote did not take.", "", { Double($0.traffic.metadataFailed) }),
        ("samples_retried_total", "Samples sent again after a failure.", "", { Double($0.statistics.retried.samples) }),
        ("histograms_retried_total", "Native histograms sent again after a failure.", "", { Double($0.statistics.retried.histograms) }),
        ("exemplars_retried_total", "Exemplars sent again after a failure.", "", { Double($0.statistics.retried.exemplars) }),
        ("bytes_total", "Bytes of samples sent to a remote, compressed.", "bytes", { Double($0.traffic.bytes) }),
        ("metadata_bytes_total", "Bytes of metadata sent to a remote, compressed.", "bytes", { Double($0.traffic.metadataBytes) }),
    ]

    private static let gauges: [(name: String, help: String, unit: String, value: Value)] = [
        ("samples_pending", "Samples in memory that are to be sent.", "", { Double($0.statistics.pending.samples) }),
        ("histograms_pending", "Native histograms in memory that are to be sent.", "", { Double($0.statistics.pending.histograms) }),
        ("exemplars_pending", "Exemplars in memory that are to be sent.", "", { Double($0.statistics.pending.exemplars) }),
        ("shard_capacity", "Items in memory for each request on its way.", "", { Double($0.queue.capacity) }),
        ("shards", "Requests to a remote that may be on their way at once.", "", { Double($0.statistics.shards) }),
        ("shards_min", "The least number of shards.", "", { Double($0.queue.shardsMin) }),
        ("shards_max", "The greatest number of shards.", "", { Double(min($0.queue.shardsMax, SendQueue.laneCount)) }),
        ("shards_desired", "The number of shards that would keep up.", "", { $0.statistics.shardsDesired }),
        ("max_samples_per_send", "Items of one request at most.", "", { Double($0.queue.batchItemsMax) }),
        (
            "queue_highest_sent_timestamp_seconds", "Time of the newest sample that was sent.", "seconds",
            { $0.statistics.newestSent == .min ? 0 : Double($0.statistics.newestSent) / 1000 }
        ),
        (
            "queue_highest_timestamp_seconds", "Time of the newest sample that was read to be sent.", "seconds",
            { $0.statistics.newestOffered == .min ? 0 : Double($0.statistics.newestOffered) / 1000 }
        ),
    ]

    static func register(
        in registry: MetricRegistry, _ statuses: @escaping @Sendable () -> [RemoteWriterStatus],
        kept: @escaping @Sendable () -> (segments: Int, bytes: Int)
    ) {
        for (kind, list) in [(MetricKind.counter, counters), (.gauge, gauges)] {
            for metric in list {
                registry.collected("prometheus_remote_storage_" + metric.name, kind: kind, help: metric.help, unit: metric.unit) {
                    samples in
                    for status in statuses() {
                        guard let value = metric.value(status) else { continue }
                        samples.add(["remote_name": status.name, "url": status.url], value)
                    }
                }
            }
        }
        let dropped: [(kind: String, what: String, count: @Sendable (ItemCounts) -> Int)] = [
            ("samples", "Samples", { $0.samples }), ("histograms", "Native histograms", { $0.histograms }),
            ("exemplars", "Exemplars", { $0.exemplars }),
        ]
        for (kind, what, count) in dropped {
            registry.collected(
                "prometheus_remote_storage_\(kind)_dropped_total", kind: .counter, help: "\(what) that are not sent, by reason."
            ) { samples in
                for status in statuses() {
                    for (reason, counts) in status.statistics.dropped.sorted(by: { $0.key.rawValue < $1.key.rawValue })
                    where count(counts) > 0 {
                        samples.add(
                            ["remote_name": status.name, "url": status.url, "reason": reason.rawValue], Double(count(counts)))
                    }
                }
            }
        }
        registry.gaugeFunction(
            "prometheus_remote_storage_highest_timestamp_in_seconds", help: "Time of the newest sample that was read for any remote."
        ) {
            let newest = statuses().map(\.statistics.newestOffered).max() ?? .min
            return newest == .min ? 0 : Double(newest) / 1000
        }
        registry.gaugeFunction(
            "perch_remote_write_queue_bytes", help: "Bytes on the disk that are kept for remotes alone.", unit: "bytes"
        ) { Double(kept().bytes) }
    }
}
