internal import HTTPAPI
internal import LabelMatching
internal import PerchMetrics
internal import PromQL
internal import QueryModel
internal import Synchronization
internal import TelemetryModel
internal import Testing

@Suite struct BriefWorkTests {
    @Test func smallWorkIsDoneWhereItCameIn() async throws {
        let source = BriefSource()
        let server = TestServer(source)
        try await server.run { connection async throws in
            for path in ["query?query=up", "query_range?query=up&start=1790000000&end=1790000060&step=15", "labels", "series?match[]=up"] {
                _ = try await connection.get("/api/v1/\(path)")
            }
            #expect(source.efforts == ["brief", "brief", "brief", "brief"])
            let metrics = try await connection.get("/metrics").text
            #expect(metrics.contains("perch_http_work_brief_total 4"))
        }
    }

    @Test func whatTurnsOutLargeIsDoneOnAThread() async throws {
        let source = BriefSource(refusesBrief: true)
        try await TestServer(source).run { connection async throws in
            let answer = try await connection.get("/api/v1/query?query=up")
            #expect(answer.text.contains(#""status":"success""#))
            #expect(source.efforts == ["brief", "full"])
            _ = try await connection.get("/api/v1/label/job/values")
            #expect(source.efforts == ["brief", "full", "brief", "full"])
        }
    }

    @Test func longAndUnclearQueriesAreNotTried() async throws {
        let source = BriefSource(fullMilliseconds: 20, refusesBrief: true)
        var server = TestServer(source)
        server.briefTimeMax = .milliseconds(10)
        try await server.run { connection async throws in
            for _ in 0..<3 { _ = try await connection.get("/api/v1/query?query=up") }
            // Once it was slow, it is not tried again.
            #expect(source.efforts == ["brief", "full", "full", "full"])
            let unclear = ["up{job=~'x'}", "max_over_time(up[1h:1s])", "label_replace(up,'a','b','c','d')"]
            for query in unclear {
                let encoded = query.utf8.map { "%" + String($0, radix: 16) }.joined()
                _ = try await connection.get("/api/v1/query?query=\(encoded)")
            }
            _ = try await connection.get("/api/v1/query?query=down&explain=true")
            #expect(source.efforts.dropFirst(4).allSatisfy { $0 == "full" })
        }
    }
}

/// Two series that take part in brief work, and remember how they were asked.
final class BriefSource: SeriesSource {
    private let seen = Mutex<[String]>([])
    private let fullMilliseconds: Int
    private let refusesBrief: Bool

    init(fullMilliseconds: Int = 0, refusesBrief: Bool = false) {
        self.fullMilliseconds = fullMilliseconds
        self.refusesBrief = refusesBrief
    }

    var efforts: [String] { seen.withLock { $0 } }
    var answersBriefly: Bool { true }

    private func note(_ budget: QueryBudget) throws(QueryError) {
        seen.withLock { $0.append(budget.isBrief ? "brief" : "full") }
        if budget.isBrief && refusesBrief { throw QueryError(.notBrief, "no") }
        if !budget.isBrief && fullMilliseconds > 0 {
            let end = ContinuousClock.now + .milliseconds(fullMilliseconds)
            while ContinuousClock.now < end {}
        }
    }

    func select(
        _ matchers: [LabelMatcher], in range: TimeRange, for use: SampleUse?, budget: QueryBudget
    ) throws(QueryError) -> any SelectedSeries {
        try note(budget)
        return try TestServer.twoTargets.select(matchers, in: range, for: use, budget: budget)
    }

    func labelNames(
        _ selectors: [LabelSelector], in range: TimeRange, limit: Int, budget: QueryBudget
    ) throws(QueryError) -> Annotated<[String]> {
        try note(budget)
        return try TestServer.twoTargets.labelNames(selectors, in: range, limit: limit, budget: budget)
    }

    func labelValues(
        _ name: String, _ selectors: [LabelSelector], in range: TimeRange, limit: Int, budget: QueryBudget
    ) throws(QueryError) -> Annotated<[String]> {
        try note(budget)
        return try TestServer.twoTargets.labelValues(name, selectors, in: range, limit: limit, budget: budget)
    }

    func series(
        _ selectors: [LabelSelector], in range: TimeRange, limit: Int, budget: QueryBudget
    ) throws(QueryError) -> Annotated<[LabelSet]> {
        try note(budget)
        return try TestServer.twoTargets.series(selectors, in: range, limit: limit, budget: budget)
    }
}
