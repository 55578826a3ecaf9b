internal import Dispatch
internal import MetricStorage
internal import Synchronization
internal import TelemetryModel

/// How long an append takes while a head is sealed or pages are merged, and otherwise: 20,000 series, batches of 2000 samples, 500,000 samples a
/// second for four hours of data. The storage does in the background what a server does.
struct LatencyBenchmark {
    private static let seriesCount = 20_000
    private static let batchSeries = 2_000
    private static let intervalMilliseconds: Timestamp = 15_000
    private static let rounds = 960
    private static let samplesPerSecond = 500_000

    /// What the storage is at, as its steps tell.
    private enum Work: Int, CaseIterable { case nothing, seal, merge }

    private final class State: Sendable {
        let time = Atomic<Timestamp>(1_790_000_000_000)
        private let work = Atomic<Int>(0)

        var present: Int { work.load(ordering: .relaxed) }

        func note(_ step: MetricStorageStep) {
            switch step {
            case .headRotated: work.store(Work.seal.rawValue, ordering: .relaxed)
            case .mergeWriting: work.store(Work.merge.rawValue, ordering: .relaxed)
            case .segmentDropped, .mergeCommitted: work.store(Work.nothing.rawValue, ordering: .relaxed)
            default: break
            }
        }
    }

    func run() throws {
        let directory = try ScratchDirectory()
        defer { directory.remove() }
        let state = State()
        var options = MetricStorageOptions()
        options.rollups = []
        options.stepReached = { state.note($0) }
        let storage = try MetricStorage(directory: directory.path, options: options) { state.time.load(ordering: .relaxed) }
        var latencies = [[Double]](repeating: [], count: Work.allCases.count)
        let series = Fleet.series(LatencyBenchmark.seriesCount)
        var references = [SeriesReference](repeating: .unknown, count: series.count)
        var values = [Double](repeating: 0, count: series.count)
        var generator = SeededGenerator(seed: 5)
        var batch = MetricBatch()
        let pause = Duration.seconds(Double(LatencyBenchmark.batchSeries) / Double(LatencyBenchmark.samplesPerSecond))
        var due = ContinuousClock.now
        for _ in 0..<LatencyBenchmark.rounds {
            let now = state.time.add(LatencyBenchmark.intervalMilliseconds, ordering: .relaxed).newValue
            for first in stride(from: 0, to: series.count, by: LatencyBenchmark.batchSeries) {
                batch.removeAll()
                for index in first..<first + LatencyBenchmark.batchSeries {
                    values[index] += Double(generator.next() & 0x7f)
                    batch.beginSeries(references[index], packed: series[index].packed)
                    batch.append(timestamp: now, value: values[index])
                }
                due += pause
                while ContinuousClock.now < due { pauseThread() }
                let (before, started) = (state.present, ContinuousClock.now)
                let result = try storage.append(batch)
                latencies[max(before, state.present)].append((ContinuousClock.now - started).seconds * 1000)
                references.replaceSubrange(first..<first + LatencyBenchmark.batchSeries, with: result.references)
            }
        }
        let statistics = storage.statistics
        try storage.close()
        var table = Table("appends of 2000 samples, ms", "appends", "p50", "p90", "p99", "greatest")
        let names = ["while neither goes on", "during \(statistics.seals) seals", "during \(statistics.merges) merges"]
        for (name, unsorted) in zip(names, latencies) {
            let sorted = unsorted.sorted()
            func quantile(_ share: Double) -> String {
                sorted.isEmpty ? "-" : shown(sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))], digits: 2)
            }
            table.add(name, String(sorted.count), quantile(0.5), quantile(0.9), quantile(0.99), quantile(1))
        }
        table.print()
    }
}
