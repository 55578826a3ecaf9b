internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import Synchronization
internal import Testing

@testable internal import CommandLineClient

/// The way over a real connection.
struct PerchClientTests {
    @Test func `a query goes as a form and its answer comes back`() async throws {
        let received = Received()
        let server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Answering(received))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(server.localAddress?.port)
        let client = try PerchClient(url: "http://127.0.0.1:\(port)/prefix/")
        let reply = try await client.query("a + b{c=\"é&d\"}", at: 1500)
        #expect(reply == ReplySamples.scalar)
        #expect(received.head == "POST /prefix/api/v1/query application/x-www-form-urlencoded")
        #expect(received.body == "query=a%20%2B%20b%7Bc%3D%22%C3%A9%26d%22%7D&time=1.500")
        try await server.close()
    }

    @Test func `a server that is not there is named`() async throws {
        let client = try PerchClient(url: "http://127.0.0.1:1")
        let error = await #expect(throws: ClientError.self) { try await client.query("up") }
        #expect(error?.message == "cannot reach http://127.0.0.1:1: connection refused")
        #expect(error?.status == .failure)
    }

    @Test(arguments: ["", "localhost:9797", "ftp://host", "http://", "http:///path"])
    func `what is no URL is refused`(url: String) {
        let error = #expect(throws: ClientError.self) { try PerchClient(url: url) }
        #expect(error?.status == .usage)
    }
}

private final class Received: Sendable {
    private let state = Mutex<(head: String, body: String)>(("", ""))
    var head: String { state.withLock { $0.head } }
    var body: String { state.withLock { $0.body } }
    func set(head: String) { state.withLock { $0.head = head } }
    func append(_ text: String) { state.withLock { $0.body += text } }
}

private final class Answering: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let received: Received

    init(_ received: Received) { self.received = received }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            received.set(head: "\(head.method) \(head.uri) \(head.headers.first(name: "Content-Type") ?? "")")
        case .body(let buffer): received.append(String(buffer: buffer))
        case .end:
            let body = #"{"status":"success","data":{"resultType":"scalar","result":[1,"NaN"]}}"#
            let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["Content-Length": "\(body.utf8.count)"])
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: body)))), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
    }
}
