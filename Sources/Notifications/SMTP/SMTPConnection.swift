internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import OutboundHTTP
internal import Synchronization

/// A connection to an SMTP server, one command at a time.
struct SMTPConnection: Sendable {
    private let channel: any Channel
    private let replies: NIOLoopBound<SMTPReplyHandler>

    /// Connects, and cancels the attempt with its task.
    ///
    /// - Parameter tls: for a server that speaks TLS from the start.
    static func connect(_ address: HostPort, tls: SMTPTLS?, deadline: NIODeadline) async throws(DeliveryFailure) -> SMTPConnection {
        guard let port = Int(address.port) ?? SMTPConnection.service(address.port) else {
            throw DeliveryFailure(.configuration, "smarthost: \(address.port) is no port")
        }
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let time = max(.milliseconds(1), deadline - .now())
        // The handler is taken at once: a server that hangs up at once takes it off the channel.
        let made = Mutex<NIOLoopBound<SMTPReplyHandler>?>(nil)
        do {
            let channel = try await ClientBootstrap(group: loop)
                .connectTimeout(min(time, .seconds(30)))
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        if let tls { try channel.pipeline.syncOperations.addHandler(tls.makeHandler()) }
                        let handler = SMTPReplyHandler()
                        made.withLock { $0 = NIOLoopBound(handler, eventLoop: channel.eventLoop) }
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                }
                .connect(host: address.host, port: port).get()
            guard let handler = made.withLock({ $0 }) else { throw ChannelError.eof }
            return SMTPConnection(channel: channel, replies: handler)
        } catch {
            throw DeliveryFailure(
                ConnectionFailure.of(error).reason, "establish connection to server: \(ConnectionFailure.of(error).description)",
                isRetried: true)
        }
    }

    /// Ports by the names of their services, as Go knows them.
    private static func service(_ name: String) -> Int? { ["smtp": 25, "submission": 587, "submissions": 465, "smtps": 465][name] }

    func close() { channel.close(promise: nil) }

    /// The next reply of the server.
    func reply() async throws(DeliveryFailure) -> SMTPReply {
        do {
            return try await withTaskCancellationHandler {
                try await channel.eventLoop.flatSubmit { replies.value.next(on: channel.eventLoop) }.get()
            } onCancel: {
                channel.close(promise: nil)
            }
        } catch {
            if Task.isCancelled { throw .canceled }
            throw SMTPConnection.failure(error)
        }
    }

    /// Sends a line and waits for what the server says to it.
    func command(_ line: String) async throws(DeliveryFailure) -> SMTPReply {
        guard !line.utf8.contains(where: { $0 == 0x0d || $0 == 0x0a || $0 == 0 }) else {
            throw DeliveryFailure(.configuration, "an address or name holds a line break")
        }
        try await write(Array((line + "\r\n").utf8))
        return try await reply()
    }

    func write(_ bytes: [UInt8]) async throws(DeliveryFailure) {
        do {
            try await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()
        } catch {
            if Task.isCancelled { throw .canceled }
            throw SMTPConnection.failure(error)
        }
    }

    /// Speaks TLS from here on. What came in clear text before is no part of what follows.
    func startTLS(_ tls: SMTPTLS) async throws(DeliveryFailure) {
        do {
            try await channel.eventLoop.submit {
                guard replies.value.isAtStart else {
                    throw DeliveryFailure(.connection, "the server said something between STARTTLS and TLS", isRetried: true)
                }
                try channel.pipeline.syncOperations.addHandler(tls.makeHandler(), position: .first)
            }.get()
        } catch {
            throw SMTPConnection.failure(error)
        }
    }

    private static func failure(_ error: any Error) -> DeliveryFailure {
        switch error {
        case SMTPReplyParser.Fault.malformed: DeliveryFailure(.connection, "the server does not speak SMTP", isRetried: true)
        case SMTPReplyParser.Fault.tooLong: DeliveryFailure(.connection, "the server's reply is too long", isRetried: true)
        default: ConnectionFailure.of(error)
        }
    }
}

/// How TLS is spoken with a server.
struct SMTPTLS: Sendable {
    private let context: NIOSSLContext
    private let serverName: String?

    /// Blocks while files are read.
    init(_ settings: HTTPTLSSettings, host: String) throws(DeliveryFailure) {
        do {
            context = try NIOSSLContext(configuration: try settings.makeConfiguration())
        } catch {
            throw DeliveryFailure(.configuration, "parse TLS configuration: \(ConnectionFailure.of(error).description)")
        }
        let name = settings.serverName ?? host
        // An address is checked as such, by the library; it is no name that could be asked for.
        serverName = (try? SocketAddress(ipAddress: name, port: 0)) == nil ? name : nil
    }

    func makeHandler() throws -> NIOSSLClientHandler { try NIOSSLClientHandler(context: context, serverHostname: serverName) }
}

/// Hands replies to those who wait for them, in order. Lives on one event loop.
final class SMTPReplyHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private var parser = SMTPReplyParser()
    private var replies: [SMTPReply] = []
    private var waiting: [EventLoopPromise<SMTPReply>] = []
    private var failure: (any Error)?

    /// Whether nothing has come that nobody asked for.
    var isAtStart: Bool { parser.isAtStart && replies.isEmpty }

    func next(on loop: any EventLoop) -> EventLoopFuture<SMTPReply> {
        let promise = loop.makePromise(of: SMTPReply.self)
        if !replies.isEmpty {
            promise.succeed(replies.removeFirst())
        } else if let failure {
            promise.fail(failure)
        } else {
            waiting.append(promise)
        }
        return promise.futureResult
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        do throws(SMTPReplyParser.Fault) {
            replies += try parser.feed(unwrapInboundIn(data).readableBytesView)
        } catch {
            fail(error)
            return context.close(promise: nil)
        }
        while !waiting.isEmpty, !replies.isEmpty { waiting.removeFirst().succeed(replies.removeFirst()) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(ChannelError.eof)
        context.fireChannelInactive()
    }

    private func fail(_ error: any Error) {
        if failure == nil { failure = error }
        for promise in waiting { promise.fail(error) }
        waiting = []
    }
}
