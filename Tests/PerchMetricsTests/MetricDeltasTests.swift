import Synchronization
import TestSupport
import Testing

@testable import PerchMetrics

@Suite struct MetricDeltasTests {
    /// The value of each series.
    private func values(_ families: [MetricFamilySnapshot]) -> [String: String] {
        var found: [String: String] = [:]
        for family in families {
            for point in family.points {
                switch point.value {
                case .number(let value): found["\(family.name)\(point.labels)"] = "\(value)"
                case .histogram(let histogram): found["\(family.name)\(point.labels)"] = "\(histogram.counts) \(histogram.sum)"
                case .summary(let summary): found["\(family.name)\(point.labels)"] = "\(summary.count)"
                }
            }
        }
        return found
    }

    @Test func `what was added is told once, and what did not change not at all`() throws {
        let registry = MetricRegistry()
        let counter = registry.counter("a_total", help: "A.", labels: ["k": "1"])
        let idle = registry.counter("a_total", help: "A.", labels: ["k": "2"])
        let gauge = registry.gauge("b", help: "B.")
        let histogram = registry.histogram("c_seconds", help: "C.", unit: "seconds", bounds: [1])
        var deltas = MetricDeltas()
        counter.increment(by: 3)
        idle.increment()
        gauge.set(5)
        histogram.record(0.5)
        let first = deltas.changes(in: registry.snapshot(), time: 2_000_000_000_000_000_000, includesComputed: true)
        #expect(values(first) == ["a_total{k=\"1\"}": "3.0", "a_total{k=\"2\"}": "1.0", "b{}": "5.0", "c_seconds{}": "[1, 0] 0.5"])
        counter.increment(by: 4)
        histogram.record(2)
        let second = deltas.changes(in: registry.snapshot(), time: 2_000_000_000_000_000_009, includesComputed: true)
        #expect(values(second) == ["a_total{k=\"1\"}": "4.0", "b{}": "5.0", "c_seconds{}": "[0, 1] 2.0"])
        #expect(second.map(\.isDelta) == [true, false, true])
        #expect(second[0].points[0].created == 2_000_000_000_000_000_000)
        #expect(values(deltas.changes(in: registry.snapshot(), time: 3, includesComputed: true)) == ["b{}": "5.0"])
    }

    @Test func `a series that began anew is told whole, and one that went is forgotten`() {
        let registry = MetricRegistry()
        let counter = registry.counter("a_total", help: "A.")
        let jobs = registry.counters("jobs_total", help: "Jobs.", labelNames: "id")
        var deltas = MetricDeltas()
        counter.increment(by: 3)
        jobs.with("1").increment(by: 8)
        _ = deltas.changes(in: registry.snapshot(), time: 1, includesComputed: true)
        counter.reset()
        counter.increment(by: 2)
        jobs.remove("1")
        #expect(values(deltas.changes(in: registry.snapshot(), time: 2, includesComputed: true)) == ["a_total{}": "2.0"])
        jobs.with("1").increment(by: 9)
        #expect(values(deltas.changes(in: registry.snapshot(), time: 3, includesComputed: true)) == ["jobs_total{id=\"1\"}": "9.0"])
    }

    @Test func `values that are asked for are changes or stay as they are`() {
        let registry = MetricRegistry()
        let value = Atomic<Int>(10)
        registry.counterFunction("a_total", help: "A.") { Double(value.load(ordering: .relaxed)) }
        registry.collected("b_total", kind: .counter, help: "B.") { samples in
            samples.add(["k": "v"], Double(value.load(ordering: .relaxed)))
        }
        var (all, few) = (MetricDeltas(), MetricDeltas())
        _ = all.changes(in: registry.snapshot(), time: 1, includesComputed: true)
        _ = few.changes(in: registry.snapshot(), time: 1, includesComputed: false)
        value.store(12, ordering: .relaxed)
        #expect(
            values(all.changes(in: registry.snapshot(), time: 2, includesComputed: true)) == [
                "a_total{}": "2.0", "b_total{k=\"v\"}": "2.0",
            ])
        #expect(
            values(few.changes(in: registry.snapshot(), time: 2, includesComputed: false)) == [
                "a_total{}": "12.0", "b_total{k=\"v\"}": "12.0",
            ])
    }

    @Test func `changes of native histograms add up to the whole, also where buckets become wider`() throws {
        var generator = SeededGenerator(seed: .random(in: 0...1_000_000))
        var limits = MetricRegistry.Limits()
        limits.nativeBucketsMax = 8
        let registry = MetricRegistry(limits: limits)
        let histogram = registry.histogram("a_seconds", help: "A.", unit: "seconds", buckets: .native(schema: 8))
        var deltas = MetricDeltas()
        var told: UInt64 = 0
        for round in 0..<40 {
            let spread = Double(round) / 10
            for _ in 0..<Int.random(in: 1...20, using: &generator) {
                let size = Double.random(in: 1 - min(spread, 0.9)...1 + spread, using: &generator)
                histogram.record(Bool.random(using: &generator) ? size : -size)
            }
            let change = deltas.changes(in: registry.snapshot(), time: Int64(round), includesComputed: true)
            let point = try #require(change.first?.points.first, "seed \(generator.seed)")
            guard case .histogram(let value) = point.value, let native = value.native else {
                Issue.record("no native histogram, seed \(generator.seed)")
                return
            }
            told += native.count
            #expect(native.count == value.counts.reduce(0, +), "seed \(generator.seed)")
            #expect(max(native.positive.count, native.negative.count) <= 8, "seed \(generator.seed)")
        }
        #expect(told == histogram.count, "seed \(generator.seed)")
    }
}
