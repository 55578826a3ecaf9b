import AsyncHTTPClient
import CoreMetrics
import Foundation
import GRDB
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import PerchExport
import PerchGRDB
import PerchHTTPClient
import PerchHummingbird
import PerchLogging
import PerchMetrics
import PerchTestKit
import PerchTracing
import ServiceLifecycle
import Synchronization
import Testing
import Tracing

@testable import PerchInstrumentation

private struct Broken: Error {}

/// An HTTP service of a test on a free port.
struct TestService {
    let telemetry: TestTelemetry
    let port: Int

    static func run(
        _ telemetry: TestTelemetry, _ routes: (Router<BasicRequestContext>) -> Void,
        _ body: @escaping @Sendable (TestService) async throws -> Void
    ) async throws {
        let router = Router()
        router.add(middleware: TelemetryMiddleware(metrics: telemetry.metricsFactory, tracer: telemetry.tracer))
        router.addMetrics(telemetry.metrics)
        routes(router)
        let (ports, found) = AsyncStream.makeStream(of: Int.self)
        let application = Application(
            router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in found.yield(channel.localAddress?.port ?? 0) }, logger: telemetry.logger("server"))
        let serving = Task { try await application.run() }
        var iterator = ports.makeAsyncIterator()
        let port = await iterator.next() ?? 0
        do {
            try await body(TestService(telemetry: telemetry, port: port))
        } catch {
            serving.cancel()
            throw error
        }
        serving.cancel()
        _ = try? await serving.value
    }

    func get(_ path: String, headers: [(String, String)] = []) async throws -> (status: Int, headers: [String: String], body: String) {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)")
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(60))
        let body = try await response.body.collect(upTo: 1 << 20)
        var found: [String: String] = [:]
        for header in response.headers { found[header.name.lowercased()] = header.value }
        return (Int(response.status.code), found, String(buffer: body))
    }
}

@Suite struct ServiceTests {
    private let telemetry = TestTelemetry()

    @Test func `requests leave a span, metrics and a line, by their route`() async throws {
        try await TestService.run(telemetry) { router in
            router.get("/orders/:id") { _, context -> String in
                context.logger.info("looking up")
                return "order"
            }
            router.get("/broken") { _, _ -> String in throw Broken() }
        } _: { service in
            let parent = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01"
            #expect(try await service.get("/orders/17?token=secret", headers: [("traceparent", parent)]).status == 200)
            #expect(try await service.get("/broken").status == 500)
            #expect(try await service.get("/missing/\(Int.random(in: 0...9))").status == 404)
            try await waitUntil { telemetry.spans.count == 3 }
        }
        let span = telemetry.expectSpan(
            "GET /orders/{id}", kind: .server,
            attributes: [
                "http.request.method": "GET", "http.route": "/orders/{id}", "http.response.status_code": 200, "url.path": "/orders/17",
            ])
        #expect(span?.traceID.description == "0af7651916cd43dd8448eb211c80319c")
        #expect(span?.parent?.identity.spanID.description == "00f067aa0ba902b7")
        telemetry.expectSpan("GET /broken", attributes: ["http.response.status_code": 500], status: .error)
        telemetry.expectSpan("GET", attributes: ["http.response.status_code": 404])
        telemetry.expectMetric(
            "http_server_request_duration_seconds",
            ["http_request_method": "GET", "http_route": "/orders/{id}", "http_response_status_code": "200"], 1)
        telemetry.expectMetric("http.server.request.duration", ["http_response_status_code": "404"], 1)
        telemetry.expectMetric("http.server.active_requests", [:], 0)
        let line = telemetry.expectLog(
            "request answered", level: .info, metadata: ["url.path": "/orders/17", "http.route": "/orders/{id}"])
        #expect(line?.span?.traceID == span?.traceID)
        #expect(telemetry.expectLog("looking up")?.span?.spanID == span?.spanID)
        telemetry.expectLog("request failed", level: .error)
        #expect(!telemetry.records.contains { "\($0)".contains("secret") })
    }

