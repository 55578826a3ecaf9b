internal import ByteCoding
internal import HTTPAPI
internal import Ingestion
internal import JaegerFormat
internal import NIOCore
internal import NIOPosix
internal import OTLPFormat
internal import ServiceLifecycle

/// Takes batches of spans from Jaeger's clients over UDP, as its agent did: one call a datagram, no answer.
struct JaegerAgent: Sendable {
    let encoding: ThriftEncoding
    let receiver: SpanReceiver

    /// The largest datagram that there is.
    private static let datagramBytesMax = 65_536
    /// What the kernel is asked to keep of datagrams that nobody has taken yet; it may give less.
    private static let socketBufferBytes: SocketOptionValue = 4 << 20
    /// Datagrams that are worked on at a time; while they are, the kernel keeps further ones, and drops what it has no room for.
    private static let concurrency = 8

    /// Takes datagrams until it is told to stop; those that were taken are worked through.
    func run(_ address: ListenAddress, onListening: @Sendable (_ port: Int) -> Void) async throws {
        let channel = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.socketOption(.so_rcvbuf), value: Self.socketBufferBytes)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: Self.datagramBytesMax))
            .bind(host: address.host, port: address.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<AddressedEnvelope<ByteBuffer>, Never>(wrappingChannelSynchronously: channel)
                }
            }
        onListening(channel.channel.localAddress?.port ?? address.port)
        try await channel.executeThenClose { datagrams in
            try await withGracefulShutdownHandler {
                try await take(datagrams)
            } onGracefulShutdown: {
                channel.channel.close(promise: nil)
            }
        }
    }

    private func take(_ datagrams: NIOAsyncChannelInboundStream<AddressedEnvelope<ByteBuffer>>) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            var running = 0
            for try await datagram in datagrams {
                if running == Self.concurrency {
                    try await group.next()
                    running -= 1
                }
                running += 1
                group.addTask { await take(datagram) }
            }
        }
    }

    private func take(_ datagram: AddressedEnvelope<ByteBuffer>) async {
        let encoding = encoding
        let source: SpanReceiver.Source = encoding == .compact ? .jaegerCompact : .jaegerBinary
        let client = ClientIdentity(.address, datagram.remoteAddress.ipAddress ?? "")
        // Nobody waits for an answer; what became of the datagram is counted.
        _ = await receiver.receive(source, bytes: Array(datagram.data.readableBytesView), from: client) {
            (bytes) throws(SpanConversionError) in
            var encoder = SpanStreamEncoder()
            do throws(ByteCodingError) {
                try JaegerBatch.readAgentMessage(bytes, encoding) { encoder.append($0, resource: $1, scope: $2) }
            } catch {
                throw SpanConversionError("\(error)")
            }
            return encoder.finish()
        }
    }
}
