internal import ByteCoding
internal import TelemetryModel
internal import TestSupport
internal import Testing
internal import ZipkinFormat

@Suite("Zipkin's spans")
struct ZipkinSpansTests {
    private static let full = """
        {"traceId":"5B8EFFF798038103D269B633813FC60C","id":"eee19b7ec3c1b174","parentId":"1","name":"get /","kind":"CLIENT",
        "timestamp":1700000000000000,"duration":1500,"localEndpoint":{"serviceName":"shop","ipv4":"10.0.0.1","port":80},
        "remoteEndpoint":{"serviceName":"db","ipv6":"::1","port":5432},"debug":true,"later":[1],
        "annotations":[{"timestamp":1700000000000001,"value":"cache miss"},{"timestamp":5},
        {"timestamp":1700000000000002,"value":"\\"retry\\": {\\"n\\":2,\\"why\\":\\"slow\\",\\"x\\":[1.5,true]}"},
        {"timestamp":1700000000000003,"value":"\\"quoted\\" but no event"},{"timestamp":1700000000000004,"value":"{\\"done\\": {}}"}],
        "tags":{"http.method":"GET","error":"timed out","otel.scope.name":"lib","otel.scope.version":"1","w3c.tracestate":"a=b",
        "otel.dropped_links_count":"3","n":5}}
        """

    private func read(_ text: String) throws -> [(SpanRecord, ResourceRecord, ScopeRecord)] {
        var found: [(SpanRecord, ResourceRecord, ScopeRecord)] = []
        try ZipkinSpans.read(Array(text.utf8), now: 77) { found.append(($0, $1, $2)) }
        return found
    }

    private func span(_ members: String) throws -> SpanRecord { try #require(try read("[{\(members)}]").first).0 }

    @Test func `a span's parts find their places`() throws {
        let (span, resource, scope) = try #require(read("[\(Self.full)]").first)
        #expect(resource.serviceName == "shop")
        #expect(scope.name == "lib" && scope.version == "1")
        #expect(span.traceID.hexadecimal == "5b8efff798038103d269b633813fc60c")
        #expect(span.spanID.hexadecimal == "eee19b7ec3c1b174")
        #expect(span.parentSpanID == SpanID(1))
        #expect(span.name == "get /" && span.kind == .client && span.traceState == "a=b" && span.droppedLinksCount == 3)
        #expect(span.start == 1_700_000_000_000_000_000 && span.duration == 1_500_000)
        #expect(span.statusCode == .error && span.statusMessage == "timed out")
        #expect(
            span.attributes == [
                Attribute("http.method", .string("GET")), Attribute("n", .string("5")),
                Attribute("network.local.address", .string("10.0.0.1")),
                Attribute("network.local.port", .int(80)), Attribute("peer.service", .string("db")),
                Attribute("network.peer.address", .string("::1")), Attribute("network.peer.port", .int(5432)),
            ])
        #expect(span.events.map(\.name) == ["cache miss", "retry", "\"quoted\" but no event", "done"])
        #expect(span.flags == 1)
        #expect(
            span.events.map(\.attributes) == [
                [], [Attribute("n", .int(2)), Attribute("why", .string("slow")), Attribute("x", .array([.double(1.5), .bool(true)]))], [],
                [],
            ])
    }

    @Test func `ids may have 16 digits or 32, and wrong ones are invalid`() throws {
        #expect(try span(#""traceId":"d269b633813fc60c","id":"2""#).traceID == TraceID(high: 0, low: 0xd269_b633_813f_c60c))
        #expect(try span(#""traceId":"x","id":"2""#).traceID.isValid == false)
        #expect(try span(#""traceId":"1","id":"eee19b7ec3c1b174a""#).spanID.isValid == false)
        #expect(try span(#""traceId":"1","id":"2","parentId":"x""#).spanID.isValid == false)
    }

    @Test func `the server's half of a shared span gets an id of its own below the client's`() throws {
        let text = #""traceId":"1","id":"2","parentId":"3","kind":"SERVER","shared":true,"localEndpoint":{"serviceName":"db"}"#
        let server = try span(text)
        #expect(server.parentSpanID == SpanID(2))
        #expect(server.spanID != SpanID(2) && server.spanID.isValid)
        #expect(try span(text).spanID == server.spanID)
        #expect(server.attributes.contains(Attribute("zipkin.shared", .bool(true))))
    }

    @Test func `a span that does not say when it began has begun with its first annotation, or now`() throws {
        let absent = Attribute("otel.zipkin.absentField.startTime", .bool(true))
        let annotated = try span(#""annotations":[{"timestamp":9,"value":"a"},{"timestamp":8,"value":"b"}]"#)
        #expect(annotated.start == 8000 && annotated.attributes == [absent])
        let bare = try span(#""duration":1"#)
        #expect(bare.start == 77 && bare.end == 1077 && bare.attributes == [absent])
        #expect(try span(#""timestamp":18446744073709551615,"duration":18446744073709551615"#).end == .max)
    }

    @Test func `statuses are read from tags`() throws {
        func status(_ tags: String) throws -> SpanStatusCode { try span("\"tags\":{\(tags)}").statusCode }
        #expect(try status(#""error":"true""#) == .error)
        #expect(try status(#""error":"""#) == .error)
        #expect(try status(#""error":"false""#) == .unset)
        #expect(try status(#""otel.status_code":"OK""#) == .ok)
        #expect(try status(#""otel.status_code":"ERROR""#) == .error)
        #expect(try status("") == .unset)
    }

    @Test func `an error says where it is`() {
        let error = #expect(throws: JSONError.self) { try read("[{},\n {\"name\":5}]") }
        #expect(error?.description == "expected a string at line 2, column 10")
        #expect(throws: JSONError.self) { try read("{}") }
    }

    @Test func `damaged and hostile text is survived`() {
        var generator = SeededGenerator(seed: 9)
        let bytes = Array("[\(Self.full)]".utf8)
        checkTruncationNeverTraps(bytes) { try ZipkinSpans.read($0, now: 0) { _, _, _ in } }
        checkDamageNeverTraps(bytes, rounds: 3000, using: &generator) { try ZipkinSpans.read($0, now: 0) { _, _, _ in } }
        #expect(throws: JSONError.self) { try read("[{\"x\":" + String(repeating: "[", count: 100_000)) }
    }
}
