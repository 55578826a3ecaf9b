internal import Foundation
internal import LabelMatching
internal import MetricStorage
internal import PromQL
internal import QueryModel
internal import Synchronization
internal import TelemetryModel
internal import TestSupport
internal import Testing

@testable internal import Collector

/// Random queries between appends, late samples, deletions, seals, merges, rollups, restarts and the end of retention: answers put together from results of earlier queries
/// are those of an engine that keeps none, bit for bit.
@Suite struct StoredResultReuseTests {
    /// PERCH_REUSE_SEEDS=200 makes the long run.
    private static let seeds = ProcessInfo.processInfo.environment["PERCH_REUSE_SEEDS"].flatMap(UInt64.init) ?? 2

    @Test(arguments: 1...seeds)
    func reusedResultsAreThoseOfAnEngineWithoutAny(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let storage = try ReuseFixture()
        var options = EngineOptions()
        options.features = seed % 2 == 0 ? [.experimentalFunctions, .startTimestamps] : [.experimentalFunctions]
        let engine = QueryEngine(options: options)
        let bytesMax = seed % 3 == 0 ? 200_000 : 16_000_000
        var results = RecentResults(bytesMax: bytesMax)
        var log: [String] = []
        var reused = 0
        var briefAnswers = 0
        for round in 0..<60 {
            switch Int.random(in: 0..<20, using: &random) {
            case 0..<9: try storage.appendInOrder(&random)
            case 9, 10: log.append("\(round) " + (try storage.appendLate(&random)))
            case 15: log.append("\(round) " + (try storage.delete(&random)))
            case 11:
                log.append("\(round) flush")
                try storage.storage.flush()
            case 12:
                log.append("\(round) maintain")
                try storage.storage.maintain()
            case 13:
                log.append("\(round) restart")
                // Results live as long as the process.
                try storage.restart()
                results = RecentResults(bytesMax: bytesMax)
            case 14:
                log.append("\(round) a day passes")
                storage.advance(86_400_000)
                try storage.storage.maintain()
            default: break
            }
            for _ in 0..<4 {
                let text = Self.queries[Int.random(in: Self.queries.indices, using: &random)]
                let step = [15_000, 60_000, 300_000][Int.random(in: 0..<3, using: &random)] as Int64
                // Rollups speak for what is older than a day.
                let back = Int.random(in: 0..<4, using: &random) == 0 ? Int64.random(in: 24...40, using: &random) * 3_600_000 : 0
                let end = (storage.current - back) / step * step - Int64.random(in: 0...3, using: &random) * step
                let times = EvaluationTimes.range(
                    start: end - Int64.random(in: 0...90, using: &random) * step, end: end, stepMilliseconds: step)
                let expression = try engine.parse(text)
                let source = MetricSeriesSource(storage: storage.storage)
                let whole = try engine.evaluate(expression, times: times, source: source, budget: QueryBudget())
                let joined = try engine.evaluate(
                    expression, times: times, source: source, budget: QueryBudget(), reusing: ResultReuse(results, text: text),
                    explainClock: { 0 })
                reused += joined.explanation?.reuse?.stepsReused ?? 0
                let difference = Self.difference(whole, joined)
                #expect(difference == nil, "seed \(seed), round \(round): \(text) at \(times): \(difference ?? "") after \(log)")
                if difference != nil { return }
                // A brief look goes without waiting, and may give up.
                let brief = try? engine.evaluate(
                    expression, times: times, source: source, budget: QueryBudget(briefSamplesMax: 100_000, isOverdue: { false }),
                    reusing: ResultReuse(results, text: text))
                if let brief {
                    briefAnswers += 1
                    let difference = Self.difference(whole, brief)
                    #expect(difference == nil, "seed \(seed), round \(round): \(text), briefly: \(difference ?? "")")
                }
            }
        }
        #expect(briefAnswers > 20, "seed \(seed): next to nothing was brief")
        #expect(reused > 50, "seed \(seed): next to nothing was reused")
    }

    private static let queries = [
        "m_total", "sum by (job) (rate(m_total[2m]))", "sum(m_total)", "avg by (zone) (m_total)", "topk(3, m_total)",
        "stddev(rate(m_total[5m]))", "sum(increase(m_total[10m] offset 7m))", "quantile(0.9, m_total)", "max_over_time(m_total[30m])",
        "sum(sum by (zone) (m_total)) / count(m_total)", "sum_over_time(sum(rate(m_total[1m]))[10m:1m])", "absent(m_total{job=\"none\"})",
        "sum by (zone) (m_total) > on (zone) avg by (zone) (m_total offset 1h)", "m_total{instance=\"3\"} * 2 + 1",
        "sum(rate(gauge[3m]))", "timestamp(m_total)", "count_values(\"v\", m_total % 3)",
        "delta(gauge[4m])", "histogram_quantile(0.5, sum by (le) (rate(h_bucket[5m])))", "sum(m_total @ 1795348000)",
        "rate(n[5m])", "start_timestamp(m_total)", "sum(resets(m_total[10m]))", "sum(histogram_count(n))",
        "changes(gauge[20m]) and m_total",
        "label_replace(m_total, \"x\", \"$1\", \"job\", \"(.*)\")",
    ]

