internal import PerchMetrics
internal import PerchWire
internal import Synchronization
internal import Testing

@Suite struct ExemplarTests {
    private let span = SpanIdentity(traceID: TraceID(high: 1, low: 2), spanID: SpanID(3), flags: 1)

    @Test func `a counter gets one exemplar between two expositions, however it is added to`() {
        let calls = Atomic<Int>(0)
        let span = span
        let registry = MetricRegistry(
            exemplars: ExemplarSource {
                calls.add(1, ordering: .relaxed)
                return span
            })
        let counter = registry.counter("orders_total", help: "Orders.")
        for _ in 0..<100 { counter.increment() }
        counter.increment(by: 5)
        counter.add(0.5)
        #expect(calls.load(ordering: .relaxed) == 1)
        let ids = "trace_id=\"00000000000000010000000000000002\",span_id=\"0000000000000003\""
        #expect(text(registry).contains("orders_total 105.5 # {\(ids)} 1 "))
        counter.add(2.5)
        #expect(text(registry).contains("orders_total 108 # {\(ids)} 2.5 "))
        counter.increment(by: 7)
        #expect(text(registry).contains("orders_total 115 # {\(ids)} 7 "))
    }

    @Test(arguments: [1, 2, 3])
    func `a counter outside of spans asks less and less often, and finds one that comes later`(_ way: Int) {
        let calls = Atomic<Int>(0)
        let isInside = Atomic<Bool>(false)
        let span = span
        let registry = MetricRegistry(
            exemplars: ExemplarSource {
                calls.add(1, ordering: .relaxed)
                return isInside.load(ordering: .relaxed) ? span : nil
            })
        let counter = registry.counter("orders_total", help: "Orders.")
        func change() {
            switch way {
            case 1: counter.increment()
            case 2: counter.increment(by: 3)
            default: counter.add(0.25)
            }
        }
        for _ in 0..<1600 { change() }
        #expect((100...130).contains(calls.load(ordering: .relaxed)), "\(calls.load(ordering: .relaxed))")
        isInside.store(true, ordering: .relaxed)
        for _ in 0..<32 { change() }
        #expect(text(registry).contains("# {trace_id="))
    }

    @Test func `each bucket gets one exemplar between two expositions`() {
        let calls = Atomic<Int>(0)
        let span = span
        let source = ExemplarSource {
            calls.add(1, ordering: .relaxed)
            return span
        }
        let registry = MetricRegistry(exemplars: source)
        let histogram = registry.histogram("work_seconds", help: "Work.", bounds: [1, 2])
        for _ in 0..<100 { histogram.record(0.5) }
        histogram.record(1.5)
        #expect(calls.load(ordering: .relaxed) == 2)
        let text = text(registry)
        let ids = "trace_id=\"00000000000000010000000000000002\",span_id=\"0000000000000003\""
        #expect(text.contains("work_seconds_bucket{le=\"1.0\"} 100 # {\(ids)} 0.5 "))
        #expect(text.contains("work_seconds_bucket{le=\"2.0\"} 101 # {\(ids)} 1.5 "))
        #expect(text.contains("work_seconds_bucket{le=\"+Inf\"} 101\n"))
        histogram.record(0.25)
        #expect(calls.load(ordering: .relaxed) == 3)
        #expect(self.text(registry).contains("} 0.25 "))
    }

    @Test func `spans that nobody keeps are no exemplars, and cost little`() {
        let calls = Atomic<Int>(0)
        let unsampled = SpanIdentity(traceID: span.traceID, spanID: span.spanID, flags: 0)
        let source = ExemplarSource {
            calls.add(1, ordering: .relaxed)
            return unsampled
        }
        let registry = MetricRegistry(exemplars: source)
        let histogram = registry.histogram("work_seconds", help: "Work.", bounds: [1])
        for _ in 0..<16_000 { histogram.record(0.5) }
        #expect(calls.load(ordering: .relaxed) <= 1016)
        #expect(!text(registry).contains("trace_id"))
    }

    private func text(_ registry: MetricRegistry) -> String {
        var output: [UInt8] = []
        registry.render(.openMetrics, into: &output)
        return String(decoding: output, as: UTF8.self)
    }
}
