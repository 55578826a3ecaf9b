internal import HTTPTypes
internal import TelemetryModel
internal import Testing

@testable internal import HTTPAPI

@Suite struct LogCorrelationTests {
    private static let trace = "5b8aa5a2d2c872e8321cf37308d69df2"

    /// The lines of an answer in its order.
    private func lines(_ answer: TestConnection.Answer) -> [String] {
        answer.text.split(separator: #"",""#).compactMap { part in
            ["order 1 accepted", "order 2 declined", "charged", "slow", "line 1", "line 2", "line 3", "line 4", "line 5", "other"].first {
                part.contains($0)
            }
        }
    }

    @Test func `the lines of a trace have its id beside them or in them`() async throws {
        try await LogTestServer().run { connection async throws in
            let answer = try await connection.get("/api/logs/trace/" + LogCorrelationTests.trace, headers: TestConnection.categorized)
            #expect(answer.status == 200)
            #expect(answer.text.contains("order 2 declined") && answer.text.contains("charged") && !answer.text.contains("order 1"))
            #expect(answer.text.contains(#""totalEntriesReturned":2"#))
            let early = try await connection.get(
                "/api/logs/trace/\(LogCorrelationTests.trace)?end=\(LogFixture.now - 25 * LogFixture.second)")
            #expect(early.text.contains("order 2 declined") && !early.text.contains("charged"))
            let one = try await connection.get("/api/logs/trace/\(LogCorrelationTests.trace)?limit=1")
            #expect(one.text.contains("order 2 declined") && !one.text.contains("charged"))
            #expect(try await connection.get("/api/logs/trace/1").text.contains(#""result":[]"#))
            for wrong in ["x", "0", "5b8aa5a2d2c872e8321cf37308d69df2a"] {
                #expect(try await connection.get("/api/logs/trace/" + wrong).status == 400)
            }
            #expect(try await connection.get("/api/logs/trace/\(LogCorrelationTests.trace)?start=2&end=1").status == 400)
        }
    }

    @Test func `the lines around one are those of its stream`() async throws {
        var server = LogTestServer()
        let day: Int64 = 86_400 * LogFixture.second
        server.store = LogStore(
            [-40, -2, 0, 1, 2].enumerated().map {
                LogFixture(labels: ["app": "a"], time: LogFixture.now + Int64($1) * day, line: "line \($0 + 1)")
            } + [LogFixture(labels: ["app": "a", "pod": "1"], time: LogFixture.now - 1, line: "other")])
        try await server.run { connection async throws in
            func context(_ more: String) async throws -> TestConnection.Answer {
                try await connection.get(
                    "/api/logs/context?labels=" + TestConnection.encoded(#"{app="a"}"#) + "&time=\(LogFixture.now)" + more)
            }
            // However far away they are, and never of another stream that has more labels.
            #expect(lines(try await context("")) == ["line 1", "line 2", "line 3", "line 4", "line 5"])
            #expect(lines(try await context("&before=1&after=1")) == ["line 2", "line 3", "line 4"])
            #expect(lines(try await context("&before=0&after=0")) == ["line 3"])
            #expect(try await connection.get("/api/logs/context").status == 400)
            #expect(try await context("&before=-1").status == 400)
            #expect(try await connection.get("/api/logs/context?time=1&labels=" + TestConnection.encoded(#"{app=~"a"}"#)).status == 400)
        }
    }
}
