internal import ByteCoding
internal import Foundation
internal import HTTPTypes
internal import NIOCore
internal import OTLPFormat
internal import TelemetryModel
internal import Testing

@testable internal import HTTPAPI

@Suite struct TempoTraceTests {
    private let protobuf: HTTPFields = [.accept: "application/protobuf"]
    private let shop = TraceFixture.shopID.hexadecimal

    @Test func healthChecksAnswer() async throws {
        try await TraceTestServer().run { connection async throws in
            let echo = try await connection.ask("/tempo/api/echo")
            #expect(echo.status == 200 && echo.text == "echo")
            #expect(try await connection.ask("/tempo/ready").status == 200)
            let build = try await connection.ask("/tempo/api/status/buildinfo")
            let members = try #require(try JSONSerialization.jsonObject(with: Data(build.text.utf8)) as? [String: String])
            #expect(Set(members.keys) == ["version", "revision", "branch", "buildDate", "buildUser", "goVersion"])
            // Grafana turns features on by it, and takes only three numbers.
            #expect(members["version"] == "2.9.0")
        }
        var starting = TraceTestServer()
        starting.isReady = false
        try await starting.run { connection async throws in #expect(try await connection.ask("/tempo/ready").status == 503) }
    }

    /// Tempo and Jaeger both have a path `/api/traces/{id}` with different answers, so neither is served without its prefix.
    @Test func nothingIsServedWithoutItsPrefix() async throws {
        try await TraceTestServer().run { connection async throws in
            for path in ["/api/traces/abc", "/api/services", "/api/search", "/api/echo", "/tempo/api/services", "/jaeger/api/search"] {
                #expect(try await connection.ask(path).status == 404, "\(path)")
            }
            #expect(try await connection.ask("/tempo/api/traces/abc").text.hasPrefix(#"{"batches""#))
            #expect(try await connection.ask("/jaeger/api/traces/abc").text.hasPrefix(#"{"data""#))
        }
    }

    @Test func theFirstVersionIsOTLPItself() async throws {
        try await TraceTestServer().run { connection async throws in
            let answer = try await connection.ask("/tempo/api/traces/\(shop)", headers: protobuf)
            #expect(answer.status == 200)
            #expect(answer.headers[.contentType] == "application/protobuf")
            #expect(try spans(answer.bytes) == [1, 2, 3, 4])
        }
    }

    @Test func theSecondVersionHasTheTraceInFieldOne() async throws {
        try await TraceTestServer().run { connection async throws in
            let answer = try await connection.ask("/tempo/api/v2/traces/\(shop)", headers: protobuf)
            #expect(answer.headers[.contentType] == "application/protobuf")
            let fields = try fields(answer.bytes)
            #expect(try spans(try #require(fields[1])) == [1, 2, 3, 4])
            // COMPLETE is what the absence of field 3 says.
            #expect(fields[3] == nil)
        }
    }

    @Test(arguments: ["", "*/*", "application/json", "text/html,application/json;q=0.9"])
    func jsonIsTheAnswerToOthers(accept: String) async throws {
        try await TraceTestServer().run { connection async throws in
            let headers: HTTPFields = accept.isEmpty ? [:] : [.accept: accept]
            for path in ["/tempo/api/traces/", "/tempo/api/v2/traces/"] {
                let answer = try await connection.ask(path + shop, headers: headers)
                #expect(answer.headers[.contentType] == "application/json")
            }
        }
        try await TraceTestServer().run { connection async throws in
            // Any mention of protobuf is enough.
            let answer = try await connection.ask("/tempo/api/traces/" + shop, headers: [.accept: "text/plain, application/protobuf;q=0.1"])
            #expect(answer.headers[.contentType] == "application/protobuf")
        }
    }

    @Test func jsonHasBase64IdsAndNames() async throws {
        try await TraceTestServer().run { connection async throws in
            let first = try await connection.ask("/tempo/api/traces/\(shop)")
            let whole = try #require(try JSONSerialization.jsonObject(with: Data(first.text.utf8)) as? [String: Any])
            #expect(Array(whole.keys) == ["batches"])
            #expect(first.text.contains(#""traceId":"CvdlGRbNQ92ESOshHIAxnA==""#))
            #expect(first.text.contains(#""spanId":"AAAAAAAAAAE=""#))
            #expect(first.text.contains(#""kind":"SPAN_KIND_SERVER""#))
            #expect(first.text.contains(#""code":"STATUS_CODE_ERROR""#))
            #expect(first.text.contains(#""startTimeUnixNano":"\#(TraceFixture.base)""#))
            #expect(first.text.contains(#""intValue":"9007199254740993""#))
            let second = try await connection.ask("/tempo/api/v2/traces/\(shop)")
            let answer = try #require(try JSONSerialization.jsonObject(with: Data(second.text.utf8)) as? [String: Any])
            #expect(Set(answer.keys) == ["trace", "metrics", "status"])
            #expect(answer["status"] as? String == "COMPLETE")
            #expect((answer["trace"] as? [String: Any])?.keys.first == "resourceSpans")
        }
    }

    @Test func shortIdsArePadded() async throws {
        try await TraceTestServer().run { connection async throws in
            for id in ["abc", "ABC", "0000abc", "00000000000000000000000000000abc"] {
                #expect(try await connection.ask("/tempo/api/v2/traces/\(id)").status == 200, "\(id)")
            }
        }
    }

    @Test func whatIsNotThereIsNotFound() async throws {
        try await TraceTestServer().run { connection async throws in
            for path in ["/tempo/api/traces/ff", "/tempo/api/v2/traces/ff"] {
                let answer = try await connection.ask(path, headers: protobuf)
                #expect(answer.status == 404)
                #expect(answer.headers[.contentType] == "text/plain; charset=utf-8")
                #expect(answer.text == "trace not found\n")
            }
        }
    }

    @Test(arguments: [
        ("xyz", "invalid character 'x' at position 1"), ("12-4", "invalid character '-' at position 3"),
        ("0123456789abcdef0123456789abcdef0", "larger than 128 bits"), ("ff?start=2&end=2", "start must be before end"),
        ("ff?start=3&end=2", "received start=3 end=2"), ("ff?start=x", "invalid start"),
    ])
    func wrongRequestsAreRefused(path: String, reason: String) async throws {
        try await TraceTestServer().run { connection async throws in
            for version in ["/tempo/api/traces/", "/tempo/api/v2/traces/"] {
                let answer = try await connection.ask(version + path)
                #expect(answer.status == 400)
                #expect(answer.text.contains(reason), "\(answer.text)")
                #expect(!answer.text.contains("<"))
            }
        }
    }

    @Test func aRangeIsNoReasonNotToFind() async throws {
        try await TraceTestServer().run { connection async throws in
            #expect(try await connection.ask("/tempo/api/v2/traces/abc?start=1&end=2").status == 200)
        }
    }

    @Test func aTraceThatIsTooLargeIsRefusedOrCut() async throws {
        var server = TraceTestServer()
        server.limits.traceBytesMax = 500
        try await server.run { connection async throws in
            let first = try await connection.ask("/tempo/api/traces/\(shop)", headers: protobuf)
            #expect(first.status == 422)
            let second = try await connection.ask("/tempo/api/v2/traces/\(shop)", headers: protobuf)
            let fields = try fields(second.bytes)
            let trace = try #require(fields[1])
            #expect(trace.count <= 500)
            #expect(try (1..<4).contains(spans(trace).count))
            #expect(String(decoding: fields[4] ?? [], as: UTF8.self).contains("partial trace"))
            let json = try await connection.ask("/tempo/api/v2/traces/\(shop)")
            #expect(json.text.contains(#""status":"PARTIAL","message":"Trace exceeds"#))
        }
    }

    private func spans(_ bytes: [UInt8]) throws -> [UInt64] { try SpanBatch(otlp: bytes).spans.map(\.spanID.bits).sorted() }

    /// The fields of a message that have bytes.
    private func fields(_ bytes: [UInt8]) throws -> [Int: [UInt8]] {
        var fields: [Int: [UInt8]] = [:]
        var reader = ProtobufReader(bytes)
        while let field = try reader.nextField() {
            if field.wireType == .lengthDelimited {
                fields[field.number] = Array(bytes[try reader.readBytes(field)])
            } else {
                try reader.skip(field)
            }
        }
        return fields
    }
}

extension TestConnection.Answer {
    var bytes: [UInt8] { Array(body.readableBytesView) }

    /// The body as JSON.
    func json() throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any], "\(text)")
    }
}
