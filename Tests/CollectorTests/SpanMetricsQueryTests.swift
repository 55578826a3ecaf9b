internal import Foundation
internal import Ingestion
internal import LabelMatching
internal import MetricStorage
internal import OTLPFormat
internal import PromQL
internal import QueryModel
internal import SpanMetrics
internal import Synchronization
internal import TelemetryModel
internal import Testing

@testable internal import Collector

/// Metrics made of spans, written into the real storage and asked for as Grafana's service map and its table ask.
@Suite struct SpanMetricsQueryTests {
    @Test(arguments: ["_bucket", ""])
    func grafanaFindsTheServiceMap(_ histogram: String) throws {
        let fixture = try Fixture()
        try fixture.traffic(minutes: 6)
        let metric = "traces_service_graph_request"
        let rates = try fixture.ask("sum by (client, server) (rate(\(metric)_total[300s]))", by: ["client", "server"])
        // Four requests a second, all of which come in from outside; one in four fails; each goes to the stock and to the database.
        #expect(rates.mapValues { ($0 * 100).rounded() / 100 } == ["user,shop": 4, "shop,stock": 4, "stock,stocks-db": 4])
        let failed = try fixture.ask("sum by (client, server) (rate(\(metric)_failed_total[300s]))", by: ["client", "server"])
        #expect(failed.mapValues { ($0 * 100).rounded() / 100 } == ["shop,stock": 1])
        let types = try fixture.ask(
            "group by (client, connection_type, server) (\(metric)_total)", by: ["client", "connection_type", "server"])
        #expect(types == ["user,virtual_node,shop": 1, "shop,,stock": 1, "stock,database,stocks-db": 1])
        let seconds = try fixture.ask(
            histogram.isEmpty
                ? "histogram_sum(sum by (client, server) (rate(\(metric)_server_seconds[300s])))"
                : "sum by (client, server) (rate(\(metric)_server_seconds_sum[300s]))", by: ["server"])
        #expect(abs((seconds["stock"] ?? 0) - 4 * 0.150) < 0.02)
        let table = try fixture.ask(
            #"topk(5, sum(rate(traces_spanmetrics_calls_total{span_kind="SPAN_KIND_SERVER"}[300s])) by (span_name))"#, by: ["span_name"])
        #expect(table.mapValues { ($0 * 100).rounded() / 100 } == ["GET /cart": 4, "Reserve": 4])
        let errors = try fixture.ask(
            #"topk(5, sum(rate(traces_spanmetrics_calls_total{status_code="STATUS_CODE_ERROR",span_name=~"GET /cart|Reserve"}[300s])) by (span_name))"#,
            by: ["span_name"])
        #expect(errors.mapValues { ($0 * 100).rounded() / 100 } == ["Reserve": 1])
        let by = histogram.isEmpty ? "" : " by (le)"
        let slow = try fixture.ask(
            "histogram_quantile(.9, sum(rate(traces_spanmetrics_latency\(histogram){span_name=~\"Reserve\"}[300s]))\(by))", by: [])
        // The time is exact to a bucket: 128 to 256 ms of the classic ones, 9 % of the native ones.
        #expect((slow[""] ?? 0) > (histogram.isEmpty ? 0.140 : 0.128))
        #expect((slow[""] ?? 1) < (histogram.isEmpty ? 0.163 : 0.256))
        try fixture.remove()
    }

    /// Counters begin again after a restart, and nothing is counted twice or lost but what the last interval had.
    @Test(arguments: [true, false])
    func ratesHoldOverARestart(isGraceful: Bool) throws {
        let fixture = try Fixture()
        try fixture.traffic(minutes: 3)
        if isGraceful { try fixture.stage.flush() }
        try fixture.restart()
        try fixture.traffic(minutes: 3)
        let calls = try fixture.ask(
            #"sum(increase(traces_spanmetrics_calls_total{service="shop",span_kind="SPAN_KIND_SERVER"}[10m]))"#, by: [])
        let total = 2 * 3 * 60 * 4.0
        // `increase` does not see all the way to the ends of the range, whatever the counter.
        #expect(abs((calls[""] ?? 0) - total) < total * 0.05)
        let resets = try fixture.ask(
            #"sum(resets(traces_spanmetrics_calls_total{service="shop",span_kind="SPAN_KIND_SERVER"}[10m]))"#, by: [])
        #expect(resets[""] == 1)
        try fixture.remove()
    }

    @Test func exemplarsAndMetadataAreThere() throws {
        let fixture = try Fixture()
        try fixture.traffic(minutes: 1)
        let selector = LabelSelector(try PromQLParser().parseSelector("traces_spanmetrics_latency_bucket").matchers)
        let exemplars = try fixture.storage.exemplars([selector], in: .all)
        #expect(exemplars.contains { $0.exemplars.contains { $0.labels["traceID"]?.utf8.count == 32 } })
        #expect(fixture.storage.metadata(family: "traces_spanmetrics_latency")?.type == .histogram)
        #expect(fixture.storage.metadata(family: "traces_service_graph_request_total")?.type == .counter)
        try fixture.remove()
    }
}

/// A stage over a real storage with a clock that is set.
private final class Fixture {
    private final class Clock: Sendable { let now = Mutex<Timestamp>(1_795_348_800_000) }

    private struct Sink: SpanAppending {
        func append(otlp message: UnsafeRawBufferPointer) -> SpanAppendOutcome { SpanAppendOutcome(.accepted) }
    }

    private let directory = NSTemporaryDirectory() + "perch-span-metrics-" + UUID().uuidString
    private let clock = Clock()
    private(set) var storage: MetricStorage
    private(set) var stage: SpanMetricsStage
    private var trace: UInt64 = 0

    init() throws {
        storage = try Fixture.open(directory, clock)
        stage = Fixture.stage(storage, clock)
    }

    private static func open(_ directory: String, _ clock: Clock) throws -> MetricStorage {
        var options = MetricStorageOptions()
        options.runsInBackground = false
        return try MetricStorage(directory: directory, options: options, clock: { clock.now.withLock { $0 } })
    }

    private static func stage(_ storage: MetricStorage, _ clock: Clock) -> SpanMetricsStage {
        SpanMetricsStage(
            MetricGenerationOptions(), spans: SpanMetricsOptions(), graph: ServiceGraphOptions(), next: Sink(), metrics: storage,
            now: { clock.now.withLock { $0 } })
    }

    private var now: Timestamp { clock.now.withLock { $0 } }

    /// As after the end of the process: what was counted and not written is gone.
    func restart() throws {
        try storage.close()
        storage = try Fixture.open(directory, clock)
        stage = Fixture.stage(storage, clock)
    }

    func remove() throws {
        try storage.close()
        try FileManager.default.removeItem(atPath: directory)
    }

    /// Four requests a second: into the shop, from there to the stock, from there to its database.
    func traffic(minutes: Int) throws {
        for second in 1...minutes * 60 {
            clock.now.withLock { $0 += 1000 }
            let message = message()
            _ = message.withUnsafeBytes { stage.append(otlp: $0) }
            stage.expire()
            if second % 15 == 0 { try stage.flush() }
        }
    }

    private func message() -> [UInt8] {
        var batch = SpanBatch()
        batch.scopes = [ScopeRecord()]
        for service in ["shop", "stock"] {
            var resource = ResourceRecord()
            resource.attributes = [Attribute("service.name", .string(service))]
            batch.resources.append(resource)
        }
        for request in 0..<4 {
            trace += 1
            let rows: [(name: String, kind: SpanKind, id: UInt64, parent: UInt64, ms: UInt64, resource: Int)] = [
                ("GET /cart", .server, 1, 0, 200, 0), ("call", .client, 2, 1, 170, 0), ("Reserve", .server, 3, 2, 150, 1),
                ("UPDATE", .client, 4, 3, 90, 1),
            ]
            for row in rows {
                var span = SpanRecord(traceID: TraceID(high: 7, low: trace), spanID: SpanID(trace * 8 + row.id))
                span.parentSpanID = row.parent == 0 ? .none : SpanID(trace * 8 + row.parent)
                span.name = row.name
                span.kind = row.kind
                span.end = UInt64(now) * 1_000_000
                span.start = span.end - row.ms * 1_000_000
                if row.id == 3, request == 0 { span.statusCode = .error }
                if row.id == 4 { span.attributes = [Attribute("db.name", .string("stocks-db"))] }
                span.resource = row.resource
                batch.spans.append(span)
            }
        }
        return batch.otlp
    }

    /// The values of an instant query by labels of its series.
    func ask(_ text: String, by labels: [String]) throws -> [String: Double] {
        let engine = QueryEngine(options: EngineOptions())
        let answer = try engine.evaluate(
            try engine.parse(text), times: .instant(now), source: MetricSeriesSource(storage: storage), budget: QueryBudget())
        guard case .vector(let samples) = answer.value else { return [:] }
        var values: [String: Double] = [:]
        for sample in samples {
            guard case .float(let value) = sample.value else { continue }
            values[labels.map { sample.labels[$0] ?? "" }.joined(separator: ",")] = value
        }
        return values
    }
}
