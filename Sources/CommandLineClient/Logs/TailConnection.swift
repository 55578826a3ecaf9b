internal import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
internal import NIOWebSocket

/// A WebSocket connection (RFC 6455) over which a server sends messages of text.
struct TailConnection: Sendable {
    /// How a connection ended.
    enum End: Sendable, Hashable {
        /// By the server, with its code and reason.
        case closed(code: Int?, reason: String)
        /// By whoever follows, because the task was cancelled.
        case canceled
        /// Otherwise, such as by a network that went away.
        case lost(String)
    }

    /// The largest message that is taken.
    private static let messageBytesMax = 64 << 20
    private static let frameBytesMax = 64 << 20
    private static let connectSeconds: Int64 = 10

    let host: String
    let port: Int
    let isSecure: Bool
    /// With its query.
    let target: String
    let headers: [(name: String, value: String)]

    /// - Parameters:
    ///   - base: the URL of the server, http or https.
    ///   - target: a path with a query below it.
    init?(base: String, target: String, headers: [(name: String, value: String)]) {
        guard let parts = URLComponents(string: base), let host = parts.host, !host.isEmpty else { return nil }
        self.host = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        isSecure = parts.scheme == "https"
        port = parts.port ?? (isSecure ? 443 : 80)
        self.target = parts.percentEncodedPath + target
        self.headers = headers
    }

    /// What a server answers that makes no such connection.
    struct Refusal: Error { var response: PerchClient.Response }

    /// Connects, and calls `take` with every message until the connection ends. Where `take` waits, so does the server.
    ///
    /// - Parameter connected: called before the first message.
    /// - Throws: ``Refusal``, or ``ClientError`` where the server cannot be reached.
    func run(
        connected: () -> Void, _ take: ([UInt8]) throws(ClientError) -> Void
    ) async throws -> End {
        let channel: NIOAsyncChannel<WebSocketFrame, WebSocketFrame>
        do {
            channel = try await connect()
        } catch let error as Refusal {
            throw error
        } catch {
            throw ClientError("cannot reach \(host):\(port): \(PerchClient.reason(error))")
        }
        connected()
        return try await channel.executeThenClose { inbound, outbound in
            var end: End = .lost("the connection ended")
            do {
                for try await frame in inbound {
                    switch frame.opcode {
                    case .text, .binary: try take(Array(buffer: frame.unmaskedData))
                    case .ping: try await outbound.write(TailConnection.frame(.pong, frame.unmaskedData))
                    case .connectionClose:
                        var data = frame.unmaskedData
                        let code = data.readInteger(as: UInt16.self).map(Int.init)
                        end = .closed(code: code, reason: String(buffer: data))
                        try await outbound.write(TailConnection.frame(.connectionClose, frame.unmaskedData))
                        return end
                    default: break
                    }
                }
            } catch let error as ClientError {
                throw error
            } catch {
                end = .lost(PerchClient.reason(error))
            }
            if Task.isCancelled {
                var data = ByteBuffer()
                data.write(webSocketErrorCode: .normalClosure)
                let last = TailConnection.frame(.connectionClose, data)
                // In a task of its own, for in this one nothing can be sent any more.
                let farewell = Task { try await outbound.write(last) }
                _ = await farewell.result
                return .canceled
            }
            return end
        }
    }

    private static func frame(_ opcode: WebSocketOpcode, _ data: ByteBuffer) -> WebSocketFrame {
        WebSocketFrame(fin: true, opcode: opcode, maskKey: .random(), data: data)
    }

