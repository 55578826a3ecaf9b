import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// A server that says to each line what a test wants it to, to see what the client makes of it.
final class ScriptedServer: Sendable {
    enum Step: Sendable {
        case say(String)
        /// Nothing is said yet.
        case wait
        /// Nothing is said, and nothing follows.
        case hang
        case close
        /// Part of a reply, then the end.
        case sayAndClose(String)
        case startTLS(NIOSSLContext)
    }

    private let channel: any Channel
    private let keeper = Keeper()

    var port: Int { channel.localAddress?.port ?? 0 }
    /// What clients said.
    var lines: [String] { keeper.lines.withLock { $0 } }

    /// - Parameter script: what is said at the start (for nil) and to each line.
    init(_ script: @escaping @Sendable (String?) -> Step) async throws {
        let keeper = keeper
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Handler(keeper: keeper, script: script))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    deinit { channel.close(promise: nil) }

    private final class Keeper: Sendable {
        let lines = Mutex<[String]>([])
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let keeper: Keeper
        private let script: @Sendable (String?) -> Step
        private var rest: [UInt8] = []
        private var isInData = false
        private var isSilent = false

        init(keeper: Keeper, script: @escaping @Sendable (String?) -> Step) {
            self.keeper = keeper
            self.script = script
        }

        func channelActive(context: ChannelHandlerContext) { carryOut(script(nil), context) }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            rest += Array(unwrapInboundIn(data).readableBytesView)
            while let end = rest.firstIndex(of: 0x0a) {
                let line = String(decoding: rest[..<end].filter { $0 != 0x0d }, as: UTF8.self)
                rest.removeFirst(end + 1)
                if isInData {
                    if line == "." {
                        isInData = false
                        carryOut(script("."), context)
                    }
                    continue
                }
                keeper.lines.withLock { $0.append(line) }
                if line == "DATA" { isInData = true }
                carryOut(script(line), context)
            }
        }

        private func carryOut(_ step: Step, _ context: ChannelHandlerContext) {
            if isSilent { return }
            switch step {
            case .say(let text): context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text + "\r\n")), promise: nil)
            case .wait: break
            case .hang: isSilent = true
            case .close: context.close(promise: nil)
            case .sayAndClose(let text):
                context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
                context.close(promise: nil)
            case .startTLS(let tls):
                context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "220 go on\r\n")), promise: nil)
                try? context.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls), position: .first)
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }

    /// What a server says that takes everything.
    static func polite(_ line: String?, extensions: [String] = []) -> Step {
        guard let line else { return .say("220 scripted.example ready") }
        switch line.prefix(4).uppercased() {
        case "EHLO":
            return .say(
                (["scripted.example"] + extensions).enumerated().map { "250\($0.offset == extensions.count ? " " : "-")\($0.element)" }
                    .joined(separator: "\r\n"))
        case "DATA": return .say("354 go on")
        case "AUTH": return .say("235 welcome")
        case "QUIT": return .say("221 bye")
        default: return .say("250 fine")
        }
    }
}
