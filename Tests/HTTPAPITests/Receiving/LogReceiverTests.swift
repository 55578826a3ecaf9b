internal import ByteCoding
internal import Compression
internal import HTTPAPI
internal import HTTPTypes
internal import Ingestion
internal import NIOCore
internal import OTLPFormat
internal import Synchronization
internal import TelemetryModel
internal import Testing

@Suite("Log entries over HTTP")
struct LogReceiverTests {
    // MARK: - OTLP

    private static let otlp =
        #"{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}},{"key":"host.name","value":{"stringValue":"h"}}]},"scopeLogs":[{"scope":{"name":"lib"},"logRecords":[{"timeUnixNano":"\#(EntryLog.now)","severityNumber":"SEVERITY_NUMBER_WARN2","body":{"stringValue":"hello"},"traceId":"0102030405060708090A0B0C0D0E0F10","spanId":"0102030405060708","attributes":[{"key":"http.method","value":{"stringValue":"GET"}}],"unknown":1}]}]}]}"#

    @Test func `OTLP is taken on all paths, in both encodings`() async throws {
        let protobuf = try OTLPJSON.transcodeLogs(Array(Self.otlp.utf8))
        let server = ReceiverServer()
        try await server.run { connection async throws in
            for (path, status) in [("/v1/logs", 200), ("/otlp/v1/logs", 204)] {
                for (type, body) in [("application/json", Array(Self.otlp.utf8)), ("application/x-protobuf", protobuf)] {
                    for codec in [nil, Codec.gzip, .zstd(), .zlib] {
                        var headers: HTTPFields = [.contentType: type]
                        headers[.contentEncoding] = codec.flatMap { [.gzip: "gzip", .zlib: "deflate"][$0] ?? "zstd" }
                        let sent = ByteBuffer(bytes: try codec?.compress(body) ?? body)
                        let answer = try await connection.send(.post, path, headers: headers, body: sent)
                        #expect(answer.status == status)
                        #expect(answer.text == (status == 200 && type == "application/json" ? "{}" : ""))
                    }
                }
            }
            #expect(try await connection.send(.post, "/v1/logs", headers: [.contentType: "application/x-protobuf"]).status == 200)
        }
        #expect(server.logs.entries.count == 16)
        let expected = EntryLog.Entry(
            labels: ["service_name": "shop"], time: EntryLog.now, line: "hello",
            metadata: [
                "detected_level": "warn", "host_name": "h", "http_method": "GET", "scope_name": "lib", "severity_number": "14",
                "span_id": "0102030405060708", "trace_id": "0102030405060708090a0b0c0d0e0f10",
            ])
        #expect(Set(server.logs.entries) == [expected])
    }

    @Test func `records that are left out are a partial success`() async throws {
        var server = ReceiverServer()
        server.logOptions.futureNanoseconds = 0
        let ahead = Self.otlp.replacing("\(EntryLog.now)", with: "\(EntryLog.now + 1)")
        try await server.run { [server] connection async throws in
            let headers: HTTPFields = [.contentType: "application/json"]
            for path in ["/v1/logs", "/otlp/v1/logs"] {
                let answer = try await connection.send(.post, path, headers: headers, body: ByteBuffer(string: ahead))
                #expect(answer.status == 200)
                #expect(
                    answer.text.hasPrefix(#"{"partialSuccess":{"rejectedLogRecords":"1","errorMessage":"entry for stream"#),
                    "\(answer.text)")
            }
            let broken = try await connection.send(.post, "/v1/logs", headers: headers, body: ByteBuffer(string: "{\"resourceLogs\":5}"))
            #expect(broken.status == 400 && broken.text.hasPrefix(#"{"code":3,"message":"expected an array"#))
            server.logs.refusal.withLock { $0 = LogAppendOutcome(.unavailable) }
            let unavailable = try await connection.send(
                .post, "/v1/logs", headers: headers, body: ByteBuffer(string: Self.otlp.replacing("\"14\"", with: "1")))
            #expect(unavailable.status == 503 && unavailable.headers[.retryAfter] == "1")
            #expect(try await connection.send(.post, "/v1/logs", headers: [.contentType: "text/plain"]).status == 415)
        }
    }

