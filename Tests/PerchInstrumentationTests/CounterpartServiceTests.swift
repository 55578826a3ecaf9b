import AsyncHTTPClient
import CoreMetrics
import Foundation
import Hummingbird
import Logging
import NIOFoundationCompat
import PerchHTTPClient
import PerchHummingbird
import PerchMetrics
import PerchTestKit
import PerchTracing
import TestSupport
import Testing
import Tracing

/// Beside programs that others wrote.
@Suite struct CounterpartServiceTests {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .path
    static let python = root + "/.venv-clients/bin/python"
    static let hasPython = FileManager.default.isExecutableFile(atPath: python)
    static let prometheus = ["/usr/bin/prometheus"].first { FileManager.default.isExecutableFile(atPath: $0) }

    private let telemetry = TestTelemetry()

    /// A FastAPI service with OpenTelemetry's SDK: `/hello` tells its trace and span, `/call` passes a request on.
    private static let program = """
        import sys, socket, httpx, uvicorn
        from fastapi import FastAPI
        from opentelemetry import trace, propagate, baggage
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
        trace.set_tracer_provider(TracerProvider())
        app = FastAPI()
        def identity():
            c = trace.get_current_span().get_span_context()
            return {"trace": f"{c.trace_id:032x}", "span": f"{c.span_id:016x}", "sampled": bool(c.trace_flags & 1),
                "state": c.trace_state.to_header(), "user": baggage.get_baggage("user")}
        @app.get("/hello")
        def hello(): return identity()
        @app.get("/call")
        def call(url: str):
            headers = {}
            propagate.inject(headers)
            httpx.get(url, headers=headers, timeout=60)
            return identity()
        FastAPIInstrumentor.instrument_app(app)
        s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen()
        print(s.getsockname()[1], flush=True)
        uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[s])
        """

    @Test(.enabled(if: hasPython, "the Python packages are not installed"))
    func `a trace goes to a FastAPI service and comes back from it`() async throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Self.python)
        process.arguments = ["-c", Self.program]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        // Asked to end, it would wait for our connections to close.
        defer { kill(process.processIdentifier, SIGKILL) }
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        let port = try #require(Int(line.trimmingCharacters(in: .whitespacesAndNewlines)))
        let telemetry = telemetry
        let client = TelemetryHTTPClient(HTTPClient.shared, metrics: telemetry.metricsFactory, tracer: telemetry.tracer)
        @Sendable func get(_ url: String) async throws -> [String: Any] {
            var response: HTTPClientResponse?
            // The server listens before it answers.
            let end = ContinuousClock.now + .seconds(90)
            while response == nil, ContinuousClock.now < end {
                response = try? await client.execute(HTTPClientRequest(url: url), timeout: .seconds(60))
                if response == nil { try await Task.sleep(for: .milliseconds(100)) }
            }
            let body = try await #require(response).body.collect(upTo: 1 << 20)
            return try #require(try JSONSerialization.jsonObject(with: Data(buffer: body)) as? [String: Any])
        }
        try await TestService.run(telemetry) { router in
            router.get("/leaf") { _, _ in "leaf" }
        } _: { service in
            var context = InstrumentationContext.topLevel
            context.baggage["user"] = "Zoë, the 1st"
            try await telemetry.tracer.withSpan("work", context: context) { span in
                let there = try await get("http://127.0.0.1:\(port)/hello")
                #expect(there["trace"] as? String == span.traceContext?.identity.traceID.description)
                #expect(there["sampled"] as? Bool == true)
                #expect(there["user"] as? String == "Zoë, the 1st")
                let called = try await get("http://127.0.0.1:\(port)/call?url=http://127.0.0.1:\(service.port)/leaf")
                try await waitUntil { telemetry.spans.contains { $0.name == "GET /leaf" } }
                let leaf = try #require(telemetry.expectSpan("GET /leaf", kind: .server))
                #expect(leaf.traceID == span.traceContext?.identity.traceID)
                #expect(leaf.parent?.identity.spanID.description == called["span"] as? String)
                #expect(leaf.parent?.isRemote == true)
            }
        }
    }

    @Test(.enabled(if: prometheus != nil, "prometheus is not installed"))
    func `prometheus scrapes without a warning and finds the series`() async throws {
        let folder = NSTemporaryDirectory() + "perch-prometheus-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        ProcessMetrics.register(in: telemetry.metrics)
        RuntimeMetrics.register(in: telemetry.metrics)
        let odd = PerchMetricsFactory(telemetry.metrics)
        odd.makeCounter(label: "odd name!", dimensions: [("é", "a\"b\\c\nd"), ("le", "x")]).increment(by: Int64(3))
        telemetry.metrics.histogram("native_seconds", help: "N.", unit: "seconds", buckets: .native()).record(1.5)
        telemetry.metrics.summary("quantile_seconds", help: "Q.", unit: "seconds").record(2)
        let telemetry = telemetry
        try await TestService.run(telemetry) { router in
            router.get("/jobs/:id") { _, _ in "done" }
        } _: { service in
            for index in 0..<5 { _ = try await service.get("/jobs/\(index)") }
            let configuration = """
                global: {scrape_interval: 1s}
                scrape_configs:
                  - job_name: service
                    static_configs: [{targets: ['127.0.0.1:\(service.port)']}]
                """
            try configuration.write(toFile: folder + "/prometheus.yml", atomically: true, encoding: .utf8)
            let process = Process()
            process.executableURL = URL(fileURLWithPath: try #require(Self.prometheus))
            let port = try FreePorts.one()
            process.arguments = [
                "--config.file=\(folder)/prometheus.yml", "--storage.tsdb.path=\(folder)/data", "--web.listen-address=127.0.0.1:\(port)",
                "--enable-feature=exemplar-storage,native-histograms", "--log.level=warn",
            ]
            let log = Pipe()
            process.standardError = log
            process.standardOutput = log
            try process.run()
            @Sendable func query(_ expression: String) async throws -> String {
                let escaped = expression.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
                let response = try await HTTPClient.shared.execute(
                    HTTPClientRequest(url: "http://127.0.0.1:\(port)/api/v1/query?query=\(escaped)"), timeout: .seconds(60))
                return String(buffer: try await response.body.collect(upTo: 1 << 20))
            }
            // The native histogram comes as one, over protobuf.
            for (expression, part) in [
                ("http_server_request_duration_seconds_count{http_route=\"/jobs/{id}\"}", "\"5\""),
                ("histogram_quantile(0.5, native_seconds)", "\"value\":["), ("odd_name_total", "a\\\"b\\\\c\\nd"),
                ("quantile_seconds{quantile=\"0.9\"}", "\"value\":["), ("up", "\"1\""),
            ] {
                var answer = ""
                let end = ContinuousClock.now + .seconds(90)
                while !answer.contains(part), ContinuousClock.now < end {
                    answer = (try? await query(expression)) ?? ""
                    if !answer.contains(part) { try await Task.sleep(for: .milliseconds(100)) }
                }
                #expect(answer.contains(part), "\(expression): \(answer)")
            }
            kill(process.processIdentifier, SIGTERM)
            let said = String(decoding: log.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            let complaints = said.split(separator: "\n").filter {
                $0.contains("scrape") || $0.contains("target") || $0.contains("level=error")
            }
            #expect(complaints.isEmpty, "\(said)")
        }
    }
}
