internal import Ingestion
internal import MetricStorage
internal import OTLPFormat
internal import SpanMetrics
internal import TelemetryModel

/// Messages of 500 spans of a fleet of 20 services: what counting them for metrics costs beside the walk that keeping them needs anyway.
struct SpanMetricsBenchmark {
    let stopwatch: Stopwatch

    private static let spansPerMessage = 500
    private static let services = 20
    private static let now: Timestamp = 1_790_000_000_000

    func run() throws {
        let messages = SpanMetricsBenchmark.messages(60)
        let spans = messages.count * SpanMetricsBenchmark.spansPerMessage
        let bytes = messages.reduce(0) { $0 + $1.count }
        var table = Table("spans of \(bytes / spans) bytes", "ns/span", "M spans/s", "series")
        let scanning = stopwatch.time(items: spans) {
            for message in messages {
                message.withUnsafeBytes { precondition((try? SpanScan($0))?.spans.isEmpty == false, "BUG: no spans") }
            }
        }
        table.add("walk over the message", shown(scanning.nanosecondsPerItem, digits: 0), millions(scanning), "")
        let scans = messages.map { message in message.withUnsafeBytes { try? SpanScan($0) } }
        var none = SpanMetricsOptions()
        none.isEnabled = false
        var noGraph = ServiceGraphOptions()
        noGraph.isEnabled = false
        var dimensions = SpanMetricsOptions()
        dimensions.dimensions = ["http.request.method", "http.response.status_code", "deployment.environment"]
        let cases: [(String, SpanMetricsOptions, ServiceGraphOptions)] = [
            ("span metrics", SpanMetricsOptions(), noGraph), ("span metrics with 3 dimensions", dimensions, noGraph),
            ("service graph", none, ServiceGraphOptions()), ("both, as by default", SpanMetricsOptions(), ServiceGraphOptions()),
        ]
        for (name, options, graph) in cases {
            let stage = SpanMetricsStage(
                MetricGenerationOptions(), spans: options, graph: graph, next: SpanSink(), metrics: MetricSink(),
                now: { SpanMetricsBenchmark.now })
            let counting = stopwatch.time(items: spans) {
                for (message, scan) in zip(messages, scans) {
                    guard let scan else { continue }
                    message.withUnsafeBytes { _ = stage.append(otlp: $0, scan: scan) }
                }
            }
            table.add(
                name, shown(counting.nanosecondsPerItem, digits: 0), millions(counting), String(stage.statistics.activeSeries))
        }
        table.print()

        let stage = SpanMetricsStage(
            MetricGenerationOptions(), spans: SpanMetricsOptions(), graph: ServiceGraphOptions(), next: SpanSink(), metrics: MetricSink(),
            now: { SpanMetricsBenchmark.now })
        for message in messages { message.withUnsafeBytes { _ = stage.append(otlp: $0) } }
        try stage.flush()
        let series = stage.statistics.activeSeries
        let flushing = try stopwatch.time(items: series) { try stage.flush() }
        var flushes = Table("making samples every 15 s", "ns/series")
        flushes.add("\(series) series", shown(flushing.nanosecondsPerItem, digits: 0))
        flushes.print()
    }

    /// Traces of eight spans: a request that comes in and goes through two more services, each of which asks a database.
    private static func messages(_ count: Int) -> [[UInt8]] {
        var generator = SeededGenerator(seed: 5)
        var batches = [SpanBatch](repeating: SpanBatch(), count: count)
        for batch in batches.indices {
            batches[batch].scopes = [ScopeRecord()]
            batches[batch].resources = (0..<services).map { service in
                var resource = ResourceRecord()
                resource.attributes = [
                    Attribute("service.name", .string("service-\(service)")), Attribute("service.namespace", .string("shop")),
                    Attribute("service.instance.id", .string("instance-\(service)-0001")),
                    Attribute("deployment.environment", .string("production")), Attribute("telemetry.sdk.language", .string("swift")),
                ]
                return resource
            }
        }
        while batches.last?.spans.count ?? 0 < spansPerMessage {
            for batch in batches.indices where batches[batch].spans.count < spansPerMessage {
                addTrace(to: &batches[batch], &generator)
            }
        }
        return batches.map { batch in
            var sorted = batch
            sorted.spans = Array(batch.spans.prefix(spansPerMessage)).sorted { $0.resource < $1.resource }
            return sorted.otlp
        }
    }

    private static func addTrace(to batch: inout SpanBatch, _ generator: inout SeededGenerator) {
        let trace = TraceID(high: generator.next(), low: generator.next())
        var parent = SpanID.none
        for hop in 0..<3 {
            let service = Int.random(in: 0..<services, using: &generator)
            let route = Int.random(in: 0..<8, using: &generator)
            let kinds: [SpanKind] = hop == 2 ? [.server, .client] : [.server, .client, .client]
            var server = parent
            for (index, kind) in kinds.enumerated() {
                var span = SpanRecord(traceID: trace, spanID: SpanID(generator.next() | 1))
                span.parentSpanID = index == 0 ? parent : server
                span.kind = kind
                span.name = index == 0 ? "GET /api/v1/things/\(route)" : index == 1 ? "SELECT things" : "GET"
                span.end = UInt64(now) * 1_000_000
                span.start = span.end - UInt64.random(in: 100_000...400_000_000, using: &generator)
                span.resource = service
                span.attributes = [
                    Attribute("http.request.method", .string("GET")), Attribute("http.response.status_code", .int(200)),
                    Attribute("url.path", .string("/api/v1/things/\(generator.next() % 100_000)")),
                    Attribute("user_agent.original", .string("Mozilla/5.0 (X11; Linux x86_64)")),
                ]
                if index == 1 {
                    span.attributes = [
                        Attribute("db.system", .string("postgresql")), Attribute("db.name", .string("things")),
                        Attribute("server.address", .string("database-\(service % 4)")),
                        Attribute("db.statement", .string("SELECT * FROM things WHERE id = $1")),
                    ]
                }
                if index == 0 { server = span.spanID }
                batch.spans.append(span)
                if index == kinds.count - 1 { parent = span.spanID }
            }
        }
    }
}

/// Takes every span and keeps none, so that what is measured is the stage alone.
private struct SpanSink: SpanAppending {
    func append(otlp message: UnsafeRawBufferPointer) -> SpanAppendOutcome { SpanAppendOutcome(.accepted) }
}

private struct MetricSink: MetricAppending {
    func append(_ batch: MetricBatch) throws(MetricStorageError) -> AppendResult { AppendResult() }
    func setMetadata(_ metadata: [String: MetricMetadata]) throws(MetricStorageError) {}
}
