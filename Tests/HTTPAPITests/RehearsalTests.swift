internal import NIOPosix
internal import Testing

/// Before it is ready, a server answers requests to itself.
@Suite struct RehearsalTests {
    @Test func requestsTakeTheWayOfAnyOther() async throws {
        let source = BriefSource(refusesBrief: true)
        try await TestServer(source).rehearse([
            "/api/v1/query?query=up", "/api/v1/labels", "/missing", "/api/v1/query?query=(", "/api/v1/query?query=up",
        ])
        #expect(source.efforts == ["brief", "full", "brief", "full", "brief", "full"])
    }

    @Test func whatIsAnsweredBrieflyNeedsNoThread() async throws {
        let source = BriefSource()
        try await TestServer(source).rehearse(["/api/v1/series?match[]=up", "/api/v1/query_range?query=up&start=0&end=60&step=15"])
        #expect(source.efforts == ["brief", "brief"])
    }

    @Test func everyEventLoopAnswersWhatItWillBeAskedMost() async throws {
        let source = BriefSource()
        try await TestServer(source).rehearse(["/api/v1/series?match[]=up", "/api/v1/labels"], everywhere: ["/api/v1/labels"])
        let otherLoops = MultiThreadedEventLoopGroup.singleton.makeIterator().reduce(0) { count, _ in count + 1 } - 1
        #expect(source.efforts == [String](repeating: "brief", count: 2 + otherLoops))
    }
}
