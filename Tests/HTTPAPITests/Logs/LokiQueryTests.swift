internal import HTTPTypes
internal import HummingbirdTesting
internal import LogQL
internal import NIOCore
internal import NIOPosix
internal import QueryModel
internal import Synchronization
internal import TelemetryModel
internal import Testing

@testable internal import HTTPAPI

@Suite struct LokiQueryTests {
    /// What an answer has before its statistics.
    private func head(_ answer: TestConnection.Answer) -> String {
        guard let range = answer.text.firstRange(of: #","stats":{"summary":"#) else { return answer.text }
        return String(answer.text[..<range.lowerBound])
    }

    private static let all = #"{app=~".+"}"#

    @Test func `lines come by streams, sorted by labels, newest first`() async throws {
        try await LogTestServer().run { connection async throws in
            let answer = try await connection.logs("/query_range", [("query", #"{app="orders"}"#)])
            #expect(answer.status == 200)
            #expect(answer.headers[.contentType] == "application/json")
            // Without the flag every label is one of the stream, and entries have two elements.
            #expect(
                head(answer) == #"{"status":"success","data":{"resultType":"streams","result":["#
                    + #"{"stream":{"app":"orders","detected_level":"error","pod":"a","trace_id":"5b8aa5a2d2c872e8321cf37308d69df2"},"#
                    + #""values":[["1699999960000000000","order 2 declined"]]},"#
                    + #"{"stream":{"app":"orders","detected_level":"info","pod":"a"},"values":[["1699999950000000000","order 1 accepted"]]},"#
                    + #"{"stream":{"app":"orders","pod":"b"},"values":[["1699999970000000000","order 3 accepted \"quoted\"\n\u0007"]]}]"#)
        }
    }

    @Test func `labels are sorted into kinds for who asks`() async throws {
        try await LogTestServer().run { connection async throws in
            let answer = try await connection.logs(
                "/query_range", [("query", #"{app="orders"} | label_format extra="x""#), ("direction", "forward")],
                headers: TestConnection.categorized)
            #expect(
                head(answer) == #"{"status":"success","data":{"resultType":"streams","encodingFlags":["categorize-labels"],"result":["#
                    + #"{"stream":{"app":"orders","pod":"a"},"values":["#
                    + #"["1699999950000000000","order 1 accepted",{"structuredMetadata":{"detected_level":"info"},"parsed":{"extra":"x"}}],"#
                    + #"["1699999960000000000","order 2 declined",{"structuredMetadata":"#
                    + #"{"detected_level":"error","trace_id":"5b8aa5a2d2c872e8321cf37308d69df2"},"parsed":{"extra":"x"}}]]},"#
                    + #"{"stream":{"app":"orders","pod":"b"},"values":["#
                    + #"["1699999970000000000","order 3 accepted \"quoted\"\n\u0007",{"parsed":{"extra":"x"}}]]}]"#)
            // Where there is nothing beside the stream, the third element is there all the same.
            let bare = try await connection.logs(
                "/query_range", [("query", #"{pod="b"}"#)], headers: TestConnection.categorized)
            #expect(bare.text.contains(#"\u0007",{}]]}]"#))
            // With numbers the flag is said, too.
            let numbers = try await connection.logs(
                "/query", [("query", "vector(1)")], headers: TestConnection.categorized)
            #expect(numbers.text.contains(#""resultType":"vector","encodingFlags":["categorize-labels"],"result":["#))
        }
    }

    @Test func `limit and direction choose the lines`() async throws {
        try await LogTestServer().run { connection async throws in
            let newest = try await connection.logs("/query_range", [("query", LokiQueryTests.all), ("limit", "1")])
            #expect(newest.text.contains("level=warn") && !newest.text.contains("order"))
            let oldest = try await connection.logs(
                "/query_range", [("query", LokiQueryTests.all), ("limit", "1"), ("direction", "FORWARD")])
            #expect(oldest.text.contains("order 1") && !oldest.text.contains("order 2"))
            let second = LogFixture.now - 40 * LogFixture.second
            // The start is part of the range, the end is not.
            let cut = try await connection.logs(
                "/query_range",
                [("query", LokiQueryTests.all), ("start", String(second)), ("end", String(second + 10 * LogFixture.second))])
            #expect(cut.text.contains("order 2") && !cut.text.contains("order 1") && !cut.text.contains("order 3"))
        }
    }

    @Test func `nothing found is an empty list`() async throws {
        try await LogTestServer().run { connection async throws in
            let lines = try await connection.logs("/query_range", [("query", #"{app="none"}"#)])
            #expect(head(lines) == #"{"status":"success","data":{"resultType":"streams","result":[]"#)
            let numbers = try await connection.logs("/query_range", [("query", #"rate({app="none"}[1m])"#)])
            #expect(head(numbers) == #"{"status":"success","data":{"resultType":"matrix","result":[]"#)
        }
    }

    @Test func `the health check of Grafana is answered`() async throws {
        try await LogTestServer().run { connection async throws in
            let answer = try await connection.logs("/query", [("query", "vector(1)+vector(1)"), ("time", "4000000000")])
            #expect(
                head(answer) == #"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[4000000000,"2"]}]"#)
        }
    }

    @Test func `numbers at one time and over a range`() async throws {
        try await LogTestServer().run { connection async throws in
            let query = "sum by (app) (count_over_time(\(LokiQueryTests.all)[1m]))"
            let now = try await connection.logs("/query", [("query", query), ("time", String(LogFixture.now))])
            #expect(
                head(now) == #"{"status":"success","data":{"resultType":"vector","result":["#
                    + #"{"metric":{"app":"orders"},"value":[1700000000,"3"]},{"metric":{"app":"payments"},"value":[1700000000,"2"]}]"#)
            let range = try await connection.post(
                "/loki/api/v1/query_range",
                form: TestConnection.form([("query", query), ("start", "1699999970"), ("end", "1700000000"), ("step", "30")]))
            #expect(
                head(range) == #"{"status":"success","data":{"resultType":"matrix","result":["#
                    + #"{"metric":{"app":"orders"},"values":[[1699999970,"3"],[1700000000,"3"]]},"#
                    + #"{"metric":{"app":"payments"},"values":[[1700000000,"2"]]}]"#)
            let scalar = try await connection.logs("/query", [("query", "1+1"), ("time", "10")])
            #expect(head(scalar).hasPrefix(#"{"status":"success","data":{"resultType":"scalar","result":[10,"2"]"#))
        }
    }

    @Test func `statistics are true numbers`() async throws {
        try await LogTestServer().run { connection async throws in
            let answer = try await connection.logs("/query_range", [("query", LokiQueryTests.all)])
            let bytes = LogFixture.shop.reduce(0) { $0 + $1.line.utf8.count }
            #expect(answer.text.contains(#""totalBytesProcessed":\#(bytes),"totalLinesProcessed":5,"execTime":0."#))
            #expect(answer.text.contains(#""totalEntriesReturned":5"#))
        }
    }

    @Test(arguments: [
        ("/query_range", [("query", "{app=}")], "parse error at line 1, col 6: "),
        ("/query_range", [("query", "")], "parse error"),
        ("/query_range", [("query", #"{app=~".*"}"#)], "parse error : queries require at least one regexp or equality matcher"),
        (
            "/query", [("query", #"{app="x"}"#)],
            "log queries are not supported as an instant query type, please change your query to a range query type"
        ),
        (
            "/query_range", [("query", #"{app="x"}"#), ("limit", "5001")],
            "max entries limit per query exceeded, limit > max_entries_limit_per_query (5001 > 5000)"
        ),
        (
            "/query_range", [("query", #"{app="x"}"#), ("start", "2"), ("end", "1")],
            "end timestamp must not be before or equal to start time"
        ),
        ("/query_range", [("query", #"{app="x"}"#), ("step", "0")], "zero or negative query resolution step widths are not accepted"),
        ("/query", [("query", "1"), ("time", "x")], "strconv.ParseInt"),
        ("/query", [("query", "1"), ("direction", "x")], "invalid direction 'x'"),
    ])
    func `what is wrong is said as plain text with status 400`(path: String, parameters: [(String, String)], reason: String) async throws {
        try await LogTestServer().run { connection async throws in
            for answer in [
                try await connection.logs(path, parameters),
                try await connection.post("/loki/api/v1" + path, form: TestConnection.form(parameters)),
            ] {
                #expect(answer.status == 400)
                #expect(answer.headers[.contentType] == "text/plain; charset=utf-8")
                #expect(answer.text.hasPrefix(reason), "\(answer.text)")
            }
        }
    }

    @Test func `time that is up, and a source that fails, have statuses of their own`() async throws {
        var slow = LogTestServer(source: FailingLogs { budget throws(QueryError) in while true { try budget.check() } })
        slow.timeoutMilliseconds = 50
        let noted = Mutex<[SlowLogQueryLog.Entry]>([])
        let log = SlowLogQueryLog(thresholdMilliseconds: 10) { entry in noted.withLock { $0.append(entry) } }
        slow.slowQueries = log
        try await slow.run { connection async throws in
            let answer = try await connection.logs("/query_range", [("query", LokiQueryTests.all)])
            #expect(answer.status == 504)
            #expect(answer.text.hasPrefix("request timed out, decrease the duration of the request"))
            #expect(try await connection.get("/metrics").text.contains(#"perch_log_queries_total{kind="range",outcome="timeout"} 1"#))
        }
        #expect(noted.withLock { $0.map(\.query.text) } == [LokiQueryTests.all])
        let broken = LogTestServer(source: FailingLogs { _ throws(QueryError) in throw QueryError(.storage, "page 7 is damaged") })
        try await broken.run { connection async throws in
            let answer = try await connection.logs("/query_range", [("query", LokiQueryTests.all)])
            #expect(answer.status == 500 && answer.text == "page 7 is damaged")
            #expect(try await connection.logs("/labels").status == 500)
        }
        let large = LogTestServer(source: FailingLogs { _ throws(QueryError) in throw QueryError(.tooManySamples, "too much") })
        try await large.run { connection async throws in #expect(try await connection.logs("/labels").status == 400) }
    }

    @Test func `a client that goes away stops its query`() async throws {
        let stopped = Mutex<[QueryError.Code]>([])
        let begun = Atomic<Bool>(false)
        let server = LogTestServer(
            source: FailingLogs { budget throws(QueryError) in
                begun.store(true, ordering: .relaxed)
                do throws(QueryError) {
                    while true { try budget.check() }
                } catch {
                    stopped.withLock { $0.append(error.code) }
                    throw error
                }
            })
        try await server.run { connection async throws in
            let port = try #require(connection.client.port)
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(host: "localhost", port: port)
                .get()
            let target = "/loki/api/v1/query_range?query=" + TestConnection.encoded(LokiQueryTests.all)
            try await channel.writeAndFlush(ByteBuffer(string: "GET \(target) HTTP/1.1\r\nHost: x\r\n\r\n"))
            try await RawWebSocket.eventually("the query begins") { begun.load(ordering: .relaxed) }
            try await channel.close()
            try await RawWebSocket.eventually("the query ends") { stopped.withLock { $0 } == [.canceled] }
        }
    }

    @Test func `the oldest form of the API reads`() async throws {
        try await LogTestServer().run { connection async throws in
            func get(_ path: String, _ parameters: [(String, String)] = []) async throws -> TestConnection.Answer {
                try await connection.get("/api/prom" + path + "?" + TestConnection.form(parameters))
            }
            #expect(try await get("/label").text == #"{"values":["app","pod"]}"#)
            #expect(try await get("/label/app/values").text == #"{"values":["orders","payments"]}"#)
            #expect(try await get("/label/none/values").text == "{}")
            #expect(
                try await get("/query", [("query", #"{pod="a"}"#), ("regexp", "order 2.*")]).text == #"{"streams":[{"labels":"#
                    + #""{app=\"orders\", detected_level=\"error\", pod=\"a\", trace_id=\"5b8aa5a2d2c872e8321cf37308d69df2\"}","#
                    + #""entries":[{"ts":"2023-11-14T22:12:40Z","line":"order 2 declined"}]}]}"#)
            #expect(
                try await get("/query", [("query", #"rate({pod="a"}[1m])"#)]).text == "legacy endpoints only support streams result type")
        }
    }

    @Test func `a server that starts says so`() async throws {
        var server = LogTestServer()
        server.isReady = false
        try await server.run { connection async throws in
            #expect(try await connection.logs("/labels").status == 503)
            #expect(try await connection.logs("/tail", [("query", LokiQueryTests.all)]).status == 503)
        }
    }
}

/// A source that does what it is told instead of giving entries.
struct FailingLogs: LogSource {
    let fail: @Sendable (QueryBudget) throws(QueryError) -> Void

    func tables(_ selection: LogSelection, budget: QueryBudget) throws(QueryError) -> [any LogTable] {
        try fail(budget)
        return []
    }

    func streams(_ selection: LogSelection, budget: QueryBudget) throws(QueryError) -> [LabelSet] {
        try fail(budget)
        return []
    }
}
