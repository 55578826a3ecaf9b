internal import Ingestion
internal import NIOCore
internal import NIOPosix
internal import PerchMetrics
internal import Synchronization

/// Takes lines over UDP or TCP and hands them on in blocks of whole lines.
///
/// While a block is being taken nothing further is read from its connection, so memory is bounded; over UDP the kernel keeps datagrams
/// meanwhile, and drops what it has no room for. Of a client that is over a limit, connections are left unread for a while, so that it waits,
/// and datagrams are dropped and counted.
public struct LineServer: Sendable {
    public enum Transport: Sendable, Hashable {
        case udp, tcp
    }

    /// What is taken at most.
    public struct Limits: Sendable, Hashable {
        /// Bytes of a line; a connection with a longer one is closed.
        public var lineBytesMax = 64 << 10
        public var connectionsMax = 1000

        public init() {}
    }

    /// Takes a block of lines, each with a line break behind it but for the last, and gives the number of samples in them, refused ones too.
    typealias Taker = @Sendable (_ lines: [UInt8]) async -> Int

    private let transport: Transport
    private let limits: Limits
    private let counters: LineCounters
    private let clients: ClientLimiter?
    private let take: Taker
    /// What the kernel is asked to keep of datagrams that nobody has taken yet; it may give less.
    private static let socketBufferBytes: SocketOptionValue = 4 << 20
    private static let datagramBytesMax = 65_536

    /// The longest that a connection is left unread before its client is looked at again, so that a server that ends need not wait.
    private static let delayMax = 1.0

    /// - Parameter clients: what each client is held to; nil for nothing.
    init(_ transport: Transport, limits: Limits, counters: LineCounters, clients: ClientLimiter?, take: @escaping Taker) {
        self.transport = transport
        self.limits = limits
        self.counters = counters
        self.clients = clients
        self.take = take
    }

    /// Serves until it is told to stop.
    ///
    /// - Parameters:
    ///   - onListening: called with the port once it listens.
    ///   - stop: returns, or throws, when the server is to end.
    public func run(
        host: String, port: Int, onListening: @Sendable (_ port: Int) -> Void, until stop: @escaping @Sendable () async throws -> Void
    ) async throws {
        switch transport {
        case .udp: try await runUDP(host, port, onListening, stop)
        case .tcp: try await runTCP(host, port, onListening, stop)
        }
    }

    private func runUDP(
        _ host: String, _ port: Int, _ onListening: @Sendable (_ port: Int) -> Void, _ stop: @escaping @Sendable () async throws -> Void
    ) async throws {
        let channel = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.socketOption(.so_rcvbuf), value: Self.socketBufferBytes)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: Self.datagramBytesMax))
            .bind(host: host, port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<AddressedEnvelope<ByteBuffer>, Never>(wrappingChannelSynchronously: channel)
                }
            }
        onListening(channel.channel.localAddress?.port ?? port)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try? await stop()
                channel.channel.close(promise: nil)
            }
            try await channel.executeThenClose { datagrams in
                for try await datagram in datagrams {
                    counters.bytes.increment(by: datagram.data.readableBytes)
                    await takeDatagram(datagram)
                }
            }
            group.cancelAll()
        }
    }

    private func takeDatagram(_ datagram: AddressedEnvelope<ByteBuffer>) async {
        let lines = Array(datagram.data.readableBytesView)
        guard let clients else {
            _ = await take(lines)
            return
        }
        let client = ClientIdentity(.address, datagram.remoteAddress.ipAddress ?? "")
        do throws(ClientLimiter.Refusal) { try clients.admit(client) } catch { return counters.countDroppedDatagram(error.limit) }
        clients.charge(client, bytes: lines.count, items: await take(lines))
    }

    private func runTCP(
        _ host: String, _ port: Int, _ onListening: @Sendable (_ port: Int) -> Void, _ stop: @escaping @Sendable () async throws -> Void
    ) async throws {
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            .bind(host: host, port: port) { channel in
                channel.eventLoop.makeCompletedFuture { try NIOAsyncChannel<ByteBuffer, Never>(wrappingChannelSynchronously: channel) }
            }
        onListening(server.channel.localAddress?.port ?? port)
        let open = OpenConnections(max: limits.connectionsMax)
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                try? await stop()
                server.channel.close(promise: nil)
            }
            await withDiscardingTaskGroup { connections in
                try? await server.executeThenClose { inbound in
                    for try await connection in inbound {
                        let isAdmitted = open.admit()
                        if !isAdmitted { counters.refusedConnections.increment() }
                        connections.addTask {
                            // A connection has to be run also to be closed.
                            if isAdmitted { await serve(connection) } else { try? await connection.executeThenClose { _ in } }
                            if isAdmitted { open.release() }
                        }
                    }
                }
                connections.cancelAll()
            }
            group.cancelAll()
        }
    }

    private func serve(_ connection: NIOAsyncChannel<ByteBuffer, Never>) async {
        let client = clients == nil ? nil : ClientIdentity(.address, connection.channel.remoteAddress?.ipAddress ?? "")
        // What a connection ends with, such as a reset, is no news.
        try? await connection.executeThenClose { inbound in
            var rest: [UInt8] = []
            for try await buffer in inbound {
                counters.bytes.increment(by: buffer.readableBytes)
                if let client { clients?.charge(client, bytes: buffer.readableBytes, items: 0) }
                rest.append(contentsOf: buffer.readableBytesView)
                guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else {
                    if rest.count > limits.lineBytesMax {
                        counters.rejected.increment()
                        return
                    }
                    await holdBack(client)
                    continue
                }
                await takeLines(Array(rest[..<end]), from: client)
                rest.removeSubrange(...end)
                await holdBack(client)
            }
            if !rest.isEmpty { await takeLines(rest, from: client) }
        }
    }

    private func takeLines(_ lines: [UInt8], from client: ClientIdentity?) async {
        let items = await take(lines)
        if let client { clients?.charge(client, bytes: 0, items: items) }
    }

    /// Waits while a client is over a limit. Nothing is read meanwhile, so the sender has to wait, too.
    private func holdBack(_ client: ClientIdentity?) async {
        guard let clients, let client else { return }
        var isWaiting = false
        while let refusal = clients.delay(of: client, streams: true, isWaiting: isWaiting) {
            if !isWaiting { counters.countHeldBack(refusal.limit) }
            isWaiting = true
            // Where the server ends, what was read is taken.
            do { try await Task.sleep(for: .seconds(min(refusal.seconds, LineServer.delayMax))) } catch { return }
        }
    }
}

/// Counts the connections of a listener.
private final class OpenConnections: Sendable {
    private let count = Atomic<Int>(0)
    private let max: Int

    init(max: Int) { self.max = max }

    func admit() -> Bool {
        if count.add(1, ordering: .relaxed).newValue <= max { return true }
        count.subtract(1, ordering: .relaxed)
        return false
    }

    func release() { count.subtract(1, ordering: .relaxed) }
}
