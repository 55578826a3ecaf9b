internal import NIOCore
internal import NIOHTTP1
internal import NIOWebSocket

/// Takes the calls of one path that ask for a WebSocket connection (RFC 6455).
struct WebSocketRoute: Sendable {
    /// Says what is to be done with a call: nil leaves it to the handler of the path, which says what is wrong with it.
    typealias Acceptor = @Sendable (WebSocketCall) -> (any WebSocketSession)?

    let accept: Acceptor

    /// Whether a request asks for a connection of this kind, in a form that can be answered.
    static func isAsked(_ head: HTTPRequestHead) -> Bool {
        guard head.method == .GET, head.version == .http1_1 else { return false }
        return head.headers[canonicalForm: "upgrade"].contains { $0.lowercased() == "websocket" }
            && head.headers[canonicalForm: "connection"].contains { $0.lowercased() == "upgrade" }
            && head.headers["sec-websocket-version"] == ["13"] && head.headers["sec-websocket-key"].count == 1
    }

    /// The headers of the answer that makes the connection one of this kind.
    ///
    /// Completes at once, on the event loop.
    static func answerHeaders(to head: HTTPRequestHead, on channel: any Channel) -> EventLoopFuture<HTTPHeaders> {
        let upgrader = NIOWebSocketServerUpgrader(
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture([:]) },
            upgradePipelineHandler: { channel, _ in channel.eventLoop.makeSucceededVoidFuture() })
        return upgrader.buildUpgradeResponse(channel: channel, upgradeRequest: head, initialResponseHeaders: [:])
    }
}

/// A request for a WebSocket connection.
struct WebSocketCall: Sendable {
    let parameters: FormParameters
    let headers: HTTPHeaders
}

/// What goes on over a connection. Its methods are called on the event loop of the connection, and must not block it.
protocol WebSocketSession: AnyObject, Sendable {
    /// Messages may be sent from now on.
    func opened(_ connection: WebSocketConnection)
    /// What was sent has gone out so far that more is taken.
    func drained()
    /// The connection is gone. Called once after ``opened(_:)``.
    func closed()
}

/// The sending side of a connection, for any thread.
struct WebSocketConnection: Sendable {
    let channel: any Channel

    /// Whether what was sent before has mostly gone out. Where not, ``WebSocketSession/drained()`` is called later.
    var isWritable: Bool { channel.isWritable }

    /// Sends a message of text.
    func send(_ text: ByteBuffer) {
        // Made on the event loop: frames are no values that may be handed to it.
        channel.eventLoop.execute {
            channel.pipeline.fireUserInboundEventTriggered(WebSocketHandler.Command.send(text))
        }
    }

    /// Ends the connection in the way of the protocol.
    ///
    /// - Parameter reason: for a person to read; cut off at the 123 bytes that there is room for.
    func close(_ code: WebSocketErrorCode, _ reason: String) {
        channel.eventLoop.execute {
            channel.pipeline.fireUserInboundEventTriggered(WebSocketHandler.Command.close(code, reason))
        }
    }
}
