internal import NIOCore
internal import NIOPosix

/// One question to one server over the network.
enum DNSExchange {
    /// Sends a message and waits for the answer that has its number.
    ///
    /// - Throws: where the server cannot be reached, or does not answer in time.
    static func run(
        _ message: [UInt8], id: UInt16, to server: SocketAddress, over transport: DNSLookup.Transport, timeoutMilliseconds: Int64
    ) async throws -> DNSResponse {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let promise = loop.makePromise(of: DNSResponse.self)
        let timer = loop.scheduleTask(in: .milliseconds(timeoutMilliseconds)) {
            promise.fail(ProviderFault("no answer within \(timeoutMilliseconds) ms"))
        }
        defer { timer.cancel() }
        let channel: any Channel
        do {
            switch transport {
            case .udp:
                channel = try await DatagramBootstrap(group: loop)
                    .channelInitializer { channel in
                        channel.eventLoop.makeCompletedFuture {
                            try channel.pipeline.syncOperations.addHandler(DNSDatagramHandler(id: id, promise: promise))
                        }
                    }
                    .connect(to: server).get()
            case .tcp:
                channel = try await ClientBootstrap(group: loop)
                    .connectTimeout(.milliseconds(timeoutMilliseconds))
                    .channelInitializer { channel in
                        channel.eventLoop.makeCompletedFuture {
                            try channel.pipeline.syncOperations.addHandler(DNSStreamHandler(id: id, promise: promise))
                        }
                    }
                    .connect(to: server).get()
            }
        } catch {
            promise.fail(error)
            throw error
        }
        defer { channel.close(promise: nil) }
        return try await withTaskCancellationHandler {
            write(message, to: server, over: transport, channel).cascadeFailure(to: promise)
            return try await promise.futureResult.get()
        } onCancel: {
            promise.fail(CancellationError())
        }
    }

    private static func write(
        _ message: [UInt8], to server: SocketAddress, over transport: DNSLookup.Transport, _ channel: any Channel
    ) -> EventLoopFuture<Void> {
        switch transport {
        case .udp: return channel.writeAndFlush(AddressedEnvelope(remoteAddress: server, data: ByteBuffer(bytes: message)))
        case .tcp:
            var buffer = ByteBuffer()
            buffer.writeInteger(UInt16(message.count))
            buffer.writeBytes(message)
            return channel.writeAndFlush(buffer)
        }
    }
}

/// Waits for an answer over UDP; whatever else arrives is passed over.
private final class DNSDatagramHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let id: UInt16
    private let promise: EventLoopPromise<DNSResponse>

    init(id: UInt16, promise: EventLoopPromise<DNSResponse>) {
        self.id = id
        self.promise = promise
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = Array(unwrapInboundIn(data).data.readableBytesView)
        if let response = DNSResponse(bytes), response.id == id { promise.succeed(response) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { promise.fail(error) }

    func channelInactive(context: ChannelHandlerContext) { promise.fail(ProviderFault("the connection was closed")) }
}

/// Waits for an answer over TCP, where two bytes in front of it say its length.
private final class DNSStreamHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let id: UInt16
    private let promise: EventLoopPromise<DNSResponse>
    private var received = ByteBuffer()

    init(id: UInt16, promise: EventLoopPromise<DNSResponse>) {
        self.id = id
        self.promise = promise
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        received.writeBuffer(&buffer)
        guard let length = received.getInteger(at: received.readerIndex, as: UInt16.self),
            let bytes = received.getBytes(at: received.readerIndex + 2, length: Int(length))
        else { return }
        if let response = DNSResponse(bytes), response.id == id {
            promise.succeed(response)
        } else {
            promise.fail(ProviderFault("the answer cannot be read"))
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { promise.fail(error) }

    func channelInactive(context: ChannelHandlerContext) { promise.fail(ProviderFault("the connection was closed")) }
}
