internal import OTLPFormat
internal import TelemetryModel
internal import Testing

@testable internal import MetricStorage
@testable internal import SpanMetrics

/// A generator with a clock of its own, and all samples that it gave.
struct Workbench {
    var generator: SpanMetricsGenerator
    var now = SpanMaker.epoch
    /// By the text of the labels, in the order of being written.
    private(set) var samples: [String: [(timestamp: Timestamp, value: Double)]] = [:]
    private(set) var histograms: [String: [HistogramSample]] = [:]
    private(set) var exemplars: [String: [Exemplar]] = [:]
    private(set) var starts: [String: [Timestamp]] = [:]
    private var observed = ObservedMessage()

    init(
        _ general: MetricGenerationOptions = MetricGenerationOptions(), spans: SpanMetricsOptions = SpanMetricsOptions(),
        graph: ServiceGraphOptions = ServiceGraphOptions()
    ) {
        generator = SpanMetricsGenerator(general, spans: spans, graph: graph, now: now, seed: 7)
    }

    mutating func observe(_ build: (inout SpanMaker) -> Void) { observe(SpanMaker.message(build)) }

    mutating func observe(_ message: [UInt8]) {
        message.withUnsafeBytes { bytes in
            guard let scan = try? SpanScan(bytes) else {
                Issue.record("a message of a test cannot be read")
                return
            }
            observed.observe(bytes, scan, generator.plan)
            generator.observe(bytes, scan, observed, now: now)
        }
    }

    /// Takes all samples, as if they were written.
    mutating func flush(samplesMax: Int = 1000) {
        var flush = generator.beginFlush(now: now)
        var batch = MetricBatch()
        while !flush.isDone {
            batch.removeAll()
            generator.fill(&batch, &flush, samplesMax: samplesMax)
            generator.confirm(flush, (0..<batch.seriesCount).map { SeriesReference(rawValue: UInt64($0)) })
            take(batch)
        }
    }

    /// Lets time pass, and flushes after each interval.
    mutating func run(seconds: Int) {
        for _ in 0..<seconds / 15 {
            now += 15_000
            flush()
        }
    }

    private mutating func take(_ batch: MetricBatch) {
        for series in 0..<batch.seriesCount {
            let set = batch.labels(at: series)
            // What is canonical can be read back.
            #expect((try? LabelSet(validating: set.packed)) != nil)
            let labels = set.description
            for index in batch.sampleRange(series) { samples[labels, default: []].append((batch.timestamps[index], batch.values[index])) }
            for index in batch.histogramRange(series) { histograms[labels, default: []].append(batch.histograms[index]) }
            for index in batch.exemplarRange(series) { exemplars[labels, default: []].append(batch.exemplars[index]) }
        }
        for run in batch.startRuns { starts[batch.labels(at: run.series).description, default: []].append(run.run.start) }
    }

    /// The newest value of a series, given as `name{label="value"}` with the labels in order.
    func value(_ series: String) -> Double? { samples[series]?.last?.value }

    /// All series whose text has this in it, with their newest values.
    func values(_ part: String) -> [String: Double] {
        samples.filter { $0.key.contains(part) }.compactMapValues { $0.last?.value }
    }
}
