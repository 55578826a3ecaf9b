internal import HTTPAPI
internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdTesting
internal import LabelMatching
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import PerchMetrics
internal import PromQL
internal import Synchronization
internal import TelemetryModel
internal import Testing

@testable internal import Ingestion

/// A server with every API on a free port, over a source of the test's choice. Its clock stands still at ``now``.
struct TestServer {
    static let now: Timestamp = 1_700_000_000_000

    let source: any SeriesSource
    var timeoutMilliseconds: Int64 = 20_000
    var queryConcurrency = 4
    var slowQueries: SlowQueryLog?
    var writeLimits = RemoteWriteAPI.Limits()
    var targets = TargetsView()
    var ruleGroups: [RuleGroupView] = []
    var alertmanagers = AlertmanagersView(active: [], dropped: [])
    var isReady = true
    var idleTimeoutSeconds: Int64 = 300
    var readLimits = RemoteReadAPI.Limits()
    var externalLabels = LabelSet()
    let metrics = MetricRegistry()
    let writes = WriteLog()

    /// Longer than any brief work takes on a busy machine.
    var briefTimeMax = Duration.seconds(20)

    init(_ source: any SeriesSource = TestServer.twoTargets) { self.source = source }

    /// `up` of two targets and a counter of one, sampled at the minute before ``now``.
    static let twoTargets = ArraySource([
        (["__name__": "up", "instance": "a:1", "job": "node"], [(now - 60_000, 1), (now, 1)]),
        (["__name__": "up", "instance": "b:1", "job": "node"], [(now - 60_000, 0), (now, 0)]),
        (["__name__": "requests_total", "instance": "a:1", "job": "node", "path": "/\"x\"\n"], [(now - 60_000, 10), (now, 10.5)]),
    ])

    func run(_ test: @Sendable (TestConnection) async throws -> Void) async throws {
        let queries = WorkPool(name: "query", concurrency: queryConcurrency, samplesMax: 1_000_000, metrics: metrics)
        let lookups = WorkPool(name: "lookup", concurrency: 2, samplesMax: 1_000_000, metrics: metrics)
        let writing = RemoteWriteAPI(limits: writeLimits, metrics: metrics) { [writes] in writes.take($0, $1, $2) }
        let reading = RemoteReadAPI(source: source, limits: readLimits, metrics: metrics) { [externalLabels] in externalLabels }
        let server = HTTPServer(
            apis(queries, lookups) + [writing, reading], metrics: metrics, isReady: { [isReady] in isReady }, now: { TestServer.now })
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        var options = HTTPServer.Options(port: 0)
        options.idleTimeoutSeconds = idleTimeoutSeconds
        let application = server.application(options, logger: logger)
        let outcome: Result<Void, any Error>
        do {
            try await application.test(.live) { client in try await test(TestConnection(client: client)) }
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        try await queries.shutdown()
        try await lookups.shutdown()
        try await writing.shutdown()
        try await reading.shutdown()
        try outcome.get()
    }

    /// Has a server that is not ready answer requests for nobody.
    func rehearse(_ targets: [String], everywhere brief: [String] = []) async throws {
        let queries = WorkPool(name: "query", concurrency: 1, samplesMax: 1_000_000, metrics: metrics)
        let lookups = WorkPool(name: "lookup", concurrency: 1, samplesMax: 1_000_000, metrics: metrics)
        let server = HTTPServer(apis(queries, lookups), metrics: metrics, isReady: { false }, now: { TestServer.now })
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        try await NIOThreadPool.singleton.runIfActive { try server.rehearse(targets, everywhere: brief, logger: logger) { false } }
        try await queries.shutdown()
        try await lookups.shutdown()
    }

    private func apis(_ queries: WorkPool, _ lookups: WorkPool) -> [any HTTPEndpoints] {
        let environment = QueryEnvironment(
            engine: { QueryEngine(options: EngineOptions()) }, source: source, queries: queries, lookups: lookups,
            brief: BriefWork(samplesMax: 1_000_000, timeMax: briefTimeMax, metrics: metrics),
            timeoutMilliseconds: timeoutMilliseconds, slowQueries: slowQueries, now: { TestServer.now })
        let runtime = RuntimeDescription(
            startTime: TestServer.now - 3_600_000, workingDirectory: "/data", hostname: "host", reloadSucceeded: true,
            lastReload: TestServer.now - 1_500, damagedFiles: 0, storageRetention: "30d")
        let status = StatusAPI.Sources(
            configuration: { "global:\n  scrape_interval: 15s\n" }, flags: { ["web.listen-address": "x", "config.file": "y"] },
            runtime: { runtime }, storage: { [StorageNumber("activeSeries", 3), StorageNumber("shardBytes", 4096)] },
            replay: { ReplayProgress(.inProgress, first: 0, last: 2, current: 1) })
        return [
            QueryAPI(environment, metrics: metrics), SeriesAPI(environment), ExpressionAPI(environment),
            RulesAPI(environment, groups: { [ruleGroups] in ruleGroups }, alertmanagers: { [alertmanagers] in alertmanagers }),
            FeaturesAPI(environment, features: ["api": ["admin": false]]) { [.init(text: "Heads up.", date: TestServer.now)] },
            StatusAPI(environment, build: BuildDescription(version: "3.7.0", revision: "abc", compiler: "swift"), sources: status),
            SelfMetricsAPI(metrics), FederationAPI(environment) { [externalLabels] in externalLabels }, GraphAPI(environment),
            TargetsAPI(environment, targets: { [targets] in targets }) { target in
                [MetadataAPI.Family(name: "up", metadata: [MetricMetadata(type: .gauge, help: "Up at \(target.scrapeURL).")])]
            },
            MetadataAPI(environment) { name in
                [
                    .init(name: "z_total", metadata: [MetricMetadata(type: .counter, help: "Z", unit: "")]),
                    .init(
                        name: "a_seconds",
                        metadata: [MetricMetadata(type: .gauge, help: "A", unit: "seconds"), MetricMetadata(type: .gauge, help: "B")]),
                ].filter { name == nil || name == $0.name }
            },
            ExemplarAPI(environment) { selectors, range, _ in
                let exemplar = Exemplar(labels: ["trace_id": "abc"], value: 0.25, timestamp: 1_500)
                let labels: LabelSet = ["__name__": "test"]
                return range.contains(1_500) && selectors.contains { $0.matches(labels) }
                    ? [.init(labels: labels, exemplars: [exemplar])] : []
            },
            LifecycleAPI(
                isReady: { [isReady] in isReady }, reload: { throw ReloadFailure() }, flush: {}),
        ]
    }

    struct ReloadFailure: Error, CustomStringConvertible {
        var description: String { "perch.yml:3:5: unknown key" }
    }
}

/// What remote writes a server got, and what it answers to the next.
final class WriteLog: Sendable {
    struct Request: Sendable {
        var body: [UInt8]
        var contentType: String?
        var contentEncoding: String?
    }

