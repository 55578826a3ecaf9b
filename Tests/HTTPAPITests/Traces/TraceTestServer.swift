internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdTesting
internal import Logging
internal import PerchMetrics
internal import PromQL
internal import QueryModel
internal import Synchronization
internal import TelemetryModel
internal import Testing
internal import TraceQL

@testable internal import HTTPAPI

/// A server with the APIs of traces on a free port, over traces in memory. Its clock stands still at ``TestServer/now``.
struct TraceTestServer {
    var traces: [SpanBatch] = [TraceFixture.shop, TraceFixture.bare]
    /// Where spans come from instead of ``traces``.
    var source: (any SpanSource)?
    var timeoutMilliseconds: Int64 = 20_000
    var slowQueries: SlowTraceQueryLog?
    var limits = TempoAPI.Limits()
    var isReady = true
    /// Series for Jaeger's monitor; nil for a server without metrics.
    var series: (any SeriesSource)?
    let metrics = MetricRegistry()

    func run(_ test: @Sendable (TestConnection) async throws -> Void) async throws {
        let queries = WorkPool(name: "query", concurrency: 2, samplesMax: 1_000_000, metrics: metrics)
        let lookups = WorkPool(name: "lookup", concurrency: 2, samplesMax: 1_000_000, metrics: metrics)
        let server = HTTPServer(apis(queries, lookups), metrics: metrics)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let application = server.application(HTTPServer.Options(port: 0), logger: logger)
        let outcome: Result<Void, any Error>
        do {
            try await application.test(.live) { client in try await test(TestConnection(client: client)) }
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        try await queries.shutdown()
        try await lookups.shutdown()
        try outcome.get()
    }

    private func apis(_ queries: WorkPool, _ lookups: WorkPool) -> [any HTTPEndpoints] {
        let tables = traces.map { BatchTable($0) }
        let environment = TraceEnvironment(
            engine: TraceQLEngine(), source: source ?? RangedSource(tables: tables),
            trace: { [traces] id, _ in traces.first { $0.spans.first?.traceID == id } }, queries: queries, lookups: lookups,
            timeoutMilliseconds: timeoutMilliseconds, slowQueries: slowQueries, metrics: metrics,
            now: { UInt64(TestServer.now) * 1_000_000 })
        let metricEnvironment = series.map { series in
            QueryEnvironment(
                engine: { QueryEngine(options: EngineOptions()) }, source: series, queries: queries, lookups: lookups,
                brief: BriefWork(samplesMax: 1_000, metrics: MetricRegistry()), now: { TestServer.now })
        }
        return [
            TempoAPI(
                environment, build: BuildDescription(version: "2.9.0", revision: "abc", compiler: "swift"), limits: limits,
                isReady: { [isReady] in isReady }),
            JaegerAPI(environment, metrics: metricEnvironment), SelfMetricsAPI(metrics),
        ]
    }
}

/// Tables, those in a range of times.
private struct RangedSource: SpanSource {
    let tables: [BatchTable]

    func tables(in range: NanosecondRange, budget: QueryBudget) throws(QueryError) -> [any SpanTable] {
        tables.filter { table in
            table.batch.spans.contains { $0.start <= range.end && max($0.start, $0.end) >= range.start }
        }
    }
}

extension TestConnection {
    /// Asks as people type addresses: characters that may not stand in one are escaped.
    func ask(_ uri: String, headers: HTTPFields = [:]) async throws -> Answer {
        let forbidden = "{}\"|<>`^ "
        let escaped = uri.map { character in
            forbidden.contains(character) ? "%" + String(character.asciiValue ?? 0, radix: 16) : String(character)
        }
        return try await get(escaped.joined(), headers: headers)
    }
}
