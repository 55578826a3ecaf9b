internal import NIOCore
internal import Synchronization

/// Notices when the client of a connection goes away, so that work nobody waits for can be stopped.
///
/// A client that only closes its sending side counts as gone too: programs that ask and still want an answer keep it open.
final class ClientPresence: ChannelInboundHandler, RemovableChannelHandler, Sendable {
    typealias InboundIn = NIOAny

    private struct State {
        var isGone = false
        var nextToken = 0
        var watchers: [Int: @Sendable () -> Void] = [:]
    }

    private let state = Mutex(State())

    /// Calls `action` when the client goes away, at once if it is gone already. At most once.
    ///
    /// - Returns: what ``stopWatching(_:)`` takes.
    func watch(_ action: @escaping @Sendable () -> Void) -> Int {
        let (token, isGone) = state.withLock { state in
            state.nextToken += 1
            if !state.isGone { state.watchers[state.nextToken] = action }
            return (state.nextToken, state.isGone)
        }
        if isGone { action() }
        return token
    }

    func stopWatching(_ token: Int) { state.withLock { _ = $0.watchers.removeValue(forKey: token) } }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { context.fireChannelRead(data) }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed { leave() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        leave()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        leave()
        context.fireErrorCaught(error)
    }

    private func leave() {
        let watchers = state.withLock { state in
            state.isGone = true
            defer { state.watchers = [:] }
            return state.watchers
        }
        for action in watchers.values { action() }
    }

    /// The handler of a connection; nil where there is none, as in tests without a socket.
    static func of(_ channel: any Channel) async -> ClientPresence? {
        if channel.eventLoop.inEventLoop { return try? channel.pipeline.syncOperations.handler(type: ClientPresence.self) }
        return try? await channel.pipeline.handler(type: ClientPresence.self).get()
    }
}
