internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
public import Logging
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// Requests that the server sends itself before it is ready, so that what happens once in the life of a process has happened: types are
/// instantiated, conformances found, code and threads are there.
enum Rehearsal {
    /// Whether the request at hand is one of these. They are answered though the server is not ready, and not counted.
    @TaskLocal static var isOn = false
}

extension HTTPServer {
    /// How long an answer is waited for.
    private static let answerMax = TimeAmount.milliseconds(100)

    /// Answers GET requests for nobody, over connections within the process. Blocks until they are answered.
    ///
    /// - Parameters:
    ///   - targets: paths with queries, answered on one event loop.
    ///   - brief: the same, answered on each of the others: a thread has its own stack and memory to find ready.
    ///   - isEnough: asked before each of them.
    /// - Throws: what keeps a connection from being made or a request from being answered; it does no harm.
    public func rehearse(_ targets: [String], everywhere brief: [String], logger: Logger, until isEnough: () -> Bool) throws {
        for (place, loop) in MultiThreadedEventLoopGroup.singleton.makeIterator().enumerated() where !isEnough() {
            try rehearse(place == 0 ? targets : brief, on: loop, logger: logger, until: isEnough)
        }
    }

    private func rehearse(_ targets: [String], on loop: any EventLoop, logger: Logger, until isEnough: () -> Bool) throws {
        let (near, far) = try HTTPServer.connectedSockets()
        let answers = AnswerCounter()
        let client = try ClientBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    try channel.pipeline.syncOperations.addHandler(answers)
                }
            }
            .withConnectedSocket(near).wait()
        defer { client.close(promise: nil) }
        try serve(far, on: loop, logger)
        for target in targets where !isEnough() {
            let answered = loop.makePromise(of: Void.self)
            let timeout = loop.scheduleTask(in: HTTPServer.answerMax) {
                answered.fail(ChannelError.connectTimeout(HTTPServer.answerMax))
            }
            let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: target, headers: ["Host": "rehearsal"])
            loop.execute { answers.next = answered }
            client.write(HTTPClientRequestPart.head(head), promise: nil)
            client.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
            try answered.futureResult.wait()
            timeout.cancel()
        }
    }

    /// Serves the other end of the connection as any other.
    private func serve(_ socket: NIOBSDSocket.Handle, on loop: any EventLoop, _ logger: Logger) throws {
        let responder = responder
        let connection = connection(Options(), isRehearsal: true) { (request, writer: consuming ResponseWriter, channel) in
            let context = SurfaceContext(source: ApplicationRequestContextSource(channel: channel, logger: logger))
            let response = try await responder.respond(to: request, context: context)
            try await writer.write(
                response: HTTPResponse(status: response.status, headerFields: response.headers), body: response.body)
        }
        let ready = loop.makePromise(of: LoopBoundChannel.Value.self)
        _ = ClientBootstrap(group: loop)
            .channelInitializer { channel in
                let value = connection.setup(channel: channel, logger: logger)
                value.cascade(to: ready)
                return value.map { _ in }
            }
            .withConnectedSocket(socket)
        let value = try ready.futureResult.wait()
        Task {
            await Rehearsal.$isOn.withValue(true) { await connection.handle(value: value, logger: logger) }
        }
    }

    private static func connectedSockets() throws -> (NIOBSDSocket.Handle, NIOBSDSocket.Handle) {
        var sockets: [CInt] = [-1, -1]
        #if canImport(Darwin)
        let stream = SOCK_STREAM
        #else
        let stream = CInt(SOCK_STREAM.rawValue)
        #endif
        guard socketpair(AF_UNIX, stream, 0, &sockets) == 0 else { throw IOError(errnoCode: errno, reason: "socketpair") }
        return (sockets[0], sockets[1])
    }
}

/// Notices when an answer is complete.
private final class AnswerCounter: ChannelInboundHandler, @unchecked Sendable {
    typealias InboundIn = HTTPClientResponsePart

    /// Succeeds with the next answer; used on the event loop only, which guards it.
    var next: EventLoopPromise<Void>?

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .end = unwrapInboundIn(data) else { return }
        next?.succeed(())
        next = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        next?.fail(ChannelError.eof)
        next = nil
    }
}
