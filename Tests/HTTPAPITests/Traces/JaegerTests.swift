internal import Foundation
internal import HTTPTypes
internal import NIOCore
internal import OTLPFormat
internal import TelemetryModel
internal import Testing

@testable internal import HTTPAPI

@Suite struct JaegerTests {
    private let shop = TraceFixture.shopID.hexadecimal

    @Test func servicesAndOperationsAreListed() async throws {
        try await TraceTestServer().run { connection async throws in
            let services = try await connection.get("/jaeger/api/services")
            #expect(
                services.text
                    == #"{"data":["OTLPResourceNoServiceName","cart","frontend","payments"],"total":4,"limit":0,"offset":0,"errors":null}"#)
            let names = try await connection.get("/jaeger/api/services/frontend/operations")
            #expect(names.text == #"{"data":["GET /","cart.get"],"total":2,"limit":0,"offset":0,"errors":null}"#)
            let operations = try await connection.get("/jaeger/api/operations?service=cart")
            #expect(operations.text.hasPrefix(#"{"data":[{"name":"cart.get","spanKind":"server"}],"total":1"#))
            let clients = try await connection.get("/jaeger/api/operations?service=frontend&spanKind=client")
            #expect(clients.text.hasPrefix(#"{"data":[{"name":"cart.get","spanKind":"client"}],"total":1"#))
            let unknown = try await connection.get("/jaeger/api/services/nobody/operations")
            #expect(unknown.text.hasPrefix(#"{"data":[],"total":0"#))
            let bare = try await connection.get("/jaeger/api/services/OTLPResourceNoServiceName/operations")
            #expect(bare.text.hasPrefix(#"{"data":["tick"]"#))
        }
    }

    @Test func namesOfServicesAreEscapedInPaths() async throws {
        var server = TraceTestServer()
        server.traces[0].resources[1].attributes[0].value = .string("a/b c+ü")
        try await server.run { connection async throws in
            for path in ["a%2Fb%20c%2B%C3%BC", "a%252Fb%2520c%252B%25C3%25BC"] {
                let names = try await connection.get("/jaeger/api/services/\(path)/operations")
                #expect(names.text.hasPrefix(#"{"data":["cart.get"]"#), "\(path): \(names.text)")
            }
        }
    }

    @Test func anEmptyStoreHasEmptyLists() async throws {
        var server = TraceTestServer()
        server.traces = []
        try await server.run { connection async throws in
            let answer = #"{"data":[],"total":0,"limit":0,"offset":0,"errors":null}"#
            #expect(try await connection.get("/jaeger/api/services").text == answer)
            #expect(try await connection.get("/jaeger/api/dependencies").text == answer)
            #expect(try await connection.get("/jaeger/api/v3/services").text == #"{"services":[]}"#)
        }
    }

