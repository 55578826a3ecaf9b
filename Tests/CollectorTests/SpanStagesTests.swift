internal import Foundation
internal import OTLPFormat
internal import TelemetryModel
internal import Testing

/// The stages in a running server: spans come in over HTTP, metrics of them are answered over HTTP.
@Suite struct SpanStagesTests {
    private static func message(_ count: Int, failed: Int = 0) -> [UInt8] {
        var batch = SpanBatch()
        batch.scopes = [ScopeRecord()]
        var resource = ResourceRecord()
        resource.attributes = [Attribute("service.name", .string("shop"))]
        batch.resources = [resource]
        let now = UInt64(Date().timeIntervalSince1970 * 1e9)
        for index in 0..<count {
            var span = SpanRecord(traceID: TraceID(high: .random(in: 1...(.max)), low: 1), spanID: SpanID(UInt64(index + 1)))
            span.name = "GET /"
            span.kind = .server
            span.end = now
            span.start = now - 20_000_000
            if index < failed { span.statusCode = .error }
            batch.spans.append(span)
        }
        return batch.otlp
    }

    private func send(_ message: [UInt8], to server: PerchProcess) async throws {
        let answer = try await server.post("/v1/traces", headers: ["Content-Type": "application/x-protobuf"], body: message)
        #expect(answer.status == 200, "\(answer.text)")
    }

    @Test func metricsOfSpansAreWrittenAndTheLastOnesAtTheEnd() async throws {
        let folder = try TemporaryFolder()
        let configuration = try folder.write("traces: {metrics: {collection_interval: 1s}}\n", to: "perch.yml")
        var server = try await PerchProcess(dataDirectory: folder.path + "/data", configuration: configuration)
        try await send(Self.message(7, failed: 2), to: server)
        let calls = "sum by (status_code) (traces_spanmetrics_calls_total)"
        try await server.eventually("the metrics of seven spans") {
            try await server.instant(calls, by: "status_code") == ["STATUS_CODE_UNSET": 5, "STATUS_CODE_ERROR": 2]
        }
        try await server.eventually("the graph of services") {
            try await server.instant("traces_service_graph_request_total", by: "client") == ["user": 7]
        }
        try await send(Self.message(3), to: server)
        #expect(try await server.terminate() == 0)
        server = try await PerchProcess(dataDirectory: folder.path + "/data", configuration: configuration)
        #expect(try await server.instant(calls, by: "status_code") == ["STATUS_CODE_UNSET": 8, "STATUS_CODE_ERROR": 2])
        _ = try await server.terminate()
    }

    @Test func whatSamplingHoldsSurvivesAKill() async throws {
        let folder = try TemporaryFolder()
        func configuration(window: String) throws -> String {
            try folder.write(
                "traces: {metrics: {collection_interval: 1s}, sampling: {probability: 0, window: \(window)}}\n", to: "perch-\(window).yml")
        }
        // Nothing is decided before the kill.
        var server = try await PerchProcess(dataDirectory: folder.path + "/data", configuration: try configuration(window: "5m"))
        try await send(Self.message(20, failed: 4), to: server)
        try await server.eventually("metrics of all spans") {
            try await server.instant("sum(traces_spanmetrics_calls_total)") == ["": 20]
        }
        try await server.killHard()
        server = try await PerchProcess(dataDirectory: folder.path + "/data", configuration: try configuration(window: "2s"))
        try await server.eventually("a decision on each trace") {
            let page = try await server.get("/metrics").text
            return page.contains(#"perch_sampling_traces_total{reason="error"} 4"#)
                && page.contains(#"perch_sampling_traces_total{reason="sampled_out"} 16"#)
        }
        _ = try await server.terminate()
    }
}
