internal import HTTPAPI
internal import HTTPTypes
internal import HummingbirdTesting
internal import NIOCore
internal import NIOPosix
internal import Synchronization
internal import Testing

/// Small requests are answered before they come to the router; to a client that makes no difference.
@Suite struct BriefResponderTests {
    private static let small = "GET /api/v1/query?query=vector(1)&time=5 HTTP/1.1\r\nHost: x\r\n\r\n"
    /// Patterns are never tried on the event loop.
    private static let large = "GET /api/v1/query?query=up%7Bjob%3D~%22n.*%22%7D HTTP/1.1\r\nHost: x\r\n\r\n"

    @Test func requestsInARowAreAnsweredInTheirOrder() async throws {
        try await TestServer().run { connection async throws in
            let socket = try await RawSocket(port: try #require(connection.client.port))
            let missing = "GET /missing HTTP/1.1\r\nHost: x\r\n\r\n"
            let requests = [Self.small, Self.large, Self.small, missing, Self.small, Self.small, Self.large, Self.small]
            try await socket.send(requests.joined())
            let text = try await socket.received { $0.components(of: "HTTP/1.1 ") == requests.count }
            let kinds = text.split(separator: "HTTP/1.1 ").map { answer in
                answer.hasPrefix("404") ? "missing" : answer.contains("\"instance\"") ? "large" : "small"
            }
            #expect(kinds == ["small", "large", "small", "missing", "small", "small", "large", "small"])
            try await socket.close()
        }
    }

    @Test func answersLookTheSame() async throws {
        try await TestServer().run { connection async throws in
            for query in ["query?query=up", "query?query=(", "label/job/values", "label/%24/values?match[]=(", "series", "labels"] {
                let brief = try await connection.get("/api/v1/\(query)")
                // One with a body of no bytes goes to the router.
                let routed = try await connection.send(.get, "/api/v1/\(query)", headers: [.contentLength: "0"])
                #expect(brief.status == routed.status)
                #expect(brief.text == routed.text)
                let left = Set(brief.headers.map { "\($0.name.canonicalName): \($0.name == .date ? "" : $0.value)" })
                let right = Set(routed.headers.map { "\($0.name.canonicalName): \($0.name == .date ? "" : $0.value)" })
                #expect(left == right, "\(query)")
                #expect(brief.headers[.date] == "Tue, 14 Nov 2023 22:13:20 GMT")
            }
        }
    }

    @Test func aRequestMayCloseItsConnection() async throws {
        try await TestServer().run { connection async throws in
            let port = try #require(connection.client.port)
            let request = "GET /api/v1/query?query=vector(1)&time=5 "
            let socket = try await RawSocket(port: port)
            try await socket.send(request + "HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            #expect(try await socket.received { _ in false }.contains("\"value\":[5,\"1\"]"))
            let old = try await RawSocket(port: port)
            try await old.send(request + "HTTP/1.0\r\n\r\n")
            #expect(try await old.received { $0.contains("\"value\"") }.contains("\"value\":[5,\"1\"]"))
            try await old.close()
        }
    }

    @Test func onlyIdleConnectionsAreClosed() async throws {
        var server = TestServer()
        server.idleTimeoutSeconds = 2
        try await server.run { connection async throws in
            let socket = try await RawSocket(port: try #require(connection.client.port))
            for round in 1...6 {
                try await socket.send(Self.small)
                _ = try await socket.received { $0.components(of: "HTTP/1.1 200 OK") == round }
                #expect(!socket.isClosed)
                try await Task.sleep(for: .milliseconds(500))
            }
            // Then nothing more comes, nor the rest of a request.
            try await socket.send("GET /api")
            _ = try await socket.received { _ in false }
            #expect(socket.isClosed)
        }
    }
}

extension String {
    fileprivate func components(of part: String) -> Int { split(separator: part, omittingEmptySubsequences: false).count - 1 }
}

/// A connection that sends any bytes and keeps what comes back.
private final class RawSocket: Sendable {
    private final class Collector: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        let text = Mutex("")
        let isClosed = Mutex(false)

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let buffer = unwrapInboundIn(data)
            text.withLock { $0 += String(buffer: buffer) }
        }

        func channelInactive(context: ChannelHandlerContext) { isClosed.withLock { $0 = true } }
    }

    private let collector: Collector
    private let channel: any Channel

    init(port: Int) async throws {
        let collector = Collector()
        channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { $0.pipeline.addHandler(collector) }
            .connect(host: "localhost", port: port).get()
        self.collector = collector
    }

    var isClosed: Bool { collector.isClosed.withLock { $0 } }

    func send(_ text: String) async throws { try await channel.writeAndFlush(ByteBuffer(string: text)) }

    func close() async throws { try await channel.close() }

    /// What came until it is enough or the connection ends.
    func received(_ isEnough: (String) -> Bool) async throws -> String {
        let end = ContinuousClock.now + .seconds(90)
        while ContinuousClock.now < end {
            let text = collector.text.withLock { $0 }
            if isClosed || isEnough(text) { return text }
            try await Task.sleep(for: .milliseconds(10))
        }
        Issue.record("it did not come within a minute and a half")
        return collector.text.withLock { $0 }
    }
}
