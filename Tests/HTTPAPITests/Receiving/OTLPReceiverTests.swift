internal import Compression
internal import HTTPAPI
internal import HTTPTypes
internal import Ingestion
internal import NIOCore
internal import OTLPFormat
internal import Synchronization
internal import TelemetryModel
internal import TestSupport
internal import Testing

@Suite("OTLP over HTTP")
struct OTLPReceiverTests {
    private static let protobuf: HTTPFields = [.contentType: "application/x-protobuf"]
    private static let json: HTTPFields = [.contentType: "application/json; charset=utf-8"]

    private func batch(_ seed: UInt64 = 1) -> SpanBatch {
        var generator = SeededGenerator(seed: seed)
        return generator.spanBatch(spans: 20)
    }

    @Test(arguments: [nil, "identity", "gzip", "zstd", "deflate"])
    func `spans arrive, in both encodings and however compressed`(coding: String?) async throws {
        let batch = batch()
        for encoding in OTLPEncoding.allCases {
            let server = ReceiverServer()
            var body = encoding == .json ? batch.otlpJSON() : batch.otlp
            let codec: Codec? = ["gzip": .gzip, "zstd": .zstd(), "deflate": .zlib][coding ?? ""]
            if let codec { body = try codec.compress(body) }
            var headers = encoding == .json ? Self.json : Self.protobuf
            if let coding { headers[.contentEncoding] = coding }
            let sent = ByteBuffer(bytes: body)
            try await server.run { [headers] connection async throws in
                let answer = try await connection.send(.post, "/v1/traces", headers: headers, body: sent)
                #expect(answer.status == 200)
                #expect(answer.headers[.contentType] == encoding.contentType)
                #expect(answer.text == (encoding == .json ? "{}" : ""))
                let metrics = try await connection.get("/metrics").text
                let source = encoding == .json ? "otlp_http_json" : "otlp_http_protobuf"
                for name in ["received", "accepted"] {
                    #expect(metrics.contains("perch_receiver_\(name)_spans_total{protocol=\"\(source)\"} \(batch.spans.count)\n"))
                }
                #expect(metrics.contains("perch_receiver_received_bytes_total{protocol=\"\(source)\"} \(sent.readableBytes)\n"))
                #expect(
                    metrics.contains("perch_receiver_requests_total{outcome=\"accepted\",protocol=\"\(source)\"} 1\n")
                        || metrics.contains("perch_receiver_requests_total{protocol=\"\(source)\",outcome=\"accepted\"} 1\n"))
            }
            #expect(server.spans.taken == batch)
        }
    }

    @Test func `nothing is taken and answered as well`() async throws {
        try await ReceiverServer().run { connection async throws in
            #expect(try await connection.send(.post, "/v1/traces", headers: Self.protobuf).status == 200)
            #expect(try await connection.send(.post, "/v1/traces", headers: Self.json, body: ByteBuffer(string: "{}")).text == "{}")
            var gzip = Self.protobuf
            gzip[.contentEncoding] = "gzip"
            #expect(try await connection.send(.post, "/v1/traces", headers: gzip).status == 200)
        }
    }

    @Test func `a wrong span is rejected by itself`() async throws {
        let server = ReceiverServer()
        let good = #"{"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708"}"#
        let wrong = [
            #"{"traceId":"00000000000000000000000000000000","spanId":"0102030405060708"}"#,
            #"{"traceId":"0102","spanId":"0102030405060708"}"#,
            #"{"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708","parentSpanId":"xyz"}"#, "{}",
        ]
        let body = #"{"resourceSpans":[{"scopeSpans":[{"spans":[\#(([good] + wrong + [good]).joined(separator: ","))]}]}]}"#
        try await server.run { connection async throws in
            let answer = try await connection.send(.post, "/v1/traces", headers: Self.json, body: ByteBuffer(string: body))
            #expect(answer.status == 200)
            #expect(answer.text.hasPrefix(#"{"partialSuccess":{"rejectedSpans":"4","errorMessage":""#), "\(answer.text)")
        }
    }

    @Test(
        arguments: [
            (.malformed, 400, 3, nil), (.tooLarge, 413, 8, nil), (.unavailable, 503, 14, "7"), (.tooManyRequests, 429, 14, "7"),
        ] as [(SpanAppendOutcome.Status, Int, Int, String?)])
    func `refusals have their status, in the request's encoding`(
        status: SpanAppendOutcome.Status, http: Int, code: Int, retryAfter: String?
    ) async throws {
        let server = ReceiverServer()
        server.spans.refusal.withLock { refusal in
            var outcome = SpanAppendOutcome(status)
            outcome.message = "why"
            outcome.retryAfterSeconds = retryAfter.flatMap(Int.init)
            refusal = outcome
        }
        try await server.run { connection async throws in
            let json = try await connection.send(.post, "/v1/traces", headers: Self.json, body: ByteBuffer(string: "{}"))
            #expect(json.status == http)
            #expect(json.headers[.contentType] == "application/json")
            #expect(json.headers[.retryAfter] == retryAfter)
            #expect(json.text.hasPrefix(#"{"code":\#(code),"message":"why""#))
            let protobuf = try await connection.send(.post, "/v1/traces", headers: Self.protobuf, body: ByteBuffer())
            #expect(protobuf.status == http)
            #expect(protobuf.headers[.contentType] == "application/x-protobuf")
            #expect(Array(protobuf.body.readableBytesView.prefix(7)) == [8, UInt8(code), 0x12, 3] + Array("why".utf8))
        }
    }

    @Test func `what is wrong with a request is said`() async throws {
        let gzip = Array(try Codec.gzip.compress(batch().otlp).dropLast(9))
        let cases: [(HTTPFields, [UInt8], Int, String)] = [
            ([:], [], 415, "a request without a Content-Type is not taken"),
            ([.contentType: "text/plain"], [], 415, "the Content-Type text/plain is not taken"),
            ([.contentType: "application/json", .contentEncoding: "br"], [], 415, "the Content-Encoding br is not taken"),
            (Self.json, Array("{\n\"resourceSpans\":5}".utf8), 400, "expected an array at line 2, column 17"),
            (Self.json, Array("{\"resourceSpans\":".utf8) + Array(repeating: UInt8(ascii: "["), count: 100_000), 400, "expected an object"),
            (Self.json, Array("{\"x\":".utf8) + Array(repeating: UInt8(ascii: "["), count: 100_000), 400, "within each other"),
            ([.contentType: "application/json", .contentEncoding: "gzip"], gzip, 400, "gzip bytes end early"),
            ([.contentType: "application/json", .contentEncoding: "gzip"], [1, 2, 3], 400, "gzip"),
            (Self.protobuf, [0x0a, 0x05, 0x0a], 400, "byte"),
        ]
        let server = ReceiverServer()
        try await server.run { connection async throws in
            for (headers, body, status, message) in cases {
                let answer = try await connection.send(.post, "/v1/traces", headers: headers, body: ByteBuffer(bytes: body))
                #expect(answer.status == status, "\(message)")
                #expect(answer.text.contains(message), "\(answer.text)")
            }
            let get = try await connection.get("/v1/traces")
            #expect(get.status == 405)
            #expect(get.headers[.allow] == "OPTIONS, POST")
        }
        #expect(server.spans.taken.spans.isEmpty)
    }

    @Test func `bodies that are or become too large are 413`() async throws {
        var server = ReceiverServer()
        server.limits.messageBytesMax = 1 << 20
        let bomb = ByteBuffer(bytes: try Codec.gzip.compress([UInt8](repeating: 0, count: 4 << 20)))
        try await server.run { connection async throws in
            var headers = Self.protobuf
            let large = try await connection.send(.post, "/v1/traces", headers: headers, body: ByteBuffer(repeating: 0, count: 1 << 20 + 1))
            #expect(large.status == 413)
            headers[.contentEncoding] = "gzip"
            let exploded = try await connection.send(.post, "/v1/traces", headers: headers, body: bomb)
            #expect(exploded.status == 413)
            #expect(exploded.text.contains("the body has more than 1048576 bytes"))
        }
    }

    @Test func `beyond the memory for bodies, senders are told to come again`() async throws {
        var server = ReceiverServer()
        server.limits.pendingBytesMax = 10
        try await server.run { connection async throws in
            let answer = try await connection.send(.post, "/v1/traces", headers: Self.protobuf, body: ByteBuffer(repeating: 1, count: 11))
            #expect(answer.status == 503)
            #expect(answer.headers[.retryAfter] == "1")
            let small = try await connection.send(.post, "/v1/traces", headers: Self.json, body: ByteBuffer(string: "{}"))
            #expect(small.status == 200)
            #expect(try await connection.get("/metrics").text.contains("perch_receiver_pending_bytes 0\n"))
        }
    }

    @Test func `damaged bodies are answered with 200 or 400, never 500`() async throws {
        var generator = SeededGenerator(seed: UInt64.random(in: 0...UInt64.max))
        print("seed \(generator.seed)")
        let batch = generator.spanBatch(spans: 2)
        var bodies: [(HTTPFields, [UInt8])] = []
        for (headers, whole) in [(Self.protobuf, batch.otlp), (Self.json, batch.otlpJSON())] {
            for _ in 0..<100 {
                var damaged = Array(whole.prefix(Int.random(in: 0...whole.count, using: &generator)))
                if !damaged.isEmpty {
                    damaged[Int.random(in: 0..<damaged.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
                }
                bodies.append((headers, damaged))
            }
        }
        try await ReceiverServer().run { [bodies, seed = generator.seed] connection async throws in
            for (headers, body) in bodies {
                let answer = try await connection.send(.post, "/v1/traces", headers: headers, body: ByteBuffer(bytes: body))
                #expect(answer.status == 200 || answer.status == 400, "seed \(seed)")
            }
        }
    }
}