    // MARK: - JSON lines

    @Test func `JSON lines are taken, with their fields named by parameters or headers`() async throws {
        let server = ReceiverServer()
        try await server.run { connection async throws in
            let line = ByteBuffer(string: "{\"t\":\(EntryLog.now / 1_000_000),\"m\":\"hello\",\"h\":\"a\",\"x\":1}\n")
            let path = "/ingest/json?_time_field=t&message_field=m&stream_fields=h,%20none&labels=env=prod"
            let answer = try await connection.send(.post, path, body: line)
            #expect(answer.status == 200 && answer.text == #"{"accepted":1,"rejected":0}"#)
            var headers: HTTPFields = [:]
            for (name, value) in [
                ("VL-Time-Field", "t"), ("VL-Msg-Field", "m"), ("VL-Stream-Fields", "h"), ("VL-Extra-Fields", "env=prod"),
            ] {
                if let name = HTTPField.Name(name) { headers[name] = value }
            }
            #expect(try await connection.send(.post, "/ingest/json", headers: headers, body: line).status == 200)
            let plain = ByteBuffer(string: "{\"level\":\"error\",\"trace_id\":\"0af7651916cd43dd8448eb211c80319c\"}\n{\n")
            let partial = try await connection.send(.post, "/ingest/json", body: plain)
            #expect(partial.status == 200)
            #expect(
                partial.text.contains(#""accepted":1,"rejected":1"#)
                    && partial.text.contains(#""errors":[{"line":2,"reason":"not a JSON object"#))
            #expect(try await connection.send(.post, "/ingest/json", body: ByteBuffer(string: "nonsense\n")).status == 400)
            #expect(try await connection.send(.post, "/ingest/json", headers: [.contentEncoding: "br"]).status == 415)
            #expect(try await connection.send(.post, "/ingest/json").status == 200)
        }
        let entries = server.logs.entries
        #expect(entries.count == 3)
        for entry in entries.prefix(2) {
            #expect(entry.labels == ["env": "prod", "h": "a", "service_name": "unknown_service"])
            #expect(entry.line == "hello" && entry.time == EntryLog.now)
            #expect(entry.metadata == ["detected_level": "unknown", "x": "1"])
        }
        #expect(entries.last?.metadata == ["detected_level": "error", "level": "error", "trace_id": "0af7651916cd43dd8448eb211c80319c"])
    }

    // MARK: - Elasticsearch

    @Test func `Elasticsearch's clients find what they ask for before they send`() async throws {
        try await ReceiverServer().run { connection async throws in
            let product = HTTPField.Name("X-Elastic-Product")
            for path in [
                "", "/", "/_license", "/_xpack", "/_cluster/health", "/_nodes", "/_nodes/http", "/_index_template/x", "/_template/x",
                "/_component_template/x", "/_ilm/policy/x", "/_ingest/pipeline/x", "/_data_stream/x", "/x",
            ] {
                let answer = try await connection.get("/elasticsearch" + path)
                #expect(answer.status == 200, "\(path)")
                #expect(product.map { answer.headers[$0] } == "Elasticsearch")
                #expect(answer.text.hasPrefix("{") && answer.text.hasSuffix("}"))
                #expect(try await connection.send(.head, "/elasticsearch" + path).status == 200)
            }
            let root = try await connection.get("/elasticsearch/").text
            #expect(root.contains("\"tagline\":\"You Know, for Search\"") && root.contains("\"number\":\"8."))
            for path in ["/_index_template/x", "/_template/x", "/_ilm/policy/x", "/_ingest/pipeline/x", "/_data_stream/x", "/x"] {
                let answer = try await connection.send(.put, "/elasticsearch" + path, body: ByteBuffer(string: "{}"))
                #expect(answer.status == 200 && answer.text.contains("\"acknowledged\":true"), "\(path)")
            }
            #expect(try await connection.get("/elasticsearch/_search").status == 404)
        }
    }

    @Test func `bulk requests are taken, with a result for each item`() async throws {
        let server = ReceiverServer()
        let body = """
            {"create":{"_index":"logs-a"}}
            {"@timestamp":"2023-11-14T22:13:20Z","message":"one","log.level":"error"}
            {"index":{}}
            {"@timestamp":"never","message":"two"}

            """
        try await server.run { connection async throws in
            let type = "application/vnd.elasticsearch+json;compatible-with=8"
            let headers: HTTPFields = [.contentType: "application/x-ndjson", .accept: type, .contentEncoding: "gzip"]
            let sent = ByteBuffer(bytes: try Codec.gzip.compress(Array(body.utf8)))
            let answer = try await connection.send(.post, "/elasticsearch/logs-b/_bulk?filter_path=errors", headers: headers, body: sent)
            #expect(answer.status == 200)
            #expect(answer.headers[.contentType] == type)
            #expect(answer.text.contains("\"errors\":true"))
            #expect(answer.text.contains(#"{"create":{"_index":"logs-a","_id":"","status":201"#))
            #expect(
                answer.text.contains(#"{"index":{"_index":"logs-b","_id":"","status":400,"error":{"type":"document_parsing_exception""#))
            let single = try await connection.send(.post, "/elasticsearch/logs-c/_doc", body: ByteBuffer(string: #"{"message":"three"}"#))
            #expect(single.status == 201)
            #expect(try await connection.send(.post, "/elasticsearch/logs-c/_doc", body: ByteBuffer(string: "x")).status == 400)
            let broken = try await connection.send(.post, "/elasticsearch/_bulk", body: ByteBuffer(string: "x\n"))
            #expect(broken.status == 400 && broken.text.contains("Malformed action/metadata line [1]"))
            #expect(try await connection.send(.post, "/elasticsearch/_bulk", headers: [.contentEncoding: "br"]).status == 415)
            server.logs.refusal.withLock { $0 = LogAppendOutcome(.unavailable) }
            #expect(
                try await connection.send(
                    .post, "/elasticsearch/_bulk", body: ByteBuffer(string: body.replacing("{}", with: #"{"_index":"x"}"#))
                ).status == 503)
        }
        #expect(server.logs.entries.map(\.line) == ["one", "three"])
        #expect(server.logs.entries.first?.labels == ["index": "logs-a", "service_name": "unknown_service"])
        #expect(server.logs.entries.first?.metadata == ["detected_level": "error", "level": "error"])
    }

    // MARK: - The journal

    @Test func `uploads of the journal are kept while they go on`() async throws {
        let server = ReceiverServer()
        let entry = "__REALTIME_TIMESTAMP=\(EntryLog.now / 1000)\n_SYSTEMD_UNIT=nginx.service\nPRIORITY=3\nMESSAGE=hello\n\n"
        let headers: HTTPFields = [.contentType: "application/vnd.fdo.journal"]
        try await server.run { connection async throws in
            let one = try await connection.send(.post, "/journald/upload", headers: headers, body: ByteBuffer(string: entry))
            #expect(one.status == 202 && one.text == "OK.\n")
            let many = ByteBuffer(string: String(repeating: entry, count: 40_000))
            #expect(many.readableBytes > 3 << 20)
            #expect(try await connection.send(.post, "/journald/upload", headers: headers, body: many).status == 202)
            var compressed = headers
            compressed[.contentEncoding] = "zstd"
            let zstd = ByteBuffer(bytes: try Codec.zstd().compress(Array(entry.utf8)))
            #expect(try await connection.send(.post, "/journald/upload", headers: compressed, body: zstd).status == 202)
            let broken = try await connection.send(
                .post, "/journald/upload", headers: headers, body: ByteBuffer(string: entry + "lower=x\n"))
            #expect(broken.status == 400 && broken.text.contains("not the name of a journal's field"))
            #expect(try await connection.send(.post, "/journald/upload", headers: [.contentType: "text/plain"]).status == 415)
        }
        #expect(server.logs.entries.count == 40_003)
        #expect(server.logs.entries.first?.labels == ["service_name": "nginx", "systemd_unit": "nginx.service"])
        #expect(server.logs.entries.first?.metadata == ["detected_level": "error", "level": "error", "priority": "3"])
    }
}
