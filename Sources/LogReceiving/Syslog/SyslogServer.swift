internal import NIOCore
internal import NIOPosix

/// Takes messages of syslog, over UDP or on connections that are encrypted or not.
public struct SyslogServer: Sendable {
    public enum Transport: Sendable, Hashable {
        case udp
        case tcp(AgentTLS?)
    }

    /// What is taken at most.
    public struct Limits: Sendable, Hashable {
        /// Bytes of a message that are kept.
        public var messageBytesMax = 64 << 10
        /// Connections that may be open at the same time.
        public var connectionsMax = 1000

        public init() {}
    }

    private let keeper: SyslogKeeper
    private let transport: Transport
    private let limits: Limits
    /// What the kernel is asked to keep of datagrams that nobody has taken yet; it may give less.
    private static let socketBufferBytes: SocketOptionValue = 4 << 20
    private static let datagramBytesMax = 65_536

    /// - Parameter labels: what every entry gets beside `host` and `service_name`.
    public init(
        _ reception: LogReception, _ transport: Transport, zone: SyslogZone = SyslogZone(), labels: [(name: String, value: String)] = [],
        limits: Limits = Limits()
    ) {
        keeper = SyslogKeeper(reception: reception, source: transport == .udp ? .syslogUDP : .syslogTCP, zone: zone, labels: labels)
        self.transport = transport
        self.limits = limits
    }

    /// Serves until it is told to stop; what was taken is kept by then, or at the latest when the reception has shut down.
    ///
    /// - Parameters:
    ///   - onListening: called with the port once it listens.
    ///   - stop: returns, or throws, when the server is to end.
    public func run(
        host: String, port: Int, onListening: @Sendable (_ port: Int) -> Void, until stop: @Sendable () async throws -> Void
    ) async throws {
        switch transport {
        case .udp: try await runUDP(host, port, onListening, stop)
        case .tcp(let tls):
            let connections = AgentConnections(max: limits.connectionsMax, counters: keeper.reception.metrics[keeper.source])
            let server = AgentServer(connections: connections, tls: tls) { [keeper, limits] in
                SyslogStreamHandler(keeper: keeper, messageBytesMax: limits.messageBytesMax)
            }
            try await server.run(host: host, port: port, onListening: onListening, until: stop)
        }
    }

    private func runUDP(
        _ host: String, _ port: Int, _ onListening: @Sendable (_ port: Int) -> Void, _ stop: @Sendable () async throws -> Void
    ) async throws {
        let channel = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.socketOption(.so_rcvbuf), value: Self.socketBufferBytes)
            .channelOption(.autoRead, value: false)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: Self.datagramBytesMax))
            .channelOption(.maxMessagesPerRead, value: 64)
            .channelInitializer { [keeper, limits] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        SyslogDatagramHandler(keeper: keeper, messageBytesMax: limits.messageBytesMax))
                }
            }
            .bind(host: host, port: port).get()
        onListening(channel.localAddress?.port ?? port)
        try? await stop()
        channel.pipeline.fireUserInboundEventTriggered(AgentStop())
        for _ in 0..<100 where channel.isActive { try? await Task.sleep(for: .milliseconds(50)) }
        try? await channel.close()
    }
}
