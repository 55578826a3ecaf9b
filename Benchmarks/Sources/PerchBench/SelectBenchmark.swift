internal import LabelMatching
internal import MetricStorage
internal import TelemetryModel

/// Finding series and labels in the metric storage: 20,000 series that lie in a shard, in the head, or in both.
struct SelectBenchmark {
    let stopwatch: Stopwatch

    private static let seriesCount = 20_000
    private static let now: Timestamp = 1_790_000_000_000

    private enum Place: String, CaseIterable { case shard, head, both }

    func run() throws {
        var table = Table("µs of CPU time", "in a shard", "in the head", "in both", "in a shard, nothing cached")
        let storages = try Place.allCases.map { try Session($0, isCached: true) } + [Session(.shard, isCached: false)]
        for (name, work) in SelectBenchmark.lookUps {
            let times = try storages.map { session in
                shown(try stopwatch.time(items: 1) { keep(try work(session.storage)) }.seconds * 1e6)
            }
            table.add(name, times[0], times[1], times[2], times[3])
        }
        for session in storages { try session.close() }
        table.print()
    }

    private static let range = TimeRange(start: now - 300_000, end: now)
    private static let one = [
        LabelMatcher(LabelName.metricName, equals: "http_requests_total"), LabelMatcher(LabelName.instance, equals: "10.4.1.7:8080"),
        LabelMatcher("code", equals: "200"), LabelMatcher("path", equals: "/health"),
    ]

    private static let lookUps: [(String, @Sendable (MetricStorage) throws -> Int)] = [
        ("select one series", { try $0.select(one, in: range).count }),
        ("select 2,000 of 20,000 series", { try $0.select([LabelMatcher(LabelName.job, equals: "cart")], in: range).count }),
        ("select 20,000 series", { try $0.select([LabelMatcher(LabelName.metricName, equals: "http_requests_total")], in: range).count }),
        ("label names", { try $0.labelNames(in: range).count }),
        ("800 label values", { try $0.labelValues("pod", in: range).count }),
        (
            "80 label values of 2,000 series",
            {
                try $0.labelValues("pod", [LabelSelector([LabelMatcher(LabelName.job, equals: "cart")])], in: range).count
            }
        ),
        (
            "label sets of 2,000 series",
            {
                try $0.series([LabelSelector([LabelMatcher(LabelName.job, equals: "cart")])], in: range).count
            }
        ),
        (
            "10 label sets of 20,000 series",
            {
                try $0.series([LabelSelector([LabelMatcher(LabelName.metricName, equals: "http_requests_total")])], in: range, limit: 10)
                    .count
            }
        ),
    ]

    /// A storage in a folder of its own.
    private struct Session {
        let storage: MetricStorage
        private let directory: ScratchDirectory

        init(_ place: Place, isCached: Bool) throws {
            directory = try ScratchDirectory()
            var options = MetricStorageOptions()
            options.runsInBackground = false
            if !isCached { (options.indexCacheBytesMax, options.pageCacheBytesMax) = (0, 0) }
            storage = try MetricStorage(directory: directory.path, options: options) { SelectBenchmark.now }
            try append(at: SelectBenchmark.now - 30_000)
            if place != .head { try storage.flush() }
            if place == .both { try append(at: SelectBenchmark.now - 15_000) }
        }

        private func append(at time: Timestamp) throws {
            var batch = MetricBatch()
            for labels in Fleet.series(SelectBenchmark.seriesCount) {
                batch.beginSeries(labels)
                batch.append(timestamp: time, value: 1)
            }
            _ = try storage.append(batch)
        }

        func close() throws {
            try storage.close()
            directory.remove()
        }
    }
}
