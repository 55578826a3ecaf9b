internal import MetricStorage
internal import Synchronization
internal import TelemetryModel
internal import TestSupport

/// A fixed script of everything that a storage does, on one thread, so that each run makes the same calls in the same order.
struct FaultWorkload {
    /// One series' part of a batch.
    struct Run {
        let labels: LabelSet
        var samples: [(Timestamp, Expectation.Content)] = []
        var exemplars: [Exemplar] = []
    }

    enum Step: Equatable {
        /// How many milliseconds ago the samples are.
        case append(age: Int64)
        /// Writes places again that were written before.
        case overwrite
        case metadata
        case sync
        /// Lets time pass.
        case wait(Int64)
        case maintain
        case flush
        case restart
    }

    /// 2026-11-22T12:00:00Z.
    static let noon: Timestamp = 1_795_348_800_000
    static let hour: Int64 = 3_600_000
    static let day: Int64 = 86_400_000
    static let retention = 2 * day

    /// Samples come now and late, are written twice, sealed, merged, and outlive their retention; the storage is closed and opened.
    static let script: [Step] = [
        .append(age: 0), .metadata, .append(age: 0), .sync, .append(age: day), .wait(2 * hour), .maintain,
        .append(age: 0), .append(age: 0), .sync, .overwrite, .flush,
        .append(age: 0), .wait(2 * hour), .maintain, .append(age: hour), .restart,
        .append(age: 2 * hour), .sync, .overwrite, .wait(2 * hour), .maintain, .append(age: 0), .maintain,
        .wait(day), .append(age: 0), .append(age: day), .metadata, .maintain, .sync, .append(age: day + hour), .flush,
        .wait(day + 10 * hour), .append(age: 0), .maintain, .append(age: 0), .sync, .append(age: 0),
    ]

    let seed: UInt64
    let options: MetricStorageOptions
    let clock = WorkloadClock()

    init(seed: UInt64, syncsEveryAppend: Bool) {
        self.seed = seed
        var options = MetricStorageOptions()
        options.runsInBackground = false
        options.journalSync = syncsEveryAppend ? nil : 1000
        options.headAgeMax = FaultWorkload.hour
        options.retention = FaultWorkload.retention
        self.options = options
    }

    /// The series of one batch, the same for the same seed and number.
    func batch(_ number: Int, time now: Timestamp, age: Int64) -> [Run] {
        var generator = SeededGenerator(seed: seed &+ UInt64(number) &* 7919)
        var runs: [Run] = []
        for _ in 0..<Int.random(in: 4...24, using: &generator) {
            let isHistogram = Int.random(in: 0..<6, using: &generator) == 0
            let labels: LabelSet = [
                "__name__": isHistogram ? "latency" : "metric_\(Int.random(in: 0..<4, using: &generator))",
                "pod": "pod-\(Int.random(in: 0..<10, using: &generator))-\(number / 6)",
            ]
            guard !runs.contains(where: { $0.labels == labels }) else { continue }
            var run = Run(labels: labels)
            for index in 0..<Int.random(in: 1...5, using: &generator) {
                let time = now - age + Int64(index) * 1000
                run.samples.append((time, isHistogram ? histogram(&generator) : float(&generator)))
            }
            if Int.random(in: 0..<4, using: &generator) == 0 {
                run.exemplars.append(Exemplar(labels: ["trace_id": "\(generator.next())"], value: 1, timestamp: now - age))
            }
            runs.append(run)
        }
        return runs
    }

    /// New values for the places of an earlier batch.
    func rewritten(_ runs: [Run], number: Int) -> [Run] {
        var generator = SeededGenerator(seed: seed &+ UInt64(number) &* 104_729)
        return runs.map { run in
            let isHistogram = run.labels["__name__"] == "latency"
            return Run(
                labels: run.labels, samples: run.samples.map { ($0.0, isHistogram ? histogram(&generator) : float(&generator)) })
        }
    }

    private func float(_ generator: inout SeededGenerator) -> Expectation.Content {
        .float((Double(Int.random(in: 0...10_000_000, using: &generator)) / 1000).bitPattern)
    }

    private func histogram(_ generator: inout SeededGenerator) -> Expectation.Content {
        let buckets = (0..<3).map { _ in Double(Int.random(in: 0...1_000_000, using: &generator)) }
        return .histogram(
            NativeHistogram(
                resetHint: .unknown, schema: 2, zeroThreshold: 0.001, zeroCount: 1, count: 1 + buckets.reduce(0, +), sum: buckets[0] / 8,
                positiveSpans: [.init(offset: 1, length: 3)], negativeSpans: [], positiveBuckets: buckets, negativeBuckets: [],
                isFloat: false))
    }

    static func metricBatch(_ runs: [Run]) -> MetricBatch {
        var batch = MetricBatch()
        for run in runs {
            batch.beginSeries(run.labels)
            for (time, content) in run.samples {
                switch content {
                case .float(let bits): batch.append(timestamp: time, value: Double(bitPattern: bits))
                case .histogram(let histogram): batch.append(HistogramSample(timestamp: time, histogram: histogram))
                case .exemplar(let exemplar): batch.append(exemplar)
                }
            }
            for exemplar in run.exemplars { batch.append(exemplar) }
        }
        return batch
    }
}

/// A clock that stands still until it is moved.
final class WorkloadClock: Sendable {
    private let time = Atomic<Timestamp>(FaultWorkload.noon)
    var now: Timestamp { time.load(ordering: .relaxed) }
    func advance(_ milliseconds: Int64) { time.add(milliseconds, ordering: .relaxed) }
}
