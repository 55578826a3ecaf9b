internal import Compression
internal import HTTPAPI
internal import HTTPTypes
internal import Ingestion
internal import NIOCore
internal import Synchronization
internal import TelemetryModel
internal import Testing

@Suite("Zipkin and Jaeger over HTTP")
struct ForeignReceiverTests {
    private static let good = #"{"traceId":"1","id":"2","timestamp":1700000000000000,"name":"a","localEndpoint":{"serviceName":"shop"}}"#
    /// A batch without a process and with one span: traceIdLow 1, spanId 2, all in Thrift's binary encoding.
    private static let batch: [UInt8] =
        [15, 0, 2, 12, 0, 0, 0, 1] + [10, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1] + [10, 0, 3, 0, 0, 0, 0, 0, 0, 0, 2] + [0, 0]

    @Test func `Zipkin's spans are taken, wrong ones left out`() async throws {
        let server = ReceiverServer()
        try await server.run { connection async throws in
            func send(_ text: String, _ headers: HTTPFields = [.contentType: "application/json"]) async throws -> TestConnection.Answer {
                try await connection.send(.post, "/api/v2/spans", headers: headers, body: ByteBuffer(string: text))
            }
            let all = try await send("[\(Self.good)]")
            #expect(all.status == 202 && all.text.isEmpty)
            #expect(try await send("[\(Self.good),{\"id\":\"x\"}]").status == 202)
            #expect(try await send("[]", [:]).status == 202)
            #expect(try await send("[{\"id\":\"x\"}]").status == 400)
            let broken = try await send("[{]")
            #expect(broken.status == 400 && broken.text == "expected a name in quotes at line 1, column 3\n")
            #expect(try await send("", [.contentType: "application/x-protobuf"]).status == 415)
            #expect(try await send("", [.contentEncoding: "br"]).status == 415)
            #expect(try await connection.get("/api/v2/spans").status == 405)
            var gzip = ByteBuffer(bytes: try Codec.gzip.compress(Array("[\(Self.good)]".utf8)))
            let compressed = try await connection.send(.post, "/api/v2/spans", headers: [.contentEncoding: "gzip"], body: gzip)
            #expect(compressed.status == 202)
            gzip.moveWriterIndex(to: gzip.writerIndex - 9)
            #expect(try await connection.send(.post, "/api/v2/spans", headers: [.contentEncoding: "gzip"], body: gzip).status == 400)
            #expect(try await connection.get("/metrics").text.contains("perch_receiver_rejected_spans_total{protocol=\"zipkin\"} 2\n"))
        }
        #expect(server.spans.taken.spans.filter(\.traceID.isValid).count == 3)
        #expect(server.spans.taken.resources.first?.serviceName == "shop")
    }

    @Test func `Jaeger's batches are taken`() async throws {
        let server = ReceiverServer()
        try await server.run { connection async throws in
            func send(_ bytes: [UInt8], _ type: String = "application/x-thrift") async throws -> TestConnection.Answer {
                let body = ByteBuffer(bytes: bytes)
                return try await connection.send(.post, "/api/traces?format=jaeger.thrift", headers: [.contentType: type], body: body)
            }
            #expect(try await send(Self.batch).status == 202)
            #expect(try await send(Self.batch, "application/vnd.apache.thrift.binary").status == 202)
            #expect(try await send(Self.batch, "application/json").status == 415)
            let half = try await send(Array(Self.batch.dropLast()))
            #expect(half.status == 400 && half.text.contains("bytes end early at byte"))
        }
        #expect(server.spans.taken.spans.map(\.traceID) == [TraceID(high: 0, low: 1), TraceID(high: 0, low: 1)])
    }

    @Test func `refusals have their status`() async throws {
        var server = ReceiverServer()
        server.limits.foreignBytesMax = 100
        for (status, code) in [(.tooLarge, 413), (.unavailable, 503), (.tooManyRequests, 429)] as [(SpanAppendOutcome.Status, Int)] {
            server.spans.refusal.withLock { $0 = SpanAppendOutcome(status) }
            try await server.run { connection async throws in
                let answer = try await connection.send(.post, "/api/v2/spans", body: ByteBuffer(string: "[]"))
                #expect(answer.status == code)
                #expect(answer.headers[.retryAfter] == (code == 413 ? nil : "1"))
                #expect(try await connection.send(.post, "/api/v2/spans", body: ByteBuffer(repeating: 32, count: 101)).status == 413)
            }
        }
    }
}
