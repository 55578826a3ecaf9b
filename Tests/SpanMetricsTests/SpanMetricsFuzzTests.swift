internal import OTLPFormat
internal import TelemetryModel
internal import TestSupport
internal import Testing

@testable internal import SpanMetrics

/// Messages that say something everywhere, with bytes changed at random: whatever a scan lets pass is counted, and nothing traps.
struct SpanMetricsFuzzTests {
    @Test(arguments: 0..<6 as Range<UInt64>)
    func anyMessageIsRefusedOrCounted(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var spans = SpanMetricsOptions()
        spans.hasStatusMessage = true
        spans.hasTargetInfo = true
        spans.dimensions = ["key.1", "http.method"]
        spans.multiplier.usesTraceState = true
        spans.multiplier.attribute = "key.2"
        var graph = ServiceGraphOptions()
        graph.dimensions = ["key.1"]
        graph.peerAttributes = ["key.2", "peer.service"]
        graph.databaseNameAttributes = ["key.3"]
        var general = MetricGenerationOptions()
        general.slackMilliseconds = 1_000_000_000_000
        general.activeSeriesMax = 2000
        var bench = Workbench(general, spans: spans, graph: graph)
        var passed = 0
        for _ in 0..<60 {
            var message = generator.spanBatch(spans: 5).otlp
            for _ in 0..<Int.random(in: 0...4, using: &generator) {
                message[Int.random(in: message.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            if (try? message.withUnsafeBytes { try SpanScan($0) }) == nil { continue }
            passed += 1
            bench.observe(message)
            bench.now += 1000
            bench.generator.expire(bench.now)
        }
        bench.run(seconds: 15)
        #expect(passed > 10, "seed \(seed)")
        #expect(!bench.values("calls_total").isEmpty, "seed \(seed)")
        #expect(bench.generator.statistics.activeSeries <= 2000 + 2 * 24, "seed \(seed)")
        for histograms in bench.histograms.values {
            for sample in histograms { #expect(throws: Never.self, "seed \(seed)") { try sample.histogram.validate() } }
        }
    }
}
