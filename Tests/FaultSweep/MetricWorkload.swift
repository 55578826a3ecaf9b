internal import MetricStorage
internal import TelemetryModel
internal import TestSupport

/// One sample of a series: floats by their bits, so that every NaN is itself.
enum MetricContent: Hashable {
    case float(UInt64)
    case histogram(NativeHistogram)
    case exemplar(Exemplar)
}

/// A series at a time has a sample, and it has an exemplar.
struct MetricPlace: FaultPlace, CustomStringConvertible {
    let labels: LabelSet
    let time: Int64
    var isExemplar = false

    var description: String { "\(labels) at \(time)" }
}

/// What is written to a metric storage under faults.
struct MetricWorkload {
    /// One series' part of a batch.
    struct Run {
        let labels: LabelSet
        var samples: [(Timestamp, MetricContent)] = []
        var exemplars: [Exemplar] = []
    }

    let seed: UInt64

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

    private func float(_ generator: inout SeededGenerator) -> MetricContent {
        .float((Double(Int.random(in: 0...10_000_000, using: &generator)) / 1000).bitPattern)
    }

    private func histogram(_ generator: inout SeededGenerator) -> MetricContent {
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