    private func connect() async throws -> NIOAsyncChannel<WebSocketFrame, WebSocketFrame> {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let ready = loop.makePromise(of: NIOAsyncChannel<WebSocketFrame, WebSocketFrame>.self)
        let (isSecure, host) = (isSecure, host)
        let handshake = handshake()
        do {
            let channel = try await ClientBootstrap(group: loop)
                .connectTimeout(.seconds(TailConnection.connectSeconds))
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let pipeline = channel.pipeline.syncOperations
                        if isSecure {
                            let context = try NIOSSLContext(configuration: .makeClientConfiguration())
                            // Addresses have no place in the name that is asked for.
                            let name = host.contains(":") || host.allSatisfy { $0.isNumber || $0 == "." } ? nil : host
                            try pipeline.addHandler(NIOSSLClientHandler(context: context, serverHostname: name))
                        }
                        try pipeline.addHandler(HTTPRequestEncoder())
                        try pipeline.addHandler(ByteToMessageHandler(HTTPResponseDecoder(leftOverBytesStrategy: .forwardBytes)))
                        try pipeline.addHandler(HandshakeHandler(handshake, ready))
                    }
                }
                .connect(host: host, port: port).get()
            let timeout = loop.scheduleTask(in: .seconds(TailConnection.connectSeconds)) {
                ready.fail(ChannelError.connectTimeout(.seconds(TailConnection.connectSeconds)))
            }
            defer { timeout.cancel() }
            do {
                return try await ready.futureResult.get()
            } catch {
                channel.close(promise: nil)
                throw error
            }
        } catch {
            ready.fail(error)
            throw error
        }
    }

    /// What is asked and how the answer is known.
    fileprivate struct Handshake: Sendable {
        let head: HTTPRequestHead
        let upgrader: NIOWebSocketClientUpgrader
    }

    private func handshake() -> Handshake {
        let upgrader = NIOWebSocketClientUpgrader(upgradePipelineHandler: { channel, _ in channel.eventLoop.makeSucceededVoidFuture() })
        let shownHost = host.contains(":") ? "[\(host)]" : host
        var fields: HTTPHeaders = [
            "Host": port == (isSecure ? 443 : 80) ? shownHost : "\(shownHost):\(port)", "Connection": "Upgrade", "Upgrade": "websocket",
            "User-Agent": "perch",
        ]
        upgrader.addCustom(upgradeRequestHeaders: &fields)
        for (name, value) in headers { fields.add(name: name, value: value) }
        return Handshake(head: HTTPRequestHead(version: .http1_1, method: .GET, uri: target, headers: fields), upgrader: upgrader)
    }

    /// Asks for the connection, and makes it one where the server agrees.
    private final class HandshakeHandler: ChannelInboundHandler, RemovableChannelHandler {
        typealias InboundIn = HTTPClientResponsePart
        typealias OutboundOut = HTTPClientRequestPart

        private let handshake: Handshake
        private let ready: EventLoopPromise<NIOAsyncChannel<WebSocketFrame, WebSocketFrame>>
        private var refusal: PerchClient.Response?

        private static let refusalBytesMax = 64 << 10

        init(_ handshake: Handshake, _ ready: EventLoopPromise<NIOAsyncChannel<WebSocketFrame, WebSocketFrame>>) {
            self.handshake = handshake
            self.ready = ready
        }

        func channelActive(context: ChannelHandlerContext) {
            context.write(wrapOutboundOut(.head(handshake.head)), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            context.fireChannelActive()
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head):
                if head.status != .switchingProtocols {
                    refusal = PerchClient.Response(status: Int(head.status.code), body: Data())
                } else if !handshake.upgrader.shouldAllowUpgrade(upgradeResponse: head) {
                    ready.fail(ClientError("the answer to the handshake of WebSocket is not right"))
                    context.close(promise: nil)
                }
            case .body(let buffer):
                if let body = refusal?.body, body.count < HandshakeHandler.refusalBytesMax {
                    refusal?.body.append(contentsOf: buffer.readableBytesView)
                }
            case .end:
                if let refusal {
                    ready.fail(Refusal(response: refusal))
                    context.close(promise: nil)
                } else {
                    leaveHTTP(context)
                }
            }
        }

        func channelInactive(context: ChannelHandlerContext) {
            ready.fail(ChannelError.eof)
            context.fireChannelInactive()
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            ready.fail(error)
            context.close(promise: nil)
        }

        private func leaveHTTP(_ context: ChannelHandlerContext) {
            do {
                let pipeline = context.pipeline.syncOperations
                let encoder = try pipeline.context(handlerType: HTTPRequestEncoder.self)
                let decoder = try pipeline.context(handlerType: ByteToMessageHandler<HTTPResponseDecoder>.self)
                try pipeline.addHandlers([
                    WebSocketFrameEncoder(), ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: frameBytesMax)),
                    NIOWebSocketFrameAggregator(
                        minNonFinalFragmentSize: 0, maxAccumulatedFrameCount: 1 << 16, maxAccumulatedFrameSize: messageBytesMax),
                ])
                ready.succeed(
                    try NIOAsyncChannel(
                        wrappingChannelSynchronously: context.channel,
                        configuration: .init(inboundType: WebSocketFrame.self, outboundType: WebSocketFrame.self)))
                pipeline.removeHandler(context: encoder, promise: nil)
                pipeline.removeHandler(context: context, promise: nil)
                // What came with the answer goes on to the new handlers.
                pipeline.removeHandler(context: decoder, promise: nil)
            } catch {
                ready.fail(error)
                context.close(promise: nil)
            }
        }
    }
}
