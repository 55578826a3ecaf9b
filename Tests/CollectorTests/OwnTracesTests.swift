import Foundation
import RemoteWriteFormat
import TelemetryModel
import TestSupport
import Testing

/// `tracing`: a Perch that sends spans of its work to itself, where they are found.
@Suite(.serialized) struct OwnTracesTests {
    private struct Found: Decodable {
        struct Trace: Decodable {
            var rootServiceName: String?
            var rootTraceName: String?
        }

        var traces: [Trace]?
    }

    @Test(.timeLimit(.minutes(10)), arguments: ["grpc", "http"])
    func `scrapes, queries and rules are spans, and sending them is none`(clientType: String) async throws {
        let folder = try TemporaryFolder()
        let (grpc, http) = (try FreePorts.one(), try FreePorts.one())
        _ = try folder.write("groups: [{name: g, interval: 300ms, rules: [{record: two, expr: vector(1) + 1}]}]\n", to: "rules.yml")
        let file = try folder.write(
            """
            global: {scrape_interval: 300ms, scrape_timeout: 200ms}
            rule_files: [rules.yml]
            scrape_configs: [{job_name: nobody, static_configs: [{targets: ["127.0.0.1:1"]}]}]
            receivers: {otlp: {grpc: "127.0.0.1:\(grpc)", http: "127.0.0.1:\(http)"}}
            tracing: {endpoint: "127.0.0.1:\(clientType == "grpc" ? grpc : http)", client_type: \(clientType), insecure: true,
              sampling_fraction: 1, compression: gzip, timeout: 5s}
            """, to: "perch.yml")
        let perch = try await PerchProcess(dataDirectory: folder.path + "/data", configuration: file, receivesOTLP: true)
        func names() async throws -> Set<String> {
            let text = try await perch.get("/tempo/api/search?limit=500&q=%7Bresource.service.name%3D%22perch%22%7D").text
            let found = try JSONDecoder().decode(Found.self, from: Data(text.utf8))
            return Set((found.traces ?? []).compactMap(\.rootTraceName))
        }
        #expect(try await perch.get("/api/v1/query?query=up").status == 200)
        try await perch.eventually("the spans are found") {
            try await names().isSuperset(of: ["scrape", "promqlEval", "rule"])
        }
        #expect(try await names() == ["scrape", "promqlEval", "rule"])
        // Without the section nothing is sent any more.
        try Data("global: {}\n".utf8).write(to: URL(fileURLWithPath: file))
        #expect(try await perch.post("/-/reload").status == 200)
        #expect(try await perch.terminate() == 0)
    }

    private struct ShownTrace: Decodable {
        struct Batch: Decodable { var scopeSpans: [ScopeSpans]? }
        struct ScopeSpans: Decodable { var spans: [ShownSpan]? }
        struct ShownSpan: Decodable {
            var name: String
            var spanId: String
            var kind: String?
            var status: ShownStatus?
        }
        struct ShownStatus: Decodable { var code: String? }

        var batches: [Batch]
        var spans: [ShownSpan] { batches.flatMap { $0.scopeSpans ?? [] }.flatMap { $0.spans ?? [] } }
    }

    @Test(.timeLimit(.minutes(10))) func `a remote write is a span whose trace the receiver can take part in`() async throws {
        let folder = try TemporaryFolder()
        let http = try FreePorts.one()
        // The first request fails, and is sent again in a trace of its own.
        let sink = try await RemoteWriteSink { $0.number == 0 ? .fail(503, body: "not now") : .take() }
        let file = try folder.write(
            """
            remote_write: [{url: "\(sink.url)", name: sink, queue_config: {batch_send_deadline: 50ms}}]
            receivers: {otlp: {grpc: off, http: "127.0.0.1:\(http)"}}
            tracing: {endpoint: "127.0.0.1:\(http)", client_type: http, insecure: true, sampling_fraction: 1}
            """, to: "perch.yml")
        let perch = try await PerchProcess(dataDirectory: folder.path + "/data", configuration: file, receivesOTLP: true)
        var encoder = RemoteWriteEncoder(version: .v1)
        let time = Int64(Date().timeIntervalSince1970 * 1000)
        encoder.append(RemoteWriteSeries(labels: ["__name__": "sent"], samples: [Sample(timestamp: time, value: 1)]))
        #expect(try await perch.writeRemotely(encoder.finish()).status == 204)
        try await perch.eventually("the sample is taken") { sink.taken.count == 1 }
        let contexts = sink.seen.map { ($0.headers["traceparent"] ?? "").split(separator: "-").map(String.init) }
        #expect(contexts.count == 2)
        for (index, context) in contexts.enumerated() {
            try #require(context.count == 4)
            #expect(context[0] == "00" && context[3] == "01")
            var shown: ShownTrace?
            try await perch.eventually("the trace is found") {
                let answer = try await perch.get("/tempo/api/traces/" + context[1])
                shown = try? JSONDecoder().decode(ShownTrace.self, from: Data(answer.text.utf8))
                return answer.status == 200 && shown != nil
            }
            let span = try #require(shown?.spans.first)
            #expect(shown?.spans.count == 1 && span.name == "Remote Store" && span.kind == "SPAN_KIND_CLIENT")
            let id = Data(base64Encoded: span.spanId).map { $0.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined() }
            #expect(id == context[2] || span.spanId == context[2])
            #expect((span.status?.code == "STATUS_CODE_ERROR") == (index == 0))
        }
        #expect(contexts[0][1] != contexts[1][1])
        #expect(try await perch.terminate() == 0)
    }
}