    let requests = Mutex<[Request]>([])
    let outcome = Mutex(RemoteWriteOutcome(.accepted))

    func take(_ body: UnsafeRawBufferPointer, _ contentType: String?, _ contentEncoding: String?) -> RemoteWriteOutcome {
        requests.withLock { $0.append(Request(body: Array(body), contentType: contentType, contentEncoding: contentEncoding)) }
        return outcome.withLock { $0 }
    }
}

/// A client of a test server, over one connection that is kept open.
struct TestConnection: Sendable {
    let client: any TestClientProtocol

    struct Answer: Sendable {
        let status: Int
        let headers: HTTPFields
        let body: ByteBuffer
        var text: String { String(buffer: body) }
    }

    func get(_ uri: String, headers: HTTPFields = [:]) async throws -> Answer { try await send(.get, uri, headers: headers) }

    func post(_ uri: String, form: String) async throws -> Answer {
        try await send(.post, uri, headers: [.contentType: "application/x-www-form-urlencoded"], body: ByteBuffer(string: form))
    }

    func send(_ method: HTTPRequest.Method, _ uri: String, headers: HTTPFields = [:], body: ByteBuffer? = nil) async throws -> Answer {
        try await client.execute(uri: uri, method: method, headers: headers, body: body) { response in
            Answer(status: response.status.code, headers: response.headers, body: response.body)
        }
    }

    /// Expects an error envelope.
    func expectFailure(
        _ answer: Answer, _ status: Int, _ kind: String, _ message: String, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(answer.status == status, sourceLocation: sourceLocation)
        #expect(answer.headers[.contentType] == "application/json", sourceLocation: sourceLocation)
        let start = "{\"status\":\"error\",\"errorType\":\"\(kind)\",\"error\":\""
        #expect(answer.text.hasPrefix(start), "\(answer.text)", sourceLocation: sourceLocation)
        #expect(answer.text.contains(message), "\(answer.text)", sourceLocation: sourceLocation)
    }
}
