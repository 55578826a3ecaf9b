internal import ByteCoding
internal import Compression
internal import HTTPAPI
internal import HTTPTypes
internal import Ingestion
internal import NIOCore
internal import Synchronization
internal import TelemetryModel
internal import TestSupport
internal import Testing

@Suite("Loki's push API")
struct LokiPushAPITests {
    private static let json: HTTPFields = [.contentType: "application/json; charset=utf-8"]
    private static let path = "/loki/api/v1/push"
    private static let now = EntryLog.now

    private static func body(_ entries: String, stream: String = #"{"app":"shop"}"#) -> String {
        #"{"streams":[{"stream":\#(stream),"values":[\#(entries)]}]}"#
    }

    private static let good = body(#"["\#(now)","level=warn x",{"user":"u"}]"#)

    private static let protobuf: [UInt8] = {
        var writer = ProtobufWriter()
        writer.write(1) { writer in
            writer.write(1, string: "{app=\"shop\"}")
            writer.write(2) { writer in
                writer.write(1) { $0.write(1, int64: now / 1_000_000_000) }
                writer.write(2, string: "level=warn x")
                writer.write(3) { writer in
                    writer.write(1, string: "user")
                    writer.write(2, string: "u")
                }
            }
        }
        return writer.bytes
    }()

    private func send(
        _ connection: TestConnection, _ body: [UInt8], _ headers: HTTPFields = json, path: String = path
    ) async throws -> TestConnection.Answer {
        try await connection.send(.post, path, headers: headers, body: ByteBuffer(bytes: body))
    }

    @Test func `JSON and protobuf are taken, however compressed, on both paths`() async throws {
        let text = Array(Self.good.utf8)
        let snappy = try Codec.snappyBlock.compress(Self.protobuf)
        let cases: [(String?, String?, [UInt8])] = [
            ("application/json", nil, text), ("application/json", "gzip", try Codec.gzip.compress(text)),
            ("application/json", "deflate", try Codec.deflate.compress(text)),
            ("application/json", "zstd", try Codec.zstd().compress(text)),
            ("application/json", "snappy", try Codec.snappyBlock.compress(text)), ("application/x-protobuf", nil, snappy),
            ("application/x-protobuf", "snappy", snappy), (nil, nil, snappy),
            ("application/x-protobuf", "gzip", try Codec.gzip.compress(snappy)),
        ]
        let server = ReceiverServer()
        try await server.run { connection async throws in
            for path in [Self.path, "/api/prom/push"] {
                for (type, encoding, body) in cases {
                    var headers: HTTPFields = [:]
                    headers[.contentType] = type
                    headers[.contentEncoding] = encoding
                    if let tenant = HTTPField.Name("X-Scope-OrgID") { headers[tenant] = "someone" }
                    let answer = try await send(connection, body, headers, path: path)
                    #expect(answer.status == 204 && answer.text.isEmpty, "\(type ?? "") \(encoding ?? "") \(answer.text)")
                }
            }
            let metrics = try await connection.get("/metrics").text
            #expect(metrics.contains("perch_log_receiver_accepted_entries_total{protocol=\"loki_json\"} 10\n"))
            #expect(metrics.contains("perch_log_receiver_accepted_entries_total{protocol=\"loki_protobuf\"} 8\n"))
            #expect(metrics.contains("perch_log_receiver_pending_bytes 0\n"))
        }
        #expect(server.logs.entries.count == 18)
        let entry = EntryLog.Entry(
            labels: ["app": "shop", "service_name": "shop"], time: Self.now, line: "level=warn x",
            metadata: ["detected_level": "warn", "user": "u"])
        #expect(Set(server.logs.entries) == [entry])
    }

    @Test func `what is left out is said, and the rest is kept`() async throws {
        var server = ReceiverServer()
        server.logOptions.ageMaxNanoseconds = 1_000_000_000
        server.logOptions.lineBytesMax = 100
        let body = Self.body(
            #"["1","too old"],["\#(Self.now)","good"],[\#(Self.now),"a number"],["\#(Self.now)","\#(String(repeating: "x", count: 200))"],["\#(Self.now * 2)","ahead"]"#
        )
        try await server.run { connection async throws in
            let answer = try await send(connection, Array(body.utf8))
            #expect(answer.status == 400)
            #expect(answer.headers[.contentType] == "text/plain; charset=utf-8")
            for text in [
                "timestamp too old", "timestamp too new", "max entry size '100' bytes", "a string with nanoseconds",
                "1 of 5 entries were kept",
            ] {
                #expect(answer.text.contains(text), "\(answer.text)")
            }
        }
        #expect(server.logs.entries.map(\.line) == ["good"])
    }

    @Test func `a line of fifty MiB is left out by itself`() async throws {
        let long = String(repeating: "x", count: 50 << 20)
        let server = ReceiverServer()
        try await server.run { connection async throws in
            let body = Self.body(#"["\#(Self.now)","before"],["\#(Self.now)","\#(long)"],["\#(Self.now)","behind"]"#)
            let answer = try await send(connection, Array(body.utf8))
            #expect(answer.status == 400 && answer.text.contains("2 of 3 entries were kept"))
        }
        #expect(server.logs.entries.map(\.line) == ["before", "behind"])
    }

    @Test func `refusals have the status that Loki's clients expect`() async throws {
        var server = ReceiverServer()
        server.logLimits.messageBytesMax = 1 << 20
        let half = Array(try Codec.gzip.compress(Array(Self.good.utf8)).dropLast(9))
        let bomb = try Codec.gzip.compress([UInt8](repeating: 0x20, count: 4 << 20))
        func headers(_ encoding: String) -> HTTPFields { [.contentType: "application/json", .contentEncoding: encoding] }
        let cases: [(HTTPFields, [UInt8], Int, String)] = [
            (Self.json, Array(#"{"streams":[]}"#.utf8), 422, "error at least one valid stream is required for ingestion\n"),
            (Self.json, Array("{".utf8), 400, "not the JSON"), (Self.json, [], 400, "not the JSON"),
            (headers("br"), [], 400, "Content-Encoding \"br\" not supported"), (headers("gzip"), half, 400, "gzip bytes end early"),
            (headers("gzip"), bomb, 413, "more than 1048576 bytes"),
            (Self.json, [UInt8](repeating: 0x20, count: 1 << 20 + 1), 413, "more than"),
            ([:], Array(Self.good.utf8), 400, "snappy"), ([:], try Codec.snappyBlock.compress([0x0a, 9]), 400, "protobuf"),
            (Self.json, [UInt8](repeating: UInt8(ascii: "["), count: 100_000), 400, "not the JSON"),
            (Self.json, Array(Self.body(#"["1","x"]"#, stream: #"{"app":5}"#).utf8), 400, "error parsing labels"),
            (Self.json, Array(#"{"streams":[{"stream":{"app":"x"},"values":[]}]}"#.utf8), 204, ""),
        ]
        try await server.run { connection async throws in
            for (headers, body, status, text) in cases {
                let answer = try await send(connection, body, headers)
                #expect(answer.status == status, "\(text): \(answer.text)")
                #expect(answer.text.contains(text), "\(answer.text)")
            }
            #expect(try await connection.get(Self.path).status == 405)
        }
        #expect(server.logs.entries.isEmpty)
    }

    @Test func `too many streams are 429, and what may go away is 503`() async throws {
        var server = ReceiverServer()
        server.logOptions.activeStreamsMax = 1
        try await server.run { [server] connection async throws in
            #expect(try await send(connection, Array(Self.good.utf8)).status == 204)
            let over = try await send(connection, Array(Self.body(#"["\#(Self.now)","x"]"#, stream: #"{"app":"other"}"#).utf8))
            #expect(over.status == 429 && over.headers[.retryAfter] == "60")
            #expect(over.text.contains("maximum active stream limit exceeded"))
            server.logs.refusal.withLock {
                var refusal = LogAppendOutcome(.unavailable)
                refusal.message = "the disk is full"
                refusal.retryAfterSeconds = 30
                $0 = refusal
            }
            let unavailable = try await send(connection, Array(Self.good.utf8))
            #expect(unavailable.status == 503 && unavailable.headers[.retryAfter] == "30" && unavailable.text == "the disk is full\n")
        }
    }

    @Test func `beyond the memory for bodies, senders are told to come again`() async throws {
        var server = ReceiverServer()
        server.logLimits.pendingBytesMax = 10
        try await server.run { connection async throws in
            let answer = try await send(connection, Array(Self.good.utf8))
            #expect(answer.status == 503 && answer.headers[.retryAfter] == "1")
            #expect(try await send(connection, Array("{}".utf8)).status == 422)
        }
    }

    @Test func `damaged bodies are never answered with 500`() async throws {
        var generator = SeededGenerator(seed: UInt64.random(in: 0...UInt64.max))
        print("seed \(generator.seed)")
        var bodies: [(HTTPFields, [UInt8])] = []
        let wholes: [(HTTPFields, [UInt8])] = [
            (Self.json, Array(Self.good.utf8)), ([:], try Codec.snappyBlock.compress(Self.protobuf)),
        ]
        for (headers, whole) in wholes {
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
                let answer = try await send(connection, body, headers)
                #expect([204, 400, 413, 422].contains(answer.status), "seed \(seed)")
            }
        }
    }
}
