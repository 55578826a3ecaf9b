import Foundation
import OTLPFormat
import TelemetryModel
import Testing

/// Spans that a running server received, answered by every API of traces: from memory, from shards, and after a crash.
@Suite(.serialized) struct TraceAPITests {
    @Test(.timeLimit(.minutes(10))) func everyPathAnswersFromEverywhere() async throws {
        let folder = try TemporaryFolder()
        let start = UInt64(Date().timeIntervalSince1970) * 1_000_000_000 - 60_000_000_000
        let trace = Self.trace(start)
        let server = try await PerchProcess(dataDirectory: folder.path + "/data")
        let taken = try await server.post("/v1/traces", headers: ["Content-Type": "application/x-protobuf"], body: trace.otlp)
        #expect(taken.status == 200, "\(taken.text)")
        try await expectAnswers(server, trace, start)
        #expect(try await server.post("/-/flush").status == 200)
        try await expectAnswers(server, trace, start)
        // A part that comes late joins what is in shards already.
        var late = trace
        late.spans = [late.spans[1]]
        late.spans[0].spanID = SpanID(9)
        late.spans[0].name = "late"
        #expect(try await server.post("/v1/traces", headers: ["Content-Type": "application/x-protobuf"], body: late.otlp).status == 200)
        try await server.killHard()
        let second = try await PerchProcess(dataDirectory: folder.path + "/data")
        let found = try await second.get("/jaeger/api/traces/\(Self.id.hexadecimal)")
        let data = try #require((found.json as? [String: Any])?["data"] as? [[String: Any]], "\(found.text)")
        let names = try #require(data.first?["spans"] as? [[String: Any]]).compactMap { $0["operationName"] as? String }
        #expect(Set(names) == ["GET /", "charge", "late"])
        #expect(try await second.terminate() == 0)
    }

    @Test(.timeLimit(.minutes(10))) func whatWasSentIsInTheMetricsOfSpansAfterAFlush() async throws {
        let folder = try TemporaryFolder()
        let server = try await PerchProcess(dataDirectory: folder.path + "/data")
        for count in 1...3 {
            let trace = Self.trace(UInt64(Date().timeIntervalSince1970) * 1_000_000_000 - 1_000_000_000)
            let taken = try await server.post("/v1/traces", headers: ["Content-Type": "application/x-protobuf"], body: trace.otlp)
            #expect(taken.status == 200)
            #expect(try await server.post("/-/flush").status == 200)
            let calls = try await server.instant("traces_spanmetrics_calls_total", by: "service")
            #expect(calls == ["frontend": Double(count), "payments": Double(count)], "flush \(count)")
        }
        // Services are told from memory and from blocks.
        #expect(try await server.get("/jaeger/api/services").text.contains(#"["frontend","payments"]"#))
    }

    private static let id = TraceID(high: 0x1234, low: 0xfedc)

    private static func trace(_ start: UnixNanoseconds) -> SpanBatch {
        var batch = SpanBatch()
        for service in ["frontend", "payments"] {
            var resource = ResourceRecord()
            resource.attributes = [Attribute("service.name", .string(service))]
            batch.resources.append(resource)
        }
        batch.scopes = [ScopeRecord()]
        var root = SpanRecord(traceID: id, spanID: SpanID(1))
        root.name = "GET /"
        root.kind = .server
        root.start = start
        root.end = start + 250_000_000
        root.attributes = [Attribute("http.status_code", .int(500))]
        var child = SpanRecord(traceID: id, spanID: SpanID(2))
        child.parentSpanID = SpanID(1)
        child.name = "charge"
        child.kind = .server
        child.start = start + 1_000_000
        child.end = start + 201_000_000
        child.statusCode = .error
        child.resource = 1
        batch.spans = [root, child]
        return batch
    }

    private func expectAnswers(_ server: PerchProcess, _ trace: SpanBatch, _ start: UnixNanoseconds) async throws {
        let id = Self.id.hexadecimal
        let bytes = try await server.get("/tempo/api/traces/\(id)", headers: ["Accept": "application/protobuf"])
        #expect(bytes.headers["content-type"] == "application/protobuf")
        let answered = try SpanBatch(otlp: Array(bytes.body))
        #expect(Set(answered.spans.map(\.name)) == ["GET /", "charge"])
        #expect(answered.spans.first { $0.name == "GET /" }?.attributes == trace.spans[0].attributes)
        #expect(try await server.get("/tempo/api/v2/traces/\(id)").text.contains(#""status":"COMPLETE""#))
        #expect(try await server.get("/tempo/api/v2/traces/ff").status == 404)

        let seconds = start / 1_000_000_000
        let window = "start=\(seconds - 60)&end=\(seconds + 60)"
        let query = PerchProcess.encoded(#"{ resource.service.name = "payments" && status = error && duration > 100ms }"#)
        let search = try await server.get("/tempo/api/search?q=\(query)&\(window)")
        #expect(search.text.contains(#""traceID":"\#(id)","rootServiceName":"frontend","rootTraceName":"GET /""#), "\(search.text)")
        #expect(try await server.get("/tempo/api/v2/search/tags?scope=resource").text.contains(#""tags":["service.name"]"#))
        let values = try await server.get("/tempo/api/v2/search/tag/resource.service.name/values")
        #expect(values.text.contains(#"{"type":"string","value":"payments"}"#), "\(values.text)")
        let rate = PerchProcess.encoded("{} | count_over_time() by (resource.service.name)")
        let range = try await server.get("/tempo/api/metrics/query_range?q=\(rate)&\(window)&step=1m")
        #expect(range.text.contains(#""value":{"stringValue":"payments"}"#), "\(range.text)")
        #expect(try await server.get("/tempo/api/metrics/query?q=\(rate)&\(window)").text.contains(#""value":1"#))

        #expect(try await server.get("/jaeger/api/services").text.hasPrefix(#"{"data":["frontend","payments"],"total":2"#))
        #expect(try await server.get("/jaeger/api/services/payments/operations").text.contains(#"["charge"]"#))
        let tags = PerchProcess.encoded(#"{"error":"true"}"#)
        let found = try await server.get("/jaeger/api/traces?service=payments&tags=\(tags)&limit=5")
        #expect(found.text.contains(#""operationName":"GET /""#), "\(found.text)")
        let calls = try await server.get("/jaeger/api/dependencies")
        #expect(calls.text.contains(#"{"parent":"frontend","child":"payments","callCount":1}"#), "\(calls.text)")
        #expect(try await server.get("/jaeger/api/v3/traces/\(id)").text.contains(#""name":"charge""#))
    }
}
