internal import Dispatch
internal import MetricStorage
internal import Synchronization
internal import TelemetryModel

/// Appending to the metric storage as a server does it: 20,000 series, batches of 2000 samples, every batch committed to the journal. What
/// a server does in the background happens here when it is asked for, so that every run does the same work.
struct AppendBenchmark {
    private static let seriesCount = 20_000
    private static let batchSeries = 2_000
    private static let intervalMilliseconds: Timestamp = 15_000
    /// Half an hour: less than a head holds before it is sealed.
    private static let shortRounds = 120
    /// Eight hours: several seals, and merges.
    private static let longRounds = 1920
    private static let roundsPerMaintenance = 4
    private static let threadRuns = 15

    private final class Clock: Sendable {
        private let time = Atomic<Timestamp>(1_790_000_000_000)
        var now: Timestamp { time.load(ordering: .relaxed) }
        func advance() { time.add(AppendBenchmark.intervalMilliseconds, ordering: .relaxed) }
    }

    func run() throws {
        var table = Table("20,000 series, 2000 samples a batch", "samples", "CPU s", "k samples per CPU s", "wall s", "bytes/sample")
        let labels = try Session()
        try labels.measure("series that are new", rounds: 1, usesReferences: false, isMaintained: false, into: &table)
        try labels.measure(
            "known series, by labels (remote write)", rounds: AppendBenchmark.shortRounds, usesReferences: false, isMaintained: false,
            into: &table)
        try labels.close()
        let references = try Session()
        try references.warmUp()
        try references.measure(
            "known series, by reference (scrape)", rounds: AppendBenchmark.shortRounds, usesReferences: true, isMaintained: false,
            into: &table)
        try references.measure(
            "the same for 8 h, with sealing and merging", rounds: AppendBenchmark.longRounds, usesReferences: true, isMaintained: true,
            into: &table)
        try references.close()
        table.print()
        try measureThreads()
    }

    /// The same work by one thread and by two, each with series of its own; all go to one journal. The runs alternate, so that what else
    /// the machine does meets both.
    private func measureThreads() throws {
        var runs: [Int: [(wall: Double, cpu: Double)]] = [:]
        for _ in 0..<AppendBenchmark.threadRuns {
            for threads in [1, 2] {
                let session = try Session()
                runs[threads, default: []].append(try session.measure(threads: threads, rounds: AppendBenchmark.shortRounds))
                try session.close()
            }
        }
        let samples = AppendBenchmark.shortRounds * AppendBenchmark.seriesCount
        var table = Table(
            "20,000 series by reference, \(AppendBenchmark.threadRuns) runs", "samples", "median wall s", "k samples per s", "median CPU s",
            "best wall s", "k samples per s")
        for (threads, runs) in runs.sorted(by: { $0.key < $1.key }) {
            let walls = runs.map(\.wall).sorted()
            let (median, best) = (walls[walls.count / 2], walls[0])
            table.add(
                threads == 1 ? "one thread" : "\(threads) threads", String(samples), shown(median, digits: 3),
                shown(Double(samples) / median / 1000, digits: 0), shown(runs.map(\.cpu).sorted()[runs.count / 2], digits: 3),
                shown(best, digits: 3), shown(Double(samples) / best / 1000, digits: 0))
        }
        table.print()
    }

    /// One storage in a folder of its own.
    private final class Session {
        private let directory: ScratchDirectory
        private let clock = Clock()
        private let storage: MetricStorage
        private var workload = Workload(series: Fleet.series(AppendBenchmark.seriesCount))
        private var samplesAppended = 0

        init() throws {
            directory = try ScratchDirectory()
            var options = MetricStorageOptions()
            options.runsInBackground = false
            storage = try MetricStorage(directory: directory.path, options: options) { [clock] in clock.now }
        }

        func close() throws {
            try storage.close()
            directory.remove()
        }

        func warmUp() throws { try round(usesReferences: false) }

        private func round(usesReferences: Bool) throws {
            clock.advance()
            try workload.appendRound(to: storage, at: clock.now, usesReferences: usesReferences)
            samplesAppended += AppendBenchmark.seriesCount
        }

