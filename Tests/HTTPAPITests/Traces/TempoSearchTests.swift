internal import ByteCoding
internal import HTTPTypes
internal import QueryModel
internal import Synchronization
internal import TelemetryModel
internal import Testing
internal import TraceQL

@testable internal import HTTPAPI

@Suite struct TempoSearchTests {
    private let shop = TraceFixture.shopID.hexadecimal

    @Test func answersPassAStrictReader() async throws {
        try await TraceTestServer().run { connection async throws in
            for query in [
                "{}", "{ .http.status_code != nil }", "{} | by(resource.service.name)",
                "{} | select(span.raw, span.list, span.map, span.ratio)",
                "{} | count() > 1", "{ name = `none` }", "{ duration > 1ms } >> {}", "{ kind = server } | avg(duration) > 1ms",
            ] {
                let answer = try await search(connection, query)
                #expect(answer.status == 200, "\(query): \(answer.text)")
                #expect(StrictMessage.searchResponse.faults(in: answer.text) == [], "\(query)")
                // Where both are there, readers take the older one and leave the others out.
                #expect(!answer.text.contains(#""spanSet":"#))
            }
        }
    }

    @Test func aTraceIsToldWithItsSpans() async throws {
        try await TraceTestServer().run { connection async throws in
            let answer = try await search(connection, #"{ resource.service.name = "payments" && status = error }"#)
            let trace = try #require((try answer.json()["traces"] as? [[String: Any]])?.first)
            #expect(trace["traceID"] as? String == shop)
            #expect(trace["rootServiceName"] as? String == "frontend")
            #expect(trace["rootTraceName"] as? String == "GET /")
            #expect(trace["startTimeUnixNano"] as? String == String(TraceFixture.base))
            #expect(trace["durationMs"] as? Int == 500)
            let sets = try #require(trace["spanSets"] as? [[String: Any]])
            #expect(sets.count == 1 && sets[0]["matched"] as? Int == 1)
            let span = try #require((sets[0]["spans"] as? [[String: Any]])?.first)
            #expect(span["spanID"] as? String == "0000000000000004")
            #expect(span["startTimeUnixNano"] as? String == String(TraceFixture.base + 40_000_000))
            #expect(span["durationNanos"] as? String == "300000000")
            let statistics = try #require(trace["serviceStats"] as? [String: [String: Int]])
            #expect(statistics == ["frontend": ["spanCount": 2], "cart": ["spanCount": 1], "payments": ["spanCount": 1, "errorCount": 1]])
        }
    }

    @Test func limitsAreKept() async throws {
        try await TraceTestServer().run { connection async throws in
            #expect(try await traces(connection, "q={}").count == 2)
            #expect(try await traces(connection, "q={}&limit=1").count == 1)
            for (spans, count) in [("", 3), ("&spss=1", 1), ("&spss=0", 4), ("&spss=100", 4)] {
                let traces = try await traces(connection, "q={trace:rootName=%22GET%20/%22}\(spans)")
                let sets = try #require(traces.first?["spanSets"] as? [[String: Any]])
                #expect((sets[0]["spans"] as? [Any])?.count == count, "\(spans)")
                #expect(sets[0]["matched"] as? Int == 4)
            }
        }
    }

    @Test func timesAreSeconds() async throws {
        try await TraceTestServer().run { connection async throws in
            let base = TraceFixture.base / 1_000_000_000
            #expect(try await traces(connection, "q={}&start=\(base)&end=\(base + 5)").count == 1)
            #expect(try await traces(connection, "q={}&start=\(base + 500)&end=\(base + 501)").isEmpty)
            #expect(try await traces(connection, "q={}&start=\(base - 1)&end=\(base + 100)").count == 2)
        }
    }

    @Test func digitsAloneAreATraceID() async throws {
        try await TraceTestServer().run { connection async throws in
            for id in [shop, shop.uppercased(), "abc"] {
                let traces = try await traces(connection, "q=\(id)")
                #expect(traces.count == 1, "\(id)")
            }
            #expect(try await traces(connection, "q=ff").isEmpty)
        }
    }

    @Test func tagsAreAnOlderWayToAsk() async throws {
        try await TraceTestServer().run { connection async throws in
            #expect(try await traces(connection, "tags=service.name%3Dpayments").count == 1)
            #expect(try await traces(connection, "tags=service.name%3Dpayments%20name%3D%22GET%20/%22").count == 1)
            #expect(try await traces(connection, "tags=service.name%3Dnobody").isEmpty)
            #expect(try await traces(connection, "minDuration=400ms&maxDuration=1s").count == 1)
            #expect(try await traces(connection, "minDuration=1h").isEmpty)
            #expect(try await traces(connection, "").count == 2)
        }
    }

    @Test(arguments: [
        ("q={}&tags=a%3Db", "can't specify tags and q in the same query"), ("q={", "invalid TraceQL query"),
        ("q={}&start=5&end=5", "start must be before end"),
        ("q={}&start=6&end=5", "received start=6 end=5"), ("q={}&start=x", "invalid start"),
        ("q={}&limit=0", "invalid limit: must be a positive number"),
        ("q={}&limit=-1", "invalid limit"), ("q={}&limit=999999", "exceeds max limit"), ("q={}&spss=x", "invalid spss"),
        ("minDuration=x", "invalid minDuration"), ("minDuration=2s&maxDuration=1s", "must be greater than minDuration"),
        ("q={}%20|%20rate()", "TraceQL"),
    ])
    func wrongRequestsAreRefusedAsText(query: String, reason: String) async throws {
        try await TraceTestServer().run { connection async throws in
            let answer = try await connection.ask("/tempo/api/search?\(query)")
            #expect(answer.status == 400)
            #expect(answer.headers[.contentType] == "text/plain; charset=utf-8")
            #expect(answer.text.contains(reason), "\(answer.text)")
        }
    }

    @Test func aQueryThatIsTooLongIsRefused() async throws {
        var server = TraceTestServer()
        server.limits.queryBytesMax = 10
        try await server.run { connection async throws in
            #expect(try await search(connection, "{ name = `abcdefg` }").status == 400)
        }
    }

    @Test func protobufIsThereForWhoAsks() async throws {
        try await TraceTestServer().run { connection async throws in
            let answer = try await connection.ask("/tempo/api/search?q={}", headers: [.accept: "application/protobuf"])
            #expect(answer.headers[.contentType] == "application/protobuf")
            var ids: [String] = []
            var reader = ProtobufReader(answer.bytes)
            while let field = try reader.nextField() {
                var message = try reader.readMessage(field)
                guard field.number == 1, let first = try message.nextField() else { continue }
                ids.append(try message.readString(first))
            }
            #expect(Set(ids) == [shop, TraceFixture.bareID.hexadecimal])
        }
    }

    @Test func otherHeadersDoNotMatter() async throws {
        try await TraceTestServer().run { connection async throws in
            let name = try #require(HTTPField.Name("X-Scope-OrgID"))
            #expect(try await connection.ask("/tempo/api/search?q={}", headers: [name: "tenant"]).status == 200)
        }
    }

    @Test func theTimeoutEndsASearch() async throws {
        var server = TraceTestServer()
        let log = Mutex<[SlowTraceQueryLog.Entry]>([])
        server.source = EndlessSpans()
        server.timeoutMilliseconds = 50
        server.slowQueries = SlowTraceQueryLog(thresholdMilliseconds: 10) { entry in log.withLock { $0.append(entry) } }
        try await server.run { connection async throws in
            #expect(try await search(connection, "{}").status == 504)
            let metrics = try await connection.ask("/metrics").text
            #expect(metrics.contains(#"perch_trace_queries_total{kind="search",outcome="timeout"} 1"#))
        }
        let entries = log.withLock { $0 }
        #expect(entries.map(\.query.text) == ["{}"])
        #expect(entries.first?.error?.contains("timed out") == true)
    }

    private func search(_ connection: TestConnection, _ query: String) async throws -> TestConnection.Answer {
        let encoded = query.utf8.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return try await connection.ask("/tempo/api/search?q=\(encoded)")
    }

    private func traces(_ connection: TestConnection, _ query: String) async throws -> [[String: Any]] {
        let answer = try await connection.ask("/tempo/api/search?\(query)")
        return try #require(try answer.json()["traces"] as? [[String: Any]], "\(answer.text)")
    }
}

/// Tables that take until they are stopped to be listed.
private struct EndlessSpans: SpanSource {
    func tables(in range: NanosecondRange, budget: QueryBudget) throws(QueryError) -> [any SpanTable] {
        while true { try budget.check() }
    }
}