    @Test func aTraceIsInTheModelOfTheUI() async throws {
        try await TraceTestServer().run { connection async throws in
            let answer = try await connection.get("/jaeger/api/traces/\(shop)")
            #expect(answer.status == 200 && answer.headers[.contentType] == "application/json")
            let envelope = try answer.json()
            #expect(Set(envelope.keys) == ["data", "total", "limit", "offset", "errors"])
            let trace = try #require((envelope["data"] as? [[String: Any]])?.first)
            #expect(trace["traceID"] as? String == shop)
            #expect(trace["warnings"] is NSNull)
            let spans = try #require(trace["spans"] as? [[String: Any]])
            let root = try #require(spans.first)
            #expect(root["spanID"] as? String == "0000000000000001")
            #expect(root["operationName"] as? String == "GET /")
            #expect(root["startTime"] as? UInt64 == TraceFixture.base / 1000)
            #expect(root["duration"] as? UInt64 == 500_000)
            #expect(root["flags"] as? Int == 1)
            #expect((root["references"] as? [Any])?.isEmpty == true)
            #expect(root["warnings"] is NSNull)
            let processes = try #require(trace["processes"] as? [String: [String: Any]])
            for span in spans { #expect(processes[try #require(span["processID"] as? String)] != nil) }
        }
    }

    @Test func valuesOfTagsHaveTheirTypes() async throws {
        try await TraceTestServer().run { connection async throws in
            let tags = try tags(of: "0000000000000001", try await connection.get("/jaeger/api/traces/\(shop)"))
            #expect(tags["http.status_code"] == "int64 200")
            // Beyond what a browser can count, as a text.
            #expect(tags["big"] == #"int64 "9007199254740993""#)
            #expect(tags["ratio"] == "float64 2.5")
            #expect(tags["cached"] == "bool true")
            #expect(tags["raw"] == #"binary "AQL/""#)
            #expect(tags["list"] == #"string "[1,\"a\\\"b\"]""#)
            #expect(tags["map"] == #"string "{\"k\":null}""#)
            #expect(tags["span.kind"] == #"string "server""#)
            #expect(tags["otel.status_code"] == #"string "OK""#)
            #expect(tags["otel.scope.name"] == #"string "lib""#)
            #expect(tags["otel.scope.version"] == #"string "1.2""#)
            #expect(tags["w3c.tracestate"] == #"string "v=1""#)
            #expect(tags["error"] == nil)
        }
    }

    @Test func anErrorIsATag() async throws {
        try await TraceTestServer().run { connection async throws in
            let answer = try await connection.get("/jaeger/api/traces/\(shop)")
            let tags = try tags(of: "0000000000000004", answer)
            #expect(tags["error"] == "bool true")
            #expect(tags["span.kind"] == #"string "server""#)
            #expect(tags["otel.status_code"] == #"string "ERROR""#)
            #expect(tags["otel.status_description"] == #"string "card declined""#)
            #expect(answer.text.components(separatedBy: #""key":"error""#).count == 2)
        }
    }

    @Test func referencesAndLogsAreTheParentLinksAndEvents() async throws {
        try await TraceTestServer().run { connection async throws in
            let text = try await connection.get("/jaeger/api/traces/\(shop)").text
            #expect(
                text.contains(
                    #""references":[{"refType":"CHILD_OF","traceID":"\#(shop)","spanID":"0000000000000001"},{"refType":"FOLLOWS_FROM","#
                        + #""traceID":"0000000000000abc","spanID":"0000000000000010"}]"#))
            #expect(
                text.contains(
                    #""logs":[{"timestamp":\#((TraceFixture.base + 50_000_000) / 1000),"fields":[{"key":"event","type":"string","#
                        + #""value":"exception"},{"key":"exception.type","type":"string","value":"Declined"}]}]"#))
        }
    }

    @Test func equalResourcesAreOneProcess() async throws {
        try await TraceTestServer().run { connection async throws in
            let text = try await connection.get("/jaeger/api/traces/\(shop)").text
            let host = #"[{"key":"host.name","type":"string","value":"h1"}]"#
            #expect(
                text.contains(
                    #""processes":{"p1":{"serviceName":"frontend","tags":\#(host)},"p2":{"serviceName":"cart","tags":\#(host)},"#
                        + #""p3":{"serviceName":"payments","tags":\#(host)}}"#))
        }
    }

    @Test func aTraceThatSaysLittleIsWhole() async throws {
        try await TraceTestServer().run { connection async throws in
            let text = try await connection.get("/jaeger/api/traces/abc").text
            // An id of eight bytes has sixteen digits, as Jaeger writes them; a span that ends before it starts took no time.
            #expect(text.contains(#""traceID":"0000000000000abc""#))
            #expect(text.contains(#""duration":0,"tags":[],"logs":[],"processID":"p1""#))
            #expect(text.contains(#""processes":{"p1":{"serviceName":"OTLPResourceNoServiceName","tags":[]}}"#))
        }
    }

    @Test func rangesInAnyUnitAreHints() async throws {
        try await TraceTestServer().run { connection async throws in
            for range in ["start=1700000000000&end=1700000001000", "start=1&end=2", "start=1700000000000000", "raw=true"] {
                #expect(try await connection.get("/jaeger/api/traces/\(shop)?\(range)").status == 200)
            }
            #expect(try await connection.get("/jaeger/api/traces/CvdlGRbNQ92ESOshHIAxnA==").status == 200)
        }
    }

    @Test(arguments: [
        ("traces/ff", 404, "trace not found"), ("traces/nothex!", 400, "malformed traceID"), ("traces/ff?start=x", 400, "start"),
        ("traces/ff?raw=maybe", 400, "raw"), ("operations", 400, "parameter 'service' is required"),
        ("operations?service=a&spanKind=x", 400, "unsupported span kind: 'x'"),
        ("traces?minDuration=2s&maxDuration=1s", 400, "'maxDuration' should be greater than 'minDuration'"),
        ("traces?minDuration=2", 400, "minDuration"), ("traces?tags=%7Bx", 400, "malformed 'tags' parameter"),
        ("traces?tags=%7B%22a%22:1%7D", 400, "malformed 'tags' parameter"), ("traces?tag=a", 400, "expecting key:value"),
        ("traces?limit=x", 400, "limit"), ("traces?start=x", 400, "start"), ("traces?traceID=zz-", 400, "traceID"),
        ("dependencies?endTs=x", 400, "endTs"), ("metrics/calls?service=a", 501, "no metrics"),
    ])
    func errorsAreInTheEnvelope(path: String, status: Int, message: String) async throws {
        try await TraceTestServer().run { connection async throws in
            let answer = try await connection.get("/jaeger/api/" + path)
            #expect(answer.status == status)
            let envelope = try answer.json()
            #expect(envelope["data"] is NSNull)
            let error = try #require((envelope["errors"] as? [[String: Any]])?.first)
            #expect(error["code"] as? Int == status)
            #expect((error["msg"] as? String)?.contains(message) == true, "\(answer.text)")
        }
    }

    @Test func tracesAreFoundByTheirIds() async throws {
        try await TraceTestServer().run { connection async throws in
            let answer = try await connection.get("/jaeger/api/traces?traceID=\(shop)&traceID=ff&traceID=abc&traceID=\(shop)")
            let envelope = try answer.json()
            #expect((envelope["data"] as? [[String: Any]])?.map { $0["traceID"] as? String } == [shop, "0000000000000abc"])
            #expect(answer.text.hasSuffix(#""errors":[{"msg":"trace not found","traceID":"00000000000000ff"}]}"#))
        }
    }

    @Test func dependenciesAreCallsBetweenServices() async throws {
        try await TraceTestServer().run { connection async throws in
            let all = try await connection.get("/jaeger/api/dependencies?endTs=1700000000000&lookback=3600000")
            #expect(
                all.text.hasPrefix(
                    #"{"data":[{"parent":"frontend","child":"cart","callCount":1},{"parent":"frontend","child":"payments","callCount":1}]"#)
            )
            #expect(all.text.hasSuffix(#""errors":null}"#))
            let one = try await connection.get("/jaeger/api/dependencies?service=cart")
            #expect(one.text.hasPrefix(#"{"data":[{"parent":"frontend","child":"cart","callCount":1}],"#))
            let before = try await connection.get("/jaeger/api/dependencies?endTs=1600000000000")
            #expect(before.text.hasPrefix(#"{"data":[],"#))
        }
    }

    @Test func otlpIsTransformed() async throws {
        try await TraceTestServer().run { connection async throws in
            var both = TraceFixture.shop
            both.append(TraceFixture.bare)
            let body = ByteBuffer(bytes: both.otlpJSON(.otlp))
            let answer = try await connection.send(.post, "/jaeger/api/transform", body: body)
            #expect((try answer.json()["data"] as? [[String: Any]])?.map { $0["traceID"] as? String } == [shop, "0000000000000abc"])
            #expect(try await connection.send(.post, "/jaeger/api/transform", body: ByteBuffer(string: "{")).status == 400)
        }
    }

    /// The tags of a span of the first trace: type and value.
    private func tags(of span: String, _ answer: TestConnection.Answer) throws -> [String: String] {
        let trace = try #require((try answer.json()["data"] as? [[String: Any]])?.first)
        let spans = try #require(trace["spans"] as? [[String: Any]])
        let tags = try #require(spans.first { $0["spanID"] as? String == span }?["tags"] as? [[String: Any]])
        return try Dictionary(
            tags.map { tag in
                let value = try JSONSerialization.data(
                    withJSONObject: try #require(tag["value"]), options: [.fragmentsAllowed, .withoutEscapingSlashes])
                return (
                    try #require(tag["key"] as? String), "\(try #require(tag["type"] as? String)) \(String(decoding: value, as: UTF8.self))"
                )
            }, uniquingKeysWith: { "\($0) and \($1)" })
    }
}