        /// Appends rounds of all series, shared out among threads.
        func measure(threads: Int, rounds: Int) throws -> (wall: Double, cpu: Double) {
            let count = AppendBenchmark.seriesCount / threads
            let all = Fleet.series(AppendBenchmark.seriesCount)
            let (storage, time) = (storage, clock.now)
            let failures = Atomic<Int>(0)
            let (barrier, ready) = (DispatchGroup(), DispatchGroup())
            let go = DispatchSemaphore(value: 0)
            for thread in 0..<threads {
                ready.enter()
                let series = Array(all[thread * count..<(thread + 1) * count])
                DispatchQueue(label: "append \(thread)").async(group: barrier) {
                    do {
                        var workload = Workload(series: series)
                        try workload.appendRound(to: storage, at: time, usesReferences: false)
                        ready.leave()
                        go.wait()
                        for round in 1...rounds {
                            let now = time + Timestamp(round) * AppendBenchmark.intervalMilliseconds
                            try workload.appendRound(to: storage, at: now, usesReferences: true)
                        }
                    } catch {
                        failures.add(1, ordering: .relaxed)
                    }
                }
            }
            ready.wait()
            let (cpu, wall) = (processSeconds(), ContinuousClock.now)
            for _ in 0..<threads { go.signal() }
            barrier.wait()
            let (seconds, elapsed) = (processSeconds() - cpu, (ContinuousClock.now - wall).seconds)
            precondition(failures.load(ordering: .relaxed) == 0, "BUG: an append failed")
            return (elapsed, seconds)
        }

        /// Bytes for a sample are those of the journal; with maintenance, those of the shards when all is at rest.
        func measure(_ name: String, rounds: Int, usesReferences: Bool, isMaintained: Bool, into table: inout Table) throws {
            let (before, samples) = (storage.statistics, rounds * AppendBenchmark.seriesCount)
            let (cpu, wall) = (processSeconds(), ContinuousClock.now)
            for number in 1...rounds {
                try round(usesReferences: usesReferences)
                if isMaintained, number % AppendBenchmark.roundsPerMaintenance == 0 { try storage.maintain() }
            }
            if isMaintained { try storage.flush() }
            let seconds = processSeconds() - cpu
            let elapsed = (ContinuousClock.now - wall).seconds
            let statistics = storage.statistics
            let bytesPerSample =
                isMaintained
                ? Double(statistics.shardBytes) / Double(samplesAppended)
                : Double(statistics.journalBytesWritten - before.journalBytesWritten) / Double(samples)
            table.add(
                name, String(samples), shown(seconds, digits: 2), shown(Double(samples) / seconds / 1000, digits: 0),
                shown(elapsed, digits: 2), shown(bytesPerSample, digits: 2) + (isMaintained ? " (shards)" : " (journal)"))
        }
    }

    /// Counters that move on from round to round, and the references that storage gave for them.
    private struct Workload {
        let series: [LabelSet]
        var values: [Double]
        var references: [SeriesReference]
        private var generator = SeededGenerator(seed: 5)
        private var batch = MetricBatch()

        init(series: [LabelSet]) {
            self.series = series
            values = [Double](repeating: 0, count: series.count)
            references = [SeriesReference](repeating: .unknown, count: series.count)
        }

        mutating func appendRound(to storage: MetricStorage, at time: Timestamp, usesReferences: Bool) throws {
            for first in stride(from: 0, to: series.count, by: AppendBenchmark.batchSeries) {
                batch.removeAll()
                for index in first..<first + AppendBenchmark.batchSeries {
                    values[index] += Double(generator.next() & 0x7f)
                    batch.beginSeries(usesReferences ? references[index] : .unknown, packed: series[index].packed)
                    batch.append(timestamp: time, value: values[index])
                }
                let result = try storage.append(batch)
                precondition(result.samplesWritten == AppendBenchmark.batchSeries, "BUG: samples were refused")
                references.replaceSubrange(first..<first + AppendBenchmark.batchSeries, with: result.references)
            }
        }
    }
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
