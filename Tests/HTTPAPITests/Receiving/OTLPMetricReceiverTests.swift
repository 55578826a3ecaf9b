internal import Compression
internal import HTTPAPI
internal import HTTPTypes
internal import Ingestion
internal import MetricStorage
internal import NIOCore
internal import OTLPFormat
internal import Synchronization
internal import Testing

@Suite("OTLP metrics over HTTP")
struct OTLPMetricReceiverTests {
    private static let protobuf: HTTPFields = [.contentType: "application/x-protobuf"]
    private static let json: HTTPFields = [.contentType: "application/json"]

    /// Counters; one called `bad` does not say what it counts from.
    private static func text(_ names: [String]) -> [UInt8] {
        let metrics = names.map {
            #"{"name":"\#($0)","sum":{"isMonotonic":true,"aggregationTemporality":\#($0 == "bad" ? 0 : 2),"dataPoints":[{"timeUnixNano":"1700000000000000000","asInt":"1"}]}}"#
        }
        return Array(#"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[\#(metrics.joined(separator: ","))]}]}]}"#.utf8)
    }

    @Test(arguments: [nil, "gzip", "zstd", "deflate"])
    func `points arrive on both paths, in both encodings and however compressed`(coding: String?) async throws {
        for encoding in OTLPEncoding.allCases {
            for path in ["/v1/metrics", "/api/v1/otlp/v1/metrics"] {
                let server = ReceiverServer()
                var body = Self.text(["a", "b"])
                if encoding == .protobuf { body = try OTLPJSON.transcodeMetrics(body) }
                let codec: Codec? = ["gzip": .gzip, "zstd": .zstd(), "deflate": .zlib][coding ?? ""]
                if let codec { body = try codec.compress(body) }
                var headers = encoding == .json ? Self.json : Self.protobuf
                if let coding { headers[.contentEncoding] = coding }
                let sent = ByteBuffer(bytes: body)
                try await server.run { [headers] connection async throws in
                    let answer = try await connection.send(.post, path, headers: headers, body: sent)
                    #expect(answer.status == 200)
                    #expect(answer.headers[.contentType] == encoding.contentType)
                    #expect(answer.text == (encoding == .json ? "{}" : ""))
                    let source = encoding == .json ? "otlp_http_json" : "otlp_http_protobuf"
                    let metrics = try await connection.get("/metrics").text
                    #expect(metrics.contains("perch_metric_receiver_accepted_points_total{protocol=\"\(source)\"} 2\n"))
                }
                #expect(server.points.series == ["a_total", "b_total"])
            }
        }
    }

    @Test func `what is left out is told, and the rest is kept`() async throws {
        let server = ReceiverServer()
        try await server.run { connection async throws in
            let body = ByteBuffer(bytes: Self.text(["good", "bad"]))
            let answer = try await connection.send(.post, "/v1/metrics", headers: Self.json, body: body)
            #expect(answer.status == 200)
            #expect(answer.text.hasPrefix(#"{"partialSuccess":{"rejectedDataPoints":"1","errorMessage":"1 rejected"#), "\(answer.text)")
        }
        #expect(server.points.series == ["good_total"])
    }

    @Test func `refusals have their status and say why`() async throws {
        var server = ReceiverServer()
        server.metricLimits.messageBytesMax = 1 << 20
        let bomb = try Codec.gzip.compress([UInt8](repeating: 0, count: 4 << 20))
        let cases: [(HTTPFields, [UInt8], Int, String)] = [
            (Self.protobuf, [0x0a, 0x05, 0x0a], 400, "byte"), (Self.json, Array("{\"resourceMetrics\":5}".utf8), 400, "expected an array"),
            ([.contentType: "text/plain"], [], 415, "application/x-protobuf or application/json"),
            ([.contentType: "application/json", .contentEncoding: "br"], [], 415, "br is not taken"),
            ([.contentType: "application/json", .contentEncoding: "gzip"], bomb, 413, "more than 1048576 bytes"),
            (Self.json, [UInt8](repeating: 0x20, count: 2 << 20), 413, "more than 1048576 bytes"),
        ]
        try await server.run { connection async throws in
            for (headers, body, status, message) in cases {
                let answer = try await connection.send(.post, "/v1/metrics", headers: headers, body: ByteBuffer(bytes: body))
                #expect(answer.status == status && answer.text.contains(message), "\(message): \(answer.status) \(answer.text)")
            }
            #expect(try await connection.get("/v1/metrics").status == 405)
        }
        #expect(server.points.series.isEmpty)
    }

    @Test func `a storage that cannot write has senders come again`() async throws {
        let server = ReceiverServer()
        server.points.failure.withLock { $0 = MetricStorageError(.overloaded, "too much") }
        try await server.run { connection async throws in
            let answer = try await connection.send(.post, "/v1/metrics", headers: Self.json, body: ByteBuffer(bytes: Self.text(["a"])))
            #expect(answer.status == 503 && answer.headers[.retryAfter] == "1")
            #expect(answer.text.hasPrefix(#"{"code":14,"message":"#))
        }
    }
}
