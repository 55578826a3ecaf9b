internal import LabelMatching
internal import MetricStorage
internal import Synchronization
internal import TelemetryModel

/// A fleet whose pods are all replaced every hour, for a day and two hours: what memory and queries cost as more and more series are gone.
struct ChurnBenchmark {
    private static let pods = 200
    private static let seriesPerPod = 100
    private static let intervalMilliseconds: Timestamp = 30_000
    private static let hours = 26
    private static let roundsPerHour = 120
    private static let roundsPerMaintenance = 10
    private static let hoursPerLine = 4

    private final class Clock: Sendable {
        /// A midnight (UTC), so that a whole day goes into one shard.
        private let time = Atomic<Timestamp>(1_790_035_200_000)
        var now: Timestamp { time.load(ordering: .relaxed) }
        func advance() { time.add(ChurnBenchmark.intervalMilliseconds, ordering: .relaxed) }
    }

    func run() throws {
        let directory = try ScratchDirectory()
        defer { directory.remove() }
        let clock = Clock()
        var options = MetricStorageOptions()
        options.runsInBackground = false
        let storage = try MetricStorage(directory: directory.path, options: options) { clock.now }
        var table = Table(
            "20,000 series at a time", "series so far", "series in head", "resident MB", "caches MB", "last 5 min, ms", "last hour, ms",
            "pods of last hour, ms", "disk MB")
        for hour in 0..<ChurnBenchmark.hours {
            try append(hour, to: storage, clock)
            if hour % ChurnBenchmark.hoursPerLine == 1 { try addLine(hour, storage, clock, &table) }
        }
        try storage.close()
        table.print()
    }

    /// An hour of samples of the pods of that hour.
    private func append(_ hour: Int, to storage: MetricStorage, _ clock: Clock) throws {
        let series = (0..<ChurnBenchmark.pods).flatMap { pod in
            (0..<ChurnBenchmark.seriesPerPod).map { number -> LabelSet in
                [
                    LabelName.metricName: "metric_\(number % 20)_total", "instance": "10.\(hour).\(pod / 250).\(pod % 250):8080",
                    LabelName.job: "service-\(pod % 10)", "number": "\(number / 20)", "pod": "service-\(pod % 10)-\(hour)-\(pod)",
                ]
            }
        }
        var references = [SeriesReference](repeating: .unknown, count: series.count)
        var batch = MetricBatch()
        for round in 0..<ChurnBenchmark.roundsPerHour {
            clock.advance()
            for first in stride(from: 0, to: series.count, by: 2000) {
                batch.removeAll()
                for index in first..<first + 2000 {
                    batch.beginSeries(references[index], packed: series[index].packed)
                    batch.append(timestamp: clock.now, value: Double(round * (index % 97)))
                }
                references.replaceSubrange(first..<first + 2000, with: try storage.append(batch).references)
            }
            if round % ChurnBenchmark.roundsPerMaintenance == 0 { try storage.maintain() }
        }
    }

    private func addLine(_ hour: Int, _ storage: MetricStorage, _ clock: Clock, _ table: inout Table) throws {
        let now = clock.now
        let one = [LabelMatcher(LabelName.metricName, equals: "metric_7_total")]
        func milliseconds(_ work: () throws -> Int) throws -> String {
            var times: [Double] = []
            // The first one reads what the caches lack.
            for _ in 0..<6 {
                let started = processSeconds()
                keep(try work())
                times.append(processSeconds() - started)
            }
            return shown(times.dropFirst().sorted()[2] * 1000, digits: 2)
        }
        func read(_ range: TimeRange) throws -> Int {
            let selection = try storage.select(one, in: range)
            var columns = SampleColumns()
            var samples = 0
            for index in 0..<selection.count {
                try selection.read(index, into: &columns)
                samples += columns.count
            }
            return samples
        }
        let hourBefore = TimeRange(start: now - 3_600_000 + 1, end: now)
        let last = try milliseconds { try read(TimeRange(start: now - 300_000, end: now)) }
        let whole = try milliseconds { try read(hourBefore) }
        let pods = try milliseconds { try storage.labelValues("pod", [LabelSelector(one)], in: hourBefore).count }
        let statistics = storage.statistics
        table.add(
            "after \(hour + 1) h", String((hour + 1) * ChurnBenchmark.pods * ChurnBenchmark.seriesPerPod), String(statistics.activeSeries),
            shown(Double(residentBytes()) / 1e6, digits: 0),
            shown(Double(statistics.pageCacheBytes + statistics.indexCacheBytes) / 1e6, digits: 1), last, whole, pods,
            shown(Double(statistics.shardBytes) / 1e6, digits: 0))
    }
}
