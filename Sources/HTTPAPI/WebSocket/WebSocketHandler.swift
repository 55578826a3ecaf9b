internal import NIOCore
internal import NIOWebSocket

/// The server's end of a WebSocket connection: pings, pongs, the closing handshake, and what the client may not do. What the client says in
/// messages is not looked at.
///
/// Stands in front of the handlers of HTTP, which stay where they are and see nothing any more.
final class WebSocketHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    /// What a session wants, as an event of the pipeline.
    enum Command: Sendable {
        case send(ByteBuffer)
        case close(WebSocketErrorCode, String)
    }

    /// The largest frame that a client may send; it has nothing to say.
    static let frameBytesMax = 16 << 10
    private static let pingInterval = TimeAmount.seconds(1)
    /// A client that has not answered for so long is gone, or might as well be.
    private static let silenceMax = TimeAmount.seconds(60)
    /// How long the other side has to answer our end of the closing handshake.
    private static let closeMax = TimeAmount.seconds(2)

    private let session: any WebSocketSession
    private var lastHeard = NIODeadline.now()
    private var isClosing = false
    private var isOver = false
    private var pings: RepeatedTask?

    init(_ session: any WebSocketSession) { self.session = session }

    func handlerAdded(context: ChannelHandlerContext) {
        let (handler, bound) = (NIOLoopBound(self, eventLoop: context.eventLoop), NIOLoopBound(context, eventLoop: context.eventLoop))
        pings = context.eventLoop.scheduleRepeatedTask(initialDelay: WebSocketHandler.pingInterval, delay: WebSocketHandler.pingInterval) {
            _ in handler.value.ping(bound.value)
        }
        session.opened(WebSocketConnection(channel: context.channel))
    }

    func handlerRemoved(context: ChannelHandlerContext) { end() }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    private func end() {
        pings?.cancel()
        pings = nil
        if isOver { return }
        isOver = true
        session.closed()
    }

    // MARK: From the client

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        lastHeard = .now()
        if frame.maskKey == nil { return close(context, .protocolError, "frames of a client have to be masked") }
        switch frame.opcode {
        case .ping where !isClosing: write(context, .pong, frame.unmaskedData)
        case .connectionClose:
            if !isClosing {
                isClosing = true
                var data = frame.unmaskedData
                // Its own code goes back, without its words.
                write(context, .connectionClose, data.readSlice(length: min(2, data.readableBytes)) ?? ByteBuffer())
            }
            context.close(promise: nil)
        default: break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? NIOWebSocketError else {
            context.close(promise: nil)
            return
        }
        close(context, WebSocketErrorCode(error), "\(error)")
    }

    // MARK: To the client

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case let command as Command:
            switch command {
            case .send(let text): if !isClosing { write(context, .text, text) }
            case .close(let code, let reason): close(context, code, reason)
            }
        case is ChannelShouldQuiesceEvent:
            close(context, .goingAway, "the server is stopping")
            context.fireUserInboundEventTriggered(event)
        case let event as ChannelEvent where event == .inputClosed: context.close(promise: nil)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { session.drained() }
        context.fireChannelWritabilityChanged()
    }

    private func ping(_ context: ChannelHandlerContext) {
        if NIODeadline.now() - lastHeard > WebSocketHandler.silenceMax {
            context.close(promise: nil)
        } else if context.channel.isWritable && !isClosing {
            write(context, .ping, ByteBuffer())
        }
    }

    private func close(_ context: ChannelHandlerContext, _ code: WebSocketErrorCode, _ reason: String) {
        if isClosing { return }
        isClosing = true
        var data = ByteBuffer()
        data.write(webSocketErrorCode: code)
        data.writeString(String(decoding: reason.utf8.prefix(123), as: UTF8.self).prefixed(toBytes: 123))
        write(context, .connectionClose, data)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: WebSocketHandler.closeMax) { bound.value.close(promise: nil) }
    }

    private func write(_ context: ChannelHandlerContext, _ opcode: WebSocketOpcode, _ data: ByteBuffer) {
        context.writeAndFlush(wrapOutboundOut(WebSocketFrame(fin: true, opcode: opcode, data: data)), promise: nil)
    }
}

extension String {
    /// As many characters from the beginning as fit into so many bytes.
    fileprivate func prefixed(toBytes limit: Int) -> String {
        var text = self
        while text.utf8.count > limit { text.removeLast() }
        return text
    }
}

extension WebSocketErrorCode {
    fileprivate init(_ error: NIOWebSocketError) {
        switch error {
        case .invalidFrameLength: self = .messageTooLarge
        case .fragmentedControlFrame, .multiByteControlFrameLength: self = .protocolError
        }
    }
}
