internal import HTTPTypes
internal import NIOCore
internal import NIOHTTP1
internal import NIOWebSocket
internal import TelemetryModel

/// Answers small GET requests as they come out of the parser: without a task, a router or a change of threads, which take several times as
/// long as the answers themselves. What it has no brief answer for goes on to the router as if nothing had been here.
///
/// Requests it answers are not seen by what comes after it, so it also closes connections that have been idle for long. Connections that
/// become WebSocket connections leave HTTP here.
final class BriefResponder: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let routes: BriefRoutes
    private let idleTimeout: TimeAmount
    private let isRehearsal: Bool
    private let now: @Sendable () -> Timestamp
    private var date = HTTPDate()
    /// Where bytes go past the encoder.
    private var encoder: ChannelHandlerContext?

    /// A request whose end is awaited.
    private var held: Held?
    /// A request for a WebSocket connection whose end is awaited.
    private var heldSocket: HeldSocket?
    /// Requests that went on and are not answered in full yet.
    private var open = 0
    /// Whether the end of a request that went on is still to come.
    private var isReading = false
    private var lastActive = NIODeadline.now()
    private var timer: Scheduled<Void>?

    init(_ routes: BriefRoutes, idleTimeout: TimeAmount, isRehearsal: Bool = false, now: @escaping @Sendable () -> Timestamp) {
        self.routes = routes
        self.isRehearsal = isRehearsal
        self.idleTimeout = idleTimeout
        self.now = now
    }

    func handlerAdded(context: ChannelHandlerContext) {
        encoder = try? context.pipeline.syncOperations.context(handlerType: HTTPResponseEncoder.self)
        if context.channel.isActive { wait(context, idleTimeout) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
        encoder = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        if timer == nil { wait(context, idleTimeout) }
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
        context.fireChannelInactive()
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        lastActive = .now()
        switch part {
        case .head(let head):
            if open == 0, encoder != nil, BriefResponder.isPlainGet(head), let (endpoint, call) = routes.find(head.uri) {
                held = Held(head: head, endpoint: endpoint, call: call)
                return
            }
            if BriefResponder.asksForUpgrade(head) {
                if open == 0, encoder != nil, WebSocketRoute.isAsked(head), let (route, parameters) = routes.findSocket(head.uri) {
                    heldSocket = HeldSocket(head: head, route: route, parameters: parameters)
                    return
                }
                open += 1
                isReading = true
                context.fireChannelRead(wrapInboundOut(.head(BriefResponder.asLast(head))))
                return
            }
            open += 1
            isReading = true
        case .body: letGo(context)
        case .end:
            if let held {
                let reply = isRehearsal ? Rehearsal.$isOn.withValue(true) { answer(held) } : answer(held)
                if let reply {
                    self.held = nil
                    write(reply)
                    return
                }
                letGo(context)
            }
            if let socket = heldSocket {
                if let session = socket.route.accept(WebSocketCall(parameters: socket.parameters, headers: socket.head.headers)) {
                    heldSocket = nil
                    leaveHTTP(context, socket.head, session)
                    return
                }
                letGo(context)
            }
            isReading = false
        }
        context.fireChannelRead(data)
    }

    private struct Held {
        let head: HTTPRequestHead
        let endpoint: EndpointResponder
        let call: BriefCall
    }

    private struct HeldSocket {
        let head: HTTPRequestHead
        let route: WebSocketRoute
        let parameters: FormParameters
    }

    private func answer(_ held: Held) -> APIReply? {
        let headers = held.head.headers
        return held.endpoint.respondBriefly(
            held.call, acceptsEncoding: headers.first(name: "accept-encoding"), hasOrigin: headers.contains(name: "origin"))
    }

    /// Hands on a request that was held back.
    private func letGo(_ context: ChannelHandlerContext) {
        guard let head = held?.head ?? heldSocket.map({ BriefResponder.asLast($0.head) }) else { return }
        held = nil
        heldSocket = nil
        open += 1
        isReading = true
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }

    /// Whether the parser stops after a request, because it asks for another protocol.
    private static func asksForUpgrade(_ head: HTTPRequestHead) -> Bool {
        head.headers.contains(name: "upgrade") && head.headers[canonicalForm: "connection"].contains { $0.lowercased() == "upgrade" }
    }

    /// A request after which the connection ends, for the parser takes nothing after it.
    private static func asLast(_ head: HTTPRequestHead) -> HTTPRequestHead {
        var head = head
        head.headers.remove(name: "upgrade")
        head.headers.replaceOrAdd(name: "connection", value: "close")
        return head
    }

    /// Makes the connection a WebSocket connection. What stands behind this handler sees nothing of it, until it ends.
    private func leaveHTTP(_ context: ChannelHandlerContext, _ head: HTTPRequestHead, _ session: any WebSocketSession) {
        guard let encoder else { return }
        // Nobody else closes it for being idle, or takes it for one that waits for a request.
        open += 1
        isReading = false
        self.encoder = nil
        let pipeline = context.pipeline.syncOperations
        WebSocketRoute.answerHeaders(to: head, on: context.channel).assumeIsolatedUnsafeUnchecked().whenComplete { result in
            do {
                var text = "HTTP/1.1 101 Switching Protocols\r\n"
                for (name, value) in try result.get() { text += "\(name): \(value)\r\n" }
                encoder.writeAndFlush(NIOAny(ByteBuffer(string: text + "Server: perch\r\n\r\n")), promise: nil)
                let decoder = try pipeline.context(handlerType: ByteToMessageHandler<HTTPRequestDecoder>.self)
                try pipeline.addHandlers(
                    [
                        WebSocketFrameEncoder(), ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: WebSocketHandler.frameBytesMax)),
                        WebSocketHandler(session),
                    ], position: .before(self))
                pipeline.removeHandler(context: encoder, promise: nil)
                pipeline.removeHandler(context: decoder, promise: nil)
            } catch {
                context.close(promise: nil)
            }
        }
    }

    /// Whether a request has nothing about it that the router would have to heed: no body, and the connection stays open.
    private static func isPlainGet(_ head: HTTPRequestHead) -> Bool {
        guard head.method == .GET, head.version == .http1_1 else { return false }
        for (name, _) in head.headers {
            switch name.utf8.count {
            case 6 where name.lowercased() == "expect": return false
            case 7 where name.lowercased() == "upgrade": return false
            case 10 where name.lowercased() == "connection":
                if !head.isKeepAlive || head.headers[canonicalForm: "connection"] != ["keep-alive"] { return false }
            case 14 where name.lowercased() == "content-length": return false
            case 17 where name.lowercased() == "transfer-encoding": return false
            default: continue
            }
        }
        return true
    }

    // MARK: Answers

    private func write(_ reply: APIReply) {
        guard let encoder else { return }
        let bodyBytes = reply.bodyBytes
        let isOnePiece = bodyBytes <= 64 << 10
        var buffer = encoder.channel.allocator.buffer(capacity: 512 + (isOnePiece ? bodyBytes : 0))
        buffer.writeStaticString("HTTP/1.1 ")
        buffer.writeString(String(reply.status.code))
        buffer.writeStaticString(" ")
        buffer.writeString(reply.status.reasonPhrase)
        for field in reply.headers {
            buffer.writeStaticString("\r\n")
            buffer.writeString(field.name.rawName)
            buffer.writeStaticString(": ")
            buffer.writeString(field.value)
        }
        buffer.writeStaticString("\r\nDate: ")
        buffer.writeString(date.text(at: now()))
        buffer.writeStaticString("\r\nServer: perch\r\nContent-Length: ")
        buffer.writeString(String(bodyBytes))
        buffer.writeStaticString("\r\n\r\n")
        if isOnePiece {
            for piece in reply.body { buffer.writeImmutableBuffer(piece) }
            encoder.writeAndFlush(NIOAny(buffer), promise: nil)
        } else {
            encoder.write(NIOAny(buffer), promise: nil)
            for piece in reply.body { encoder.write(NIOAny(piece), promise: nil) }
            encoder.flush()
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) {
            open -= 1
            lastActive = .now()
        }
        context.write(data, promise: promise)
    }

    // MARK: Idle connections

    private func wait(_ context: ChannelHandlerContext, _ time: TimeAmount) {
        timer = context.eventLoop.assumeIsolatedUnsafeUnchecked().scheduleTask(in: time) {
            self.timer = nil
            let idle = NIODeadline.now() - self.lastActive
            if self.open > 0 && !self.isReading {
                // Somebody waits for an answer.
                self.wait(context, self.idleTimeout)
            } else if idle >= self.idleTimeout {
                context.close(promise: nil)
            } else {
                self.wait(context, self.idleTimeout - idle)
            }
        }
    }
}
