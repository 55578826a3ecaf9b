import CoreMetrics
import Synchronization
import TestSupport
import Testing

@testable import PerchMetrics

/// A clock that a test moves.
private final class TestTime: Sendable {
    private let time = Atomic<Int64>(1_000_000_000_000)
    var now: Int64 { time.load(ordering: .relaxed) }
    func advance(seconds: Int64) { time.wrappingAdd(seconds * 1_000_000_000, ordering: .relaxed) }
}

@Suite struct SwiftMetricsTests {
    private func text(_ registry: MetricRegistry, _ format: MetricFormat = .prometheus) -> String {
        var output: [UInt8] = []
        registry.render(format, into: &output)
        return String(decoding: output, as: UTF8.self)
    }

    @Test func `instruments of swift-metrics become families with the names that Prometheus expects`() {
        let registry = MetricRegistry()
        var configuration = MetricsConfiguration()
        configuration.descriptions["queue.size"] = .init(help: "Bytes that wait.", unit: "bytes")
        configuration.timers = .histogram(.classic(bounds: [0.1, 1]))
        let factory = PerchMetricsFactory(registry, configuration: configuration)
        CoreMetrics.Counter(label: "orders.placed", dimensions: [("tier", "gold")], factory: factory).increment(by: 3)
        FloatingPointCounter(label: "energy", factory: factory).increment(by: 0.25)
        Meter(label: "queue.size", factory: factory).set(17)
        CoreMetrics.Gauge(label: "temperature", factory: factory).record(-2.5)
        CoreMetrics.Timer(label: "http.server.request.duration", factory: factory).recordNanoseconds(500_000_000)
        #expect(
            text(registry) == """
                # HELP energy_total The counter energy.
                # TYPE energy_total counter
                energy_total 0.25
                # HELP http_server_request_duration_seconds The histogram http.server.request.duration.
                # TYPE http_server_request_duration_seconds histogram
                http_server_request_duration_seconds_bucket{le="0.1"} 0
                http_server_request_duration_seconds_bucket{le="1"} 1
                http_server_request_duration_seconds_bucket{le="+Inf"} 1
                http_server_request_duration_seconds_sum 0.5
                http_server_request_duration_seconds_count 1
                # HELP orders_placed_total The counter orders.placed.
                # TYPE orders_placed_total counter
                orders_placed_total{tier="gold"} 3
                # HELP queue_size_bytes Bytes that wait.
                # TYPE queue_size_bytes gauge
                queue_size_bytes 17
                # HELP temperature The gauge temperature.
                # TYPE temperature gauge
                temperature -2.5

                """)
    }

    @Test func `timers can be summaries with quantiles`() {
        let registry = MetricRegistry()
        var configuration = MetricsConfiguration()
        configuration.descriptions["http.request"] = .init(distribution: .summary(quantiles: [0.9]))
        let timer = CoreMetrics.Timer(label: "http.request", factory: PerchMetricsFactory(registry, configuration: configuration))
        for _ in 0..<10 { timer.recordNanoseconds(2_000_000_000) }
        let text = text(registry)
        #expect(text.contains("# TYPE http_request_seconds summary\nhttp_request_seconds{quantile=\"0.9\"} 1.9"))
        #expect(text.contains("http_request_seconds_sum 20\nhttp_request_seconds_count 10\n"))
    }

    @Test func `a series goes when its handlers are destroyed, and not before`() {
        let registry = MetricRegistry()
        let factory = PerchMetricsFactory(registry)
        let first = CoreMetrics.Counter(label: "jobs", dimensions: [("id", "1")], factory: factory)
        let second = CoreMetrics.Counter(label: "jobs", dimensions: [("id", "1")], factory: factory)
        first.increment()
        second.increment()
        first.destroy()
        #expect(text(registry).contains("jobs_total{id=\"1\"} 2\n"))
        second.destroy()
        #expect(!text(registry).contains("jobs_total"))
        CoreMetrics.Counter(label: "jobs", dimensions: [("id", "1")], factory: factory).increment()
        #expect(text(registry).contains("jobs_total{id=\"1\"} 1\n"))
    }

    @Test func `resetting begins at zero`() {
        let registry = MetricRegistry()
        let counter = CoreMetrics.Counter(label: "jobs", factory: PerchMetricsFactory(registry))
        counter.increment(by: 5)
        counter.reset()
        counter.increment()
        #expect(text(registry).contains("jobs_total 1\n"))
    }

    @Test func `the same name for two kinds makes two families`() {
        let registry = MetricRegistry()
        let factory = PerchMetricsFactory(registry)
        Meter(label: "a.b", factory: factory).set(1)
        CoreMetrics.Counter(label: "a_b", factory: factory).increment()
        Recorder(label: "a-b", factory: factory).record(1)
        let text = text(registry)
        #expect(text.contains("a_b 1\n"))
        #expect(text.contains("a_b_counter_total 1\n"))
        #expect(text.contains("a_b_histogram_count 1\n"))
    }

    @Test func `series beyond the limit are counted together`() {
        var limits = MetricRegistry.Limits()
        limits.seriesPerFamilyMax = 3
        let registry = MetricRegistry(limits: limits)
        let factory = PerchMetricsFactory(registry)
        for user in 0..<1000 { CoreMetrics.Counter(label: "visits", dimensions: [("user", "\(user)")], factory: factory).increment() }
        let lines = text(registry).split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(
            lines == [
                "visits_total{user=\"0\"} 1", "visits_total{user=\"1\"} 1", "visits_total{user=\"2\"} 1",
                "visits_total{otel_metric_overflow=\"true\"} 997",
            ])
        #expect(registry.overflowCount == 997)
    }

    @Test func `idle series go, and come back when they change`() {
        let time = TestTime()
        var limits = MetricRegistry.Limits()
        limits.idleMax = .seconds(60)
        let registry = MetricRegistry(limits: limits, exemplars: nil, now: { time.now })
        let factory = PerchMetricsFactory(registry)
        let kept = CoreMetrics.Counter(label: "a", dimensions: [("k", "kept")], factory: factory)
        CoreMetrics.Counter(label: "a", dimensions: [("k", "gone")], factory: factory).increment()
        CoreMetrics.Counter(label: "plain", factory: factory).increment()
        let gauge = Meter(label: "g", dimensions: [("k", "1")], factory: factory)
        gauge.set(5)
        kept.increment()
        #expect(text(registry).contains("a_total{k=\"gone\"} 1\na_total{k=\"kept\"} 1\n"))
        time.advance(seconds: 50)
        gauge.set(5)
        _ = text(registry)
        time.advance(seconds: 50)
        let after = text(registry)
        #expect(!after.contains("a_total"))
        #expect(after.contains("g{k=\"1\"} 5\n"))
        #expect(after.contains("plain_total 1\n"))
        kept.increment()
        #expect(text(registry).contains("a_total{k=\"kept\"} 2\n"))
        CoreMetrics.Counter(label: "a", dimensions: [("k", "gone")], factory: factory).increment()
        #expect(text(registry).contains("a_total{k=\"gone\"} 1\n"))
    }

    @Test func `names and values of any bytes are exposed in every format without harm`() {
        var generator = SeededGenerator(seed: .random(in: 0...1_000_000))
        for naming in [MetricsNaming.underscores, .utf8, .verbatim] {
            let registry = MetricRegistry()
            var configuration = MetricsConfiguration()
            configuration.naming = naming
            let factory = PerchMetricsFactory(registry, configuration: configuration)
            func random() -> String { String(decoding: generator.bytes(Int.random(in: 0...12, using: &generator)), as: UTF8.self) }
            for _ in 0..<200 {
                let dimensions = (0..<3).map { _ in (random(), random()) } + [("le", "x"), ("quantile", "y"), ("__name__", "z")]
                CoreMetrics.Counter(label: random(), dimensions: dimensions, factory: factory).increment(by: Int64.max)
                CoreMetrics.Counter(label: random(), dimensions: dimensions, factory: factory).increment(by: -5)
                Recorder(label: random(), dimensions: dimensions, factory: factory).record(Double.nan)
                Meter(label: random(), dimensions: dimensions, factory: factory).set(Double.infinity)
            }
            for syntax in [MetricFormat.Syntax.text, .openMetrics, .protobuf] {
                for escaping in [NameEscaping.allowUTF8, .underscores, .dots, .values] {
                    var output: [UInt8] = []
                    registry.render(MetricFormat(syntax, escaping: escaping), into: &output)
                    #expect(output.count > 1000, "seed \(generator.seed)")
                }
            }
        }
    }

    @Test func `any number of label values block nobody and become one series more, and the service goes on`() async {
        let registry = MetricRegistry()
        let factory = PerchMetricsFactory(registry)
        let other = CoreMetrics.Counter(label: "work", factory: factory)
        // A million of them, and what memory they take, is what `perch-client-bench --check` looks at: a process of its own, in a release build.
        for user in 0..<2000 { factory.makeCounter(label: "visits", dimensions: [("user", "\(user)")]).increment(by: 1) }
        let slowest = await withTaskGroup(of: Duration.self) { group in
            for task in 0..<2 {
                group.addTask {
                    var slowest = Duration.zero
                    for user in 0..<50_000 {
                        let start = ContinuousClock.now
                        factory.makeCounter(label: "visits", dimensions: [("user", "\(task)-\(user)")]).increment(by: 1)
                        other.increment()
                        slowest = max(slowest, ContinuousClock.now - start)
                        if user % 10_000 == 0 { _ = registry.snapshot() }
                    }
                    return slowest
                }
            }
            return await group.reduce(.zero) { max($0, $1) }
        }
        // On a machine with other work to do a thread may have to wait for its turn, and for nothing else.
        #expect(slowest < .seconds(10), "\(slowest)")
        let families = registry.snapshot()
        #expect(families.map(\.points.count) == [2001, 1])
        let overflow = families[0].points.first { $0.labels["otel_metric_overflow"] == "true" }
        #expect(overflow.map { "\($0.value)" } == "number(100000.0)")
        #expect("\(families[1].points[0].value)" == "number(100000.0)")
        #expect(registry.overflowCount == 100_000)
    }
}