    private static func difference(_ whole: PromQL.QueryAnswer, _ joined: PromQL.QueryAnswer) -> String? {
        guard case .matrix(let left) = whole.value, case .matrix(let right) = joined.value else { return "no matrix" }
        if left.map(\.labels) != right.map(\.labels) { return "series \(left.map(\.labels)) are \(right.map(\.labels))" }
        for (one, other) in zip(left, right) {
            if one.samples.timestamps != other.samples.timestamps { return "\(one.labels): other times" }
            let values = zip(one.samples.values, other.samples.values)
            if let pair = values.first(where: { $0.bitPattern != $1.bitPattern }) { return "\(one.labels): \(pair.0) is \(pair.1)" }
            if one.samples.histograms.count != other.samples.histograms.count { return "\(one.labels): other histograms" }
            for (histogram, given) in zip(one.samples.histograms, other.samples.histograms)
            where !histogram.histogram.isIdentical(to: given.histogram) {
                return "\(one.labels): \(histogram) is \(given)"
            }
        }
        let (notes, otherNotes) = (Set(whole.annotations.all), Set(joined.annotations.all))
        return notes == otherNotes ? nil : "annotations \(notes) are \(otherNotes)"
    }
}

/// A storage in a folder of its own, with the series that the test writes.
private final class ReuseFixture {
    let directory = NSTemporaryDirectory() + "perch-result-reuse-" + UUID().uuidString
    /// A clock that is set.
    private final class Clock: Sendable { let now = Mutex<Timestamp>(1_795_348_800_000) }

    private let clock = Clock()
    private(set) var storage: MetricStorage
    private var values: [LabelSet: Double] = [:]

    init() throws {
        storage = try ReuseFixture.open(directory, clock)
    }

    deinit {
        try? storage.close()
        try? FileManager.default.removeItem(atPath: directory)
    }

    var current: Timestamp { clock.now.withLock { $0 } }

    func advance(_ milliseconds: Int64) { clock.now.withLock { $0 += milliseconds } }

    private static func open(_ directory: String, _ clock: Clock) throws -> MetricStorage {
        var options = MetricStorageOptions()
        options.runsInBackground = false
        options.retention = 2 * 86_400_000
        return try MetricStorage(directory: directory, options: options, clock: { clock.now.withLock { $0 } })
    }

    func restart() throws {
        try storage.close()
        storage = try ReuseFixture.open(directory, clock)
    }

    private func labels(_ random: inout SeededGenerator) -> LabelSet {
        let instance = Int.random(in: 0..<12, using: &random)
        let name = ["m_total", "m_total", "gauge", "h_bucket"][Int.random(in: 0..<4, using: &random)]
        var pairs = [("__name__", name), ("job", instance % 2 == 0 ? "a" : "b"), ("zone", "\(instance % 3)"), ("instance", "\(instance)")]
        if name == "h_bucket" { pairs.append(("le", ["0.5", "1", "10", "+Inf"][Int.random(in: 0..<4, using: &random)])) }
        return LabelSet(pairs)
    }

    /// Some minutes of scrapes.
    func appendInOrder(_ random: inout SeededGenerator) throws {
        let start = current
        let length = Int64.random(in: 1...10, using: &random)
        advance(length * 60_000)
        var batch = MetricBatch()
        for _ in 0..<Int.random(in: 1...20, using: &random) {
            let labels = labels(&random)
            batch.beginSeries(labels)
            for time in stride(from: start + 7, to: start + length * 60_000, by: 15_000) {
                values[labels, default: 0] += Double.random(in: 0...3, using: &random)
                if Int.random(in: 0..<30, using: &random) == 0 { values[labels] = 0 }
                let value = Int.random(in: 0..<40, using: &random) == 0 ? StaleMarker.value : values[labels] ?? 0
                batch.append(timestamp: time, value: value)
                if Int.random(in: 0..<4, using: &random) == 0 {
                    batch.noteStart(Int64.random(in: start - 600_000...time, using: &random), at: time)
                }
            }
        }
        if Bool.random(using: &random) {
            batch.beginSeries(["__name__": "n", "job": "a"])
            for time in stride(from: start + 7, to: start + length * 60_000, by: 30_000) {
                batch.append(HistogramSample(timestamp: time, histogram: histogram(&random)))
            }
        }
        _ = try storage.append(batch)
    }

    private var count = 0.0

    private func histogram(_ random: inout SeededGenerator) -> NativeHistogram {
        count = Int.random(in: 0..<10, using: &random) == 0 ? 1 : count + 3
        var histogram = NativeHistogram(resetHint: .unknown, schema: 0, count: count, sum: count * 1.5, isFloat: false)
        histogram.positiveSpans = [NativeHistogram.BucketSpan(offset: 0, length: 1)]
        histogram.positiveBuckets = [count]
        return histogram
    }

    /// Deletes some samples of some series.
    func delete(_ random: inout SeededGenerator) throws -> String {
        let zone = "\(Int.random(in: 0..<3, using: &random))"
        let start = current - Int64.random(in: 0...7_200_000, using: &random)
        let range = TimeRange(start: start, end: start + Int64.random(in: 0...1_200_000, using: &random))
        try storage.delete([try LabelMatcher("zone", .equal, zone)], in: range)
        return "delete zone \(zone) in \(range)"
    }

    /// Samples of the past: new ones, and others in place of known ones.
    func appendLate(_ random: inout SeededGenerator) throws -> String {
        let labels = labels(&random)
        let time = (current - Int64.random(in: 0...7_200_000, using: &random)) / 15_000 * 15_000 + 7
        var batch = MetricBatch()
        batch.beginSeries(labels)
        for index in 0..<Int64.random(in: 1...40, using: &random) {
            batch.append(timestamp: time + index * 15_000, value: Double.random(in: 0...1000, using: &random))
        }
        _ = try storage.append(batch)
        return "late \(labels) at \(time)"
    }
}