    @Test func `metrics are answered in what the scraper asks for, and quietly`() async throws {
        try await TestService.run(telemetry) { router in
            router.get("/work") { _, _ in "done" }
        } _: { service in
            _ = try await service.get("/work")
            // Counted, and then its span ended, after the answer was sent.
            try await waitUntil { !telemetry.spans.isEmpty }
            let plain = try await service.get("/metrics")
            #expect(plain.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
            #expect(plain.body.contains("http_server_request_duration_seconds_count{"))
            let open = try await service.get("/metrics", headers: [("accept", "application/openmetrics-text")])
            #expect(open.body.hasSuffix("# EOF\n"))
            // The exemplar names the request's span.
            let trace = try #require(telemetry.spans.first?.traceID)
            #expect(open.body.contains("# {trace_id=\"\(trace)\""))
            #expect(telemetry.spans.map(\.name) == ["GET /work"])
        }
    }

    @Test func `requests to others carry the trace on`() async throws {
        let tracer = telemetry.tracer
        let client = TelemetryHTTPClient(HTTPClient.shared, metrics: telemetry.metricsFactory, tracer: tracer)
        try await TestService.run(telemetry) { router in
            router.get("/leaf") { _, _ in "leaf" }
        } _: { service in
            try await tracer.withSpan("work") { _ in
                let response = try await client.execute(
                    HTTPClientRequest(url: "http://user:pass@127.0.0.1:\(service.port)/leaf?q=1"), timeout: .seconds(60), template: "/leaf")
                #expect(response.status == .ok)
                await #expect(throws: (any Error).self) {
                    try await client.execute(HTTPClientRequest(url: "http://127.0.0.1:1/"), timeout: .milliseconds(300))
                }
            }
            try await waitUntil { telemetry.spans.count == 4 }
        }
        let work = telemetry.expectSpan("work")
        let call = telemetry.expectSpan("GET /leaf", kind: .client, attributes: ["server.address": "127.0.0.1"])
        let answer = telemetry.expectSpan("GET /leaf", kind: .server)
        #expect(call?.parent?.identity.spanID == work?.spanID)
        #expect(answer?.parent?.identity.spanID == call?.spanID)
        #expect(answer?.traceID == work?.traceID)
        telemetry.expectSpan("GET", kind: .client, attributes: ["server.port": 1], status: .error)
        telemetry.expectMetric("http.client.request.duration", ["url_template": "/leaf", "http_response_status_code": "200"], 1)
        #expect(!telemetry.spans.contains { "\($0.attributes)".contains("pass") })
    }

    @Test func `a client that makes spans itself is asked to carry the trace on, and there is one trace`() async throws {
        try await TestService.run(telemetry) { router in
            router.get("/stock") { request, _ in "\(request.headers.filter { $0.name.canonicalName == "traceparent" }.count)" }
        } _: { service in
            var configuration = HTTPClient.Configuration()
            configuration.tracing.tracer = service.telemetry.tracer
            let http = HTTPClient(configuration: configuration)
            let client = TelemetryHTTPClient(http, metrics: service.telemetry.metricsFactory, tracer: service.telemetry.tracer)
            let request = HTTPClientRequest(url: "http://127.0.0.1:\(service.port)/stock")
            let response = try await client.execute(request, timeout: .seconds(10), template: "/stock")
            #expect(String(buffer: try await response.body.collect(upTo: 1000)) == "1")
            try await http.shutdown()
            try await waitUntil { service.telemetry.spans.contains { $0.kind == .server } }
            #expect(Set(service.telemetry.spans.map(\.traceID)).count == 1)
        }
    }

    @Test func `statements of a database are spans of the work around them`() async throws {
        var configuration = GRDB.Configuration()
        QueryTelemetry(metrics: telemetry.metricsFactory, tracer: telemetry.tracer).install(in: &configuration)
        let queue = try DatabaseQueue(configuration: configuration)
        try await telemetry.tracer.withSpan("work") { _ in
            try await queue.tracedWrite { database in
                try database.execute(sql: "CREATE TABLE orders (id INTEGER, secret TEXT)")
                try database.execute(sql: "INSERT INTO orders VALUES (?, ?)", arguments: [1, "hush"])
            }
            let count = try await queue.tracedRead { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM orders") }
            #expect(count == 1)
        }
        let work = telemetry.expectSpan("work")
        let insert = telemetry.expectSpan(
            "INSERT", kind: .client, attributes: ["db.system.name": "sqlite", "db.query.text": "INSERT INTO orders VALUES (?, ?)"])
        #expect(insert?.parent?.identity.spanID == work?.spanID)
        let select = telemetry.expectSpan("SELECT")
        // In finer steps than SQLite's milliseconds.
        #expect(telemetry.spans.filter { $0.kind == .client }.contains { $0.durationNanoseconds % 1_000_000 != 0 })
        #expect(select?.durationNanoseconds ?? 0 > 0)
        telemetry.expectMetric("db.client.operation.duration", ["db_operation_name": "SELECT"])
        #expect(!telemetry.spans.contains { "\($0)".contains("hush") })
    }

    @Test func `kinds of statements that are to be quiet leave metrics only`() async throws {
        var configuration = GRDB.Configuration()
        QueryTelemetry(metrics: telemetry.metricsFactory, tracer: telemetry.tracer, quietOperations: ["BEGIN", "COMMIT"])
            .install(in: &configuration)
        let queue = try DatabaseQueue(configuration: configuration)
        try await telemetry.tracer.withSpan("work") { _ in
            try await queue.tracedWrite { try $0.execute(sql: "CREATE TABLE t (x)") }
        }
        telemetry.expectSpan("CREATE")
        telemetry.expectNoSpan("BEGIN")
        telemetry.expectNoSpan("COMMIT")
        telemetry.expectMetric("db.client.operation.duration", ["db_operation_name": "COMMIT"])
    }

    @Test func `what waits is sent when the service stops`() async throws {
        let sent = CollectedMessages()
        var configuration = Telemetry.Configuration(service: "shop")
        configuration.logWriter = NoLines()
        configuration.logExporters = [.otlp]
        configuration.metricExporters = [.otlp]
        configuration.customTransport = { _ in sent }
        let telemetry = Telemetry(configuration, environment: [:])
        let logger = Logger(label: "shop") { telemetry.logs.handler(label: $0) }
        let group = ServiceGroup(services: [telemetry], logger: logger)
        let running = Task { try await group.run() }
        telemetry.tracer.startSpan("last").end()
        logger.info("last words")
        CoreMetrics.Counter(label: "orders", factory: telemetry.metricsFactory).increment()
        await group.triggerGracefulShutdown()
        try await running.value
        #expect(Set(sent.signals) == [.traces, .logs, .metrics])
        #expect(sent.isShutDown)
    }

    @Test func `a receiver that hangs does not keep the service from stopping`() async throws {
        var configuration = Telemetry.Configuration(service: "shop")
        configuration.logWriter = NoLines()
        configuration.flushTimeout = .milliseconds(200)
        configuration.customTransport = { _ in HangingTransport() }
        let telemetry = Telemetry(configuration, environment: [:])
        let group = ServiceGroup(services: [telemetry], logger: Logger(label: "x") { _ in SwiftLogNoOpLogHandler() })
        let running = Task { try await group.run() }
        telemetry.tracer.startSpan("last").end()
        let started = ContinuousClock.now
        await group.triggerGracefulShutdown()
        try await running.value
        #expect(ContinuousClock.now - started < .seconds(30))
    }
}

private final class CollectedMessages: OTLPTransport {
    private let state = Mutex<(signals: [OTLPSignal], isShutDown: Bool)>(([], false))

    func send(_ message: [UInt8], _ signal: OTLPSignal) async -> SendOutcome {
        state.withLock { $0.signals.append(signal) }
        return .accepted(rejected: 0, message: "")
    }

    func shutdown() async { state.withLock { $0.isShutDown = true } }

    var signals: [OTLPSignal] { state.withLock { $0.signals } }
    var isShutDown: Bool { state.withLock { $0.isShutDown } }
}

private struct HangingTransport: OTLPTransport {
    func send(_ message: [UInt8], _ signal: OTLPSignal) async -> SendOutcome {
        try? await Task.sleep(for: .seconds(3600))
        return .retry(after: nil, reason: "too late")
    }
}

/// Waits until something holds, for a minute and a half at most.
func waitUntil(_ condition: () throws -> Bool, sourceLocation: SourceLocation = #_sourceLocation) async throws {
    let end = ContinuousClock.now + .seconds(90)
    while ContinuousClock.now < end {
        if try condition() { return }
        try await Task.sleep(for: .milliseconds(10))
    }
    Issue.record("it did not come to pass", sourceLocation: sourceLocation)
}
