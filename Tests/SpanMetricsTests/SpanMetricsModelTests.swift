internal import OTLPFormat
internal import TelemetryModel
internal import TestSupport
internal import Testing

@testable internal import SpanMetrics

/// Random traces in random order, counted here and in the simplest way.
struct SpanMetricsModelTests {
    @Test(arguments: 0..<6 as Range<UInt64>)
    func countsAreThoseOfANaiveImplementation(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var graph = ServiceGraphOptions()
        graph.waitMilliseconds = 3000
        graph.peerAttributes = ["peer.service", "db.name"]
        var general = MetricGenerationOptions()
        general.histograms = seed % 2 == 0 ? .classic : .both
        var bench = Workbench(general, graph: graph)
        var naive = NaiveMetrics(wait: 3000, bounds: SpanMetricsOptions().bounds, graphBounds: graph.bounds)
        var pending: [(service: Int, span: SpanRecord)] = []
        for _ in 0..<25 {
            for _ in 0..<Int.random(in: 0...3, using: &generator) { pending += Self.trace(at: bench.now, &generator) }
            pending.shuffle(using: &generator)
            let count = Int.random(in: 0...pending.count, using: &generator)
            var batch = SpanBatch()
            batch.scopes = [ScopeRecord()]
            for (service, span) in pending.suffix(count) {
                var resource = ResourceRecord()
                resource.attributes = [.text("service.name", "service-\(service)")]
                batch.resources.append(resource)
                var span = span
                span.resource = batch.resources.count - 1
                batch.spans.append(span)
            }
            pending.removeLast(count)
            bench.observe(batch.otlp)
            naive.observe(batch, now: bench.now)
            bench.now += Int64.random(in: 0...2000, using: &generator)
            bench.generator.expire(bench.now)
            naive.expire(now: bench.now)
            if Int.random(in: 0..<8, using: &generator) == 0 { bench.flush(samplesMax: Int.random(in: 1...300, using: &generator)) }
        }
        bench.now += 10_000
        bench.flush()
        naive.expire(now: bench.now)
        let found = bench.values("").filter { !$0.key.contains("size_total") }
        for (series, value) in naive.counters {
            let own = found[series]
            #expect(
                own.map { abs($0 - value) < 1e-6 * max(1, value) } ?? false,
                "seed \(seed): \(series): \(String(describing: own)), not \(value)")
        }
        #expect(Set(found.keys) == Set(naive.counters.keys), "seed \(seed)")
        for samples in bench.samples.values {
            #expect(zip(samples, samples.dropFirst()).allSatisfy { $0.timestamp < $1.timestamp && $0.value <= $1.value }, "seed \(seed)")
        }
        checkNative(bench, found, seed)
    }

    /// Native histograms say the same as the counters of their classic ones.
    private func checkNative(_ bench: Workbench, _ found: [String: Double], _ seed: UInt64) {
        #expect(bench.histograms.isEmpty == (seed % 2 == 0))
        for (series, samples) in bench.histograms {
            guard let last = samples.last?.histogram else { continue }
            #expect(throws: Never.self) { try last.validate() }
            let brace = series.firstIndex(of: "{") ?? series.endIndex
            #expect(found[series[..<brace] + "_count" + series[brace...]] == last.count)
            let buckets = last.buckets(.positive).reduce(0) { $0 + $1.count }
            #expect(last.zeroCount + buckets == last.count, "seed \(seed): \(series)")
        }
    }

    private static func trace(at now: Timestamp, _ generator: inout SeededGenerator) -> [(service: Int, span: SpanRecord)] {
        let trace = TraceID(high: 1, low: generator.next())
        var spans: [(service: Int, span: SpanRecord)] = []
        var parents: [SpanID] = [.none]
        for _ in 0..<Int.random(in: 1...10, using: &generator) {
            var span = SpanRecord(traceID: trace, spanID: SpanID(generator.next() | 1))
            span.parentSpanID = parents.randomElement(using: &generator) ?? .none
            if Int.random(in: 0..<10, using: &generator) == 0 { span.parentSpanID = SpanID(generator.next() | 1) }
            span.kind = SpanKind(rawValue: Int32.random(in: 0...5, using: &generator))
            span.statusCode = SpanStatusCode(rawValue: Int32.random(in: 0...2, using: &generator))
            span.name = "name-\(Int.random(in: 0..<3, using: &generator))"
            span.end = UInt64(now) * 1_000_000
            // Down to a nanosecond, up to some minutes, and nothing at all.
            span.start = span.end - (generator.spreadUInt64() >> UInt64.random(in: 26...63, using: &generator))
            if Bool.random(using: &generator) {
                span.attributes.append(.text("peer.service", "peer-\(Int.random(in: 0..<2, using: &generator))"))
            }
            if Int.random(in: 0..<5, using: &generator) == 0 { span.attributes.append(.text("db.name", "db")) }
            parents.append(span.spanID)
            // Two servers below one client would be one request and a half, depending on the order.
            if span.kind == .server || span.kind == .consumer { parents.removeAll { $0 == span.parentSpanID && $0.isValid } }
            spans.append((Int.random(in: 0..<4, using: &generator), span))
        }
        return spans
    }
}
