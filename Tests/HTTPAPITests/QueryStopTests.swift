internal import HTTPAPI
internal import HummingbirdTesting
internal import NIOCore
internal import NIOPosix
internal import QueryModel
internal import Testing

@Suite struct QueryStopTests {
    @Test func theServersTimeoutEndsAQuery() async throws {
        let source = EndlessSource()
        var server = TestServer(source)
        server.timeoutMilliseconds = 50
        try await server.run { connection async throws in
            let answer = try await connection.get("/api/v1/query?query=up")
            connection.expectFailure(answer, 503, "timeout", "query timed out in")
        }
        #expect(source.stopCodes == [.timeout])
    }

    @Test func theRequestsTimeoutEndsAQueryEarlier() async throws {
        let source = EndlessSource()
        try await TestServer(source).run { connection async throws in
            let answer = try await connection.get("/api/v1/query_range?query=up&start=0&end=1&step=1&timeout=50ms")
            connection.expectFailure(answer, 503, "timeout", "query timed out in")
        }
        #expect(source.stopCodes == [.timeout])
    }

    @Test func aQueryThatWaitsForItsTurnTimesOutAtOnce() async throws {
        let source = EndlessSource()
        var server = TestServer(source)
        server.queryConcurrency = 1
        try await server.run { connection async throws in
            let port = try #require(connection.client.port)
            let other = try await connect(port)
            try await send("GET /api/v1/query?query=up HTTP/1.1\r\nHost: x\r\n\r\n", over: other)
            try await eventually { source.startedCount == 1 }
            let answer = try await connection.get("/api/v1/query?query=up&timeout=20ms")
            connection.expectFailure(answer, 503, "timeout", "query timed out in query queue")
            #expect(source.startedCount == 1)
            try await other.close()
            try await eventually { source.stopCodes == [.canceled] }
        }
    }

    @Test func aClientThatGoesAwayCancelsItsQuery() async throws {
        let source = EndlessSource()
        try await TestServer(source).run { connection async throws in
            let port = try #require(connection.client.port)
            for request in ["GET /api/v1/query?query=up", "GET /api/v1/labels"] {
                let before = source.stopCodes.count
                let channel = try await connect(port)
                try await send("\(request) HTTP/1.1\r\nHost: x\r\n\r\n", over: channel)
                try await eventually { source.startedCount == before + 1 }
                try await channel.close()
                try await eventually { source.stopCodes.count == before + 1 }
            }
            #expect(source.stopCodes == [.canceled, .canceled])
        }
    }

    private func connect(_ port: Int) async throws -> any Channel {
        try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(host: "localhost", port: port).get()
    }

    private func send(_ text: String, over channel: any Channel) async throws {
        try await channel.writeAndFlush(ByteBuffer(string: text))
    }

    private func eventually(_ condition: () -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(90)
        while ContinuousClock.now < end {
            if condition() { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        Issue.record("it did not happen within a minute and a half")
    }
}
