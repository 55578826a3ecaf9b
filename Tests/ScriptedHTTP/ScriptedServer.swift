internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// A small HTTP server that answers every request by a script, however wrong: it writes bytes, waits and hangs up as told.
public final class ScriptedServer: Sendable {
    public enum Step: Sendable {
        case send(String)
        case sendBytes([UInt8])
        case wait(milliseconds: Int64)
        /// Goes on when something is so.
        case waitUntil(@Sendable () -> Bool)
        /// Sends the same bytes until the client hangs up.
        case sendForever(String)
        case hangUp
    }

    private let channel: any Channel
    private let requestLog = RequestLog()
    public let port: Int

    /// - Parameters:
    ///   - socketPath: where a socket is made to listen at, instead of at a port.
    ///   - answer: gets the request and gives the script.
    ///   - host: the address to listen at.
    ///   - port: 0 for a free one.
    public init(
        socketPath: String? = nil, host: String = "127.0.0.1", port: Int = 0, _ answer: @escaping @Sendable (String) -> [Step]
    ) async throws {
        let log = requestLog
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ScriptHandler(answer: answer, log: log))
                }
            }
        if let socketPath {
            channel = try await bootstrap.bind(unixDomainSocketPath: socketPath).get()
        } else {
            channel = try await bootstrap.bind(host: host, port: port).get()
        }
        self.port = channel.localAddress?.port ?? 0
    }

    public var requests: [String] { requestLog.requests }

    public func stop() async throws { try await channel.close() }

    /// A complete answer.
    public static func page(_ body: String, contentType: String = "text/plain; version=0.0.4", headers: String = "") -> [Step] {
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
        guard isComplete(head) else { return }
        log.add(head)
        let script = answer(head)
        head = ""
        ScriptHandler.play(script[...], on: context.channel)
    }

    /// Whether the head is there, and of the body as much as it says.
    private func isComplete(_ text: String) -> Bool {
        let lines = text.split(separator: "\r\n", omittingEmptySubsequences: false)
        guard let end = lines.firstIndex(of: ""), end < lines.count - 1 else { return false }
        let length = lines[..<end].lazy.compactMap { line -> Int? in
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == "content-length" else { return nil }
            return Int(parts[1].drop { $0 == " " })
        }.first
        return lines[(end + 1)...].joined(separator: "\r\n").utf8.count >= length ?? 0
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private static func play(_ script: ArraySlice<ScriptedServer.Step>, on channel: any Channel) {
        guard let step = script.first else { return }
        let rest = script.dropFirst()
        switch step {
        case .send(let text): channel.writeAndFlush(ByteBuffer(string: text)).whenSuccess { play(rest, on: channel) }
        case .sendBytes(let bytes): channel.writeAndFlush(ByteBuffer(bytes: bytes)).whenSuccess { play(rest, on: channel) }
        case .wait(let milliseconds): channel.eventLoop.scheduleTask(in: .milliseconds(milliseconds)) { play(rest, on: channel) }
        case .waitUntil(let condition):
            if condition() { return play(rest, on: channel) }
            channel.eventLoop.scheduleTask(in: .milliseconds(5)) { if channel.isActive { play(script, on: channel) } }
        case .sendForever(let text): channel.writeAndFlush(ByteBuffer(string: text)).whenSuccess { play(script, on: channel) }
        case .hangUp: channel.close(promise: nil)
        }
    }
}
