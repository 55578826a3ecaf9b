internal import CoreMetrics
internal import Dispatch
internal import PerchMetrics

enum MetricMeasurements {
    static func all() -> [Measurement] {
        let registry = MetricRegistry(exemplars: ExemplarSource { nil })
        let factory = PerchMetricsFactory(registry)
        let counter = registry.counter("a_total", help: "A.")
        let histogram = registry.histogram("b_seconds", help: "B.", unit: "seconds")
        let native = registry.histogram("c_seconds", help: "C.", unit: "seconds", buckets: .native())
        let summary = registry.summary("d_seconds", help: "D.", unit: "seconds")
        let gauge = registry.gauge("e", help: "E.")
        let swiftCounter = CoreMetrics.Counter(label: "f", factory: factory)
        let swiftTimer = CoreMetrics.Timer(label: "g", factory: factory)
        let noCounter = CoreMetrics.Counter(label: "f", factory: NOOPMetricsHandler.instance)
        return [
            Measurement("counter increment", times: 1_000_000, nanosecondsMax: 10, allocationsMax: 0) {
                for _ in 0..<$0 { counter.increment() }
            },
            Measurement("counter increment by swift-metrics", times: 1_000_000, allocationsMax: 0) {
                for _ in 0..<$0 { swiftCounter.increment() }
            },
            Measurement("counter increment by swift-metrics, no backend", times: 1_000_000) { for _ in 0..<$0 { noCounter.increment() } },
            Measurement("gauge set", times: 1_000_000, allocationsMax: 0) { for index in 0..<$0 { gauge.set(Double(index)) } },
            Measurement("histogram record, 18 classic buckets", times: 1_000_000, nanosecondsMax: 25, allocationsMax: 0) {
                for index in 0..<$0 { histogram.record(Double(index & 1023) / 1000) }
            },
            Measurement("histogram record, classic and native", times: 1_000_000, allocationsMax: 0) {
                for index in 0..<$0 { native.record(Double(index & 1023) / 1000) }
            },
            Measurement("summary record", times: 1_000_000, allocationsMax: 0) {
                for index in 0..<$0 { summary.record(Double(index & 1023) / 1000) }
            },
            Measurement("timer record by swift-metrics", times: 1_000_000, allocationsMax: 0) {
                for index in 0..<$0 { swiftTimer.recordNanoseconds(Int64(index & 1023) * 1_000_000) }
            },
            twoThreads(),
            exposition(.prometheus, "text"), exposition(.openMetrics, "OpenMetrics"), exposition(MetricFormat(.protobuf), "protobuf"),
        ]
    }

    /// Two threads at one counter: CPU time of both by increments of both.
    private static func twoThreads() -> Measurement {
        let counter = PerchMetrics.Counter()
        return Measurement("counter increment, two threads at one counter", times: 1_000_000, nanosecondsMax: 20) { times in
            DispatchQueue.concurrentPerform(iterations: 2) { _ in for _ in 0..<times { counter.increment() } }
        }
    }

    /// 10,000 series: 2,000 each of five counters.
    private static func exposition(_ format: MetricFormat, _ name: String) -> Measurement {
        var limits = MetricRegistry.Limits()
        limits.seriesPerFamilyMax = 10_000
        let registry = MetricRegistry(limits: limits)
        for family in 0..<5 {
            let counters = registry.counters("shop_requests_\(family)_total", help: "Requests.", labelNames: "method", "route", "code")
            for index in 0..<2000 { counters.with("GET", "/orders/{id}/items/\(index)", "200").increment(by: index * 7) }
        }
        var output: [UInt8] = []
        return Measurement("exposition of 10,000 series, \(name)", times: 1, nanosecondsMax: 5e6) { _ in
            output.removeAll(keepingCapacity: true)
            registry.render(format, into: &output)
        }
    }
}
