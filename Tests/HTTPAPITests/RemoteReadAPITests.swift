internal import ByteCoding
internal import Compression
internal import HTTPAPI
internal import HTTPTypes
internal import NIOCore
internal import TelemetryModel
internal import Testing

@Suite struct RemoteReadAPITests {
    private typealias Matcher = (type: UInt64, name: String, value: String)

    private static func body(_ queries: [(start: Int64, end: Int64, matchers: [Matcher])], types: [UInt8] = []) throws -> ByteBuffer {
        var writer = ProtobufWriter()
        for query in queries {
            writer.write(1) { message in
                message.write(1, int64: query.start)
                message.write(2, int64: query.end)
                for matcher in query.matchers {
                    message.write(3) { body in
                        body.write(1, uint64: matcher.type)
                        body.write(2, string: matcher.name)
                        body.write(3, string: matcher.value)
                    }
                }
            }
        }
        if !types.isEmpty { writer.write(2, bytes: types) }
        return ByteBuffer(bytes: try Codec.snappyBlock.compress(writer.bytes))
    }

    /// The series of an answer of samples, a list for each query: labels, and how many samples.
    private static func series(_ answer: TestConnection.Answer) throws -> [[String]] {
        let bytes = try Codec.snappyBlock.decompress(Array(answer.body.readableBytesView), limit: 1 << 20)
        var results: [[String]] = []
        var message = ProtobufReader(bytes)
        while let field = try message.nextField() {
            var result = try message.readMessage(field)
            var found: [String] = []
            while let field = try result.nextField() {
                var series = try result.readMessage(field)
                var labels: [String] = []
                var samples = 0
                while let field = try series.nextField() {
                    var part = try series.readMessage(field)
                    if field.number == 2 { samples += 1 }
                    var texts: [String] = []
                    while let inner = try part.nextField() {
                        if field.number == 1 { texts.append(try part.readString(inner)) } else { try part.skip(inner) }
                    }
                    if field.number == 1 { labels.append(texts.joined(separator: "=")) }
                }
                found.append("\(labels.joined(separator: ",")) \(samples)")
            }
            results.append(found)
        }
        return results
    }

    private let now = TestServer.now

    @Test func `each query has its result, with matchers of all kinds`() async throws {
        let body = try Self.body([
            (now - 60_000, now, [(0, "__name__", "up")]),
            (now, now, [(0, "__name__", "up"), (1, "instance", "a:1")]),
            (now - 1, now - 1, [(0, "__name__", "up")]),
            (now - 60_000, now, [(2, "__name__", "u.|requests.*"), (3, "instance", "b.*")]),
            (now, now - 1, [(0, "__name__", "up")]),
        ])
        try await TestServer().run { connection async throws in
            let answer = try await connection.send(.post, "/api/v1/read", headers: [.acceptEncoding: "gzip"], body: body)
            #expect(answer.status == 200)
            #expect(answer.headers[.contentType] == "application/x-protobuf")
            #expect(answer.headers[.contentEncoding] == "snappy")
            #expect(
                try Self.series(answer) == [
                    ["__name__=up,instance=a:1,job=node 2", "__name__=up,instance=b:1,job=node 2"],
                    ["__name__=up,instance=b:1,job=node 1"], [],
                    ["__name__=requests_total,instance=a:1,job=node,path=/\"x\"\n 2", "__name__=up,instance=a:1,job=node 2"], [],
                ])
        }
    }

    @Test func `external labels are added, and a matcher that names one by its value holds`() async throws {
        var server = TestServer()
        server.externalLabels = ["job": "outer", "region": "eu"]
        let body = try Self.body([
            (now, now, [(0, "__name__", "up"), (0, "region", "eu"), (0, "instance", "a:1")]),
            (now, now, [(0, "__name__", "up"), (0, "region", "us")]), (now, now, [(0, "__name__", "up"), (2, "region", "e.")]),
        ])
        try await server.run { connection async throws in
            let answer = try await connection.send(.post, "/api/v1/read", body: body)
            #expect(try Self.series(answer) == [["__name__=up,instance=a:1,job=node,region=eu 1"], [], []])
        }
    }

    @Test func `the first type that is known is given, as frames or as a message`() async throws {
        let query = [(start: now - 60_000, end: now, matchers: [(type: UInt64(0), name: "__name__", value: "up")])]
        let (streamed, sampled, unknown) = (
            try Self.body(query, types: [7, 1, 0]), try Self.body(query, types: [0, 1]), try Self.body(query, types: [7])
        )
        try await TestServer().run { connection async throws in
            let stream = try await connection.send(.post, "/api/v1/read", body: streamed)
            #expect(stream.status == 200)
            #expect(stream.headers[.contentType] == "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse")
            #expect(stream.headers[.contentEncoding] == nil)
            var frames = ByteReader(Array(stream.body.readableBytesView))
            var count = 0
            while !frames.isAtEnd {
                let length = Int(try frames.readVarint())
                let checksum = try frames.readBigEndian(UInt32.self)
                #expect(CRC32C.checksum(Array(frames.bytes[try frames.readRange(count: length)])) == checksum)
                count += 1
            }
            #expect(count == 2)
            #expect(try Self.series(try await connection.send(.post, "/api/v1/read", body: sampled)).first?.count == 2)
            #expect(try await connection.send(.post, "/api/v1/read", body: unknown).status == 400)
        }
    }

    @Test func `what is malformed or too much is answered with 400, and the reason`() async throws {
        var server = TestServer()
        server.readLimits.samplesMax = 3
        let all = try Self.body([(now - 60_000, now, [(0, "job", "node")])])
        let badPattern = try Self.body([(now, now, [(2, "__name__", "a(")])])
        let badOperator = try Self.body([(now, now, [(9, "__name__", "a")])])
        let streamed = try Self.body([(now - 60_000, now, [(0, "job", "node")])], types: [1])
        try await server.run { connection async throws in
            let tooMuch = try await connection.send(.post, "/api/v1/read", body: all)
            #expect(tooMuch.status == 400)
            #expect(tooMuch.text == "exceeded sample limit (3)\n")
            #expect(try await connection.send(.post, "/api/v1/read", body: streamed).status == 200)
            for body in [badPattern, badOperator, ByteBuffer(string: "no snappy"), ByteBuffer()] {
                #expect(try await connection.send(.post, "/api/v1/read", body: body).status == 400)
            }
            #expect(try await connection.get("/api/v1/read").status == 405)
        }
    }
}
