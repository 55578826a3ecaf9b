import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A receiver of webhooks on a free port: keeps what it is told and answers as a test wants it.
final class WebhookSink: Sendable {
    /// One request.
    struct Received: Sendable {
        /// Seconds since 1970.
        var time: Double
        var path: String
        var body: [UInt8]

        /// The message, as Alertmanager's webhook has it.
        var message: [String: Any] { (try? JSONSerialization.jsonObject(with: Data(body))) as? [String: Any] ?? [:] }
        var groupKey: String { message["groupKey"] as? String ?? "" }
        var status: String { message["status"] as? String ?? "" }
        var alerts: [[String: Any]] { message["alerts"] as? [[String: Any]] ?? [] }
        /// The names of the alerts and whether they fire: `Down firing`.
        var summaries: [String] {
            alerts.map { alert in
                ((alert["labels"] as? [String: String])?["alertname"] ?? "") + " " + (alert["status"] as? String ?? "")
            }
        }
    }

    struct Answer: Sendable {
        var status = 200
        var delayMilliseconds: Int64 = 0
    }

    private let channel: any Channel
    let url: String
    private let box: Box

    /// What the handlers share with the sink.
    private final class Box: Sendable {
        let log = Mutex<[Received]>([])
        let answer: Mutex<@Sendable (Received) -> Answer>
        init(_ answer: @escaping @Sendable (Received) -> Answer) { self.answer = Mutex(answer) }
    }

    init(_ answer: @escaping @Sendable (Received) -> Answer = { _ in Answer() }) async throws {
        let box = Box(answer)
        self.box = box
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler(box))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        url = "http://127.0.0.1:\(channel.localAddress?.port ?? 0)"
    }

    deinit { channel.close(promise: nil) }

    var received: [Received] { box.log.withLock { $0 } }

    /// Answers otherwise from now on.
    func answer(_ answer: @escaping @Sendable (Received) -> Answer) { box.answer.withLock { $0 = answer } }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let box: Box
        private var path = ""
        private var body: [UInt8] = []

        init(_ box: Box) { self.box = box }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head):
                path = head.uri
                body = []
            case .body(let buffer): body += Array(buffer.readableBytesView)
            case .end:
                let received = Received(time: Date().timeIntervalSince1970, path: path, body: body)
                let answer = box.answer.withLock { $0 }(received)
                box.log.withLock { $0.append(received) }
                let channel = context.channel
                channel.eventLoop.scheduleTask(in: .milliseconds(answer.delayMilliseconds)) {
                    let head = HTTPResponseHead(
                        version: .http1_1, status: .init(statusCode: answer.status), headers: ["Content-Length": "0"])
                    channel.write(HTTPServerResponsePart.head(head), promise: nil)
                    channel.writeAndFlush(HTTPServerResponsePart.end(nil), promise: nil)
                }
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
