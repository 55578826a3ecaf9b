internal import NIOCore
internal import NIOPosix
internal import Synchronization
internal import Testing

/// A small HTTP server that answers every request by a script, however wrong: it writes bytes, waits and hangs up as told.
final class ScriptedServer: Sendable {
    enum Step: Sendable {
        case send(String)
        case sendBytes([UInt8])
        case wait(milliseconds: Int64)
        /// Sends the same bytes until the client hangs up.
        case sendForever(String)
        case hangUp
    }

    private let channel: any Channel
    private let requestLog = RequestLog()
    let port: Int

    /// - Parameter answer: gets the request's head and gives the script.
    init(_ answer: @escaping @Sendable (String) -> [Step]) async throws {
        let log = requestLog
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ScriptHandler(answer: answer, log: log))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = try #require(channel.localAddress?.port)
    }

    var requests: [String] { requestLog.requests }

    func stop() async throws { try await channel.close() }

    /// A complete answer.
    static func page(_ body: String, contentType: String = "text/plain; version=0.0.4", headers: String = "") -> [Step] {
        [.send("HTTP/1.1 200 OK\r\nContent-Type: \(contentType)\r\nContent-Length: \(body.utf8.count)\r\n\(headers)\r\n\(body)")]
    }
}

private final class RequestLog: Sendable {
    private let heads = Mutex<[String]>([])
    var requests: [String] { heads.withLock { $0 } }
    func add(_ head: String) { heads.withLock { $0.append(head) } }
}

private final class ScriptHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let answer: @Sendable (String) -> [ScriptedServer.Step]
    private let log: RequestLog
    private var head = ""

    init(answer: @escaping @Sendable (String) -> [ScriptedServer.Step], log: RequestLog) {
        self.answer = answer
        self.log = log
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        head += String(decoding: buffer.readableBytesView, as: UTF8.self)
        guard head.hasSuffix("\r\n\r\n") else { return }
        log.add(head)
        let script = answer(head)
        head = ""
        ScriptHandler.play(script[...], on: context.channel)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private static func play(_ script: ArraySlice<ScriptedServer.Step>, on channel: any Channel) {
        guard let step = script.first else { return }
        let rest = script.dropFirst()
        switch step {
        case .send(let text): channel.writeAndFlush(ByteBuffer(string: text)).whenSuccess { play(rest, on: channel) }
        case .sendBytes(let bytes): channel.writeAndFlush(ByteBuffer(bytes: bytes)).whenSuccess { play(rest, on: channel) }
        case .wait(let milliseconds): channel.eventLoop.scheduleTask(in: .milliseconds(milliseconds)) { play(rest, on: channel) }
        case .sendForever(let text): channel.writeAndFlush(ByteBuffer(string: text)).whenSuccess { play(script, on: channel) }
        case .hangUp: channel.close(promise: nil)
        }
    }
}
