internal import NIOCore
internal import NIOPosix
internal import NIOSSL

/// Listens for the connections of log agents.
struct AgentServer: Sendable {
    let connections: AgentConnections
    let tls: AgentTLS?
    /// Makes what works on a connection.
    let handler: @Sendable () -> any ChannelHandler

    /// Serves until it is told to stop; what was taken is kept by then, or at the latest when the reception has shut down.
    ///
    /// - Parameters:
    ///   - onListening: called with the port once it listens.
    ///   - stop: returns, or throws, when the server is to end.
    func run(
        host: String, port: Int, onListening: @Sendable (_ port: Int) -> Void, until stop: @Sendable () async throws -> Void
    ) async throws {
        let context = try tls?.makeContext()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            .childChannelInitializer { [connections, handler] channel in
                guard connections.admit(channel) else { return channel.close() }
                return channel.eventLoop.makeCompletedFuture {
                    if let context { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context)) }
                    try channel.pipeline.syncOperations.addHandler(handler())
                }
            }
            .bind(host: host, port: port).get()
        onListening(channel.localAddress?.port ?? port)
        // However it is told, by returning or by being cancelled, it is time to end.
        try? await stop()
        try? await channel.close()
        await connections.stop()
    }
}

/// The memory that one connection has taken of the memory of all.
struct HeldBytes {
    private let pending: PendingBytes
    private var taken = 0

    init(_ pending: PendingBytes) { self.pending = pending }

    /// Makes it so many; false, and nothing changes, where there is no room for more.
    mutating func set(_ count: Int) -> Bool {
        if count > taken {
            guard pending.take(count - taken) else { return false }
        } else {
            pending.give(taken - count)
        }
        taken = count
        return true
    }
}

extension NIODeadline {
    /// A time that only rises, in nanoseconds.
    static var nowNanoseconds: Int64 { Int64(NIODeadline.now().uptimeNanoseconds) }
}
