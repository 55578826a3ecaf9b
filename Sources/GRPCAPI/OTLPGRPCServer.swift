internal import GRPCCore
internal import GRPCNIOTransportHTTP2Posix
public import Ingestion
internal import NIOCore

/// The OTLP/gRPC receiver: a server of its own, without encryption, that takes gzip.
public struct OTLPGRPCServer: Sendable {
    /// Takes one message with spans, and returns when these are durable.
    public typealias Receiver = @Sendable (_ message: [UInt8], _ client: ClientIdentity) async -> SpanAppendOutcome
    /// Takes one message with log records, and returns when these are durable.
    public typealias LogReceiver = @Sendable (_ message: [UInt8], _ client: ClientIdentity) async -> LogDeliveryOutcome
    /// Takes one message with metric points, and returns when these are durable.
    public typealias MetricReceiver = @Sendable (_ message: [UInt8], _ client: ClientIdentity) async -> MetricDeliveryOutcome

    /// The memory for requests that are on their way.
    public struct Memory: Sendable {
        let take: @Sendable (_ bytes: Int) -> Bool
        let give: @Sendable (_ bytes: Int) -> Void

        /// - Parameters:
        ///   - take: takes so many bytes; false where there are no more to take.
        ///   - give: gives back what was taken.
        public init(take: @escaping @Sendable (_ bytes: Int) -> Bool, give: @escaping @Sendable (_ bytes: Int) -> Void) {
            self.take = take
            self.give = give
        }
    }

    public struct Options: Sendable {
        /// A numeric address, IPv4 or IPv6.
        public var address: String
        /// 0 takes any free port.
        public var port: Int
        /// Bytes of one message, decompressed.
        public var messageBytesMax = 64 << 20
        /// Calls on one connection at the same time.
        public var streamsPerConnectionMax = 100

        public init(address: String = "127.0.0.1", port: Int = 4317) {
            self.address = address
            self.port = port
        }
    }

    private let transport: HTTP2ServerTransport.Posix
    private let server: GRPCServer<HTTP2ServerTransport.Posix>

    public init(
        _ options: Options, memory: Memory, spans: @escaping Receiver, logs: @escaping LogReceiver, metrics: @escaping MetricReceiver
    ) {
        let config = HTTP2ServerTransport.Posix.Config.defaults { config in
            config.compression.enabledAlgorithms = [.gzip, .deflate]
            // What decompresses to a little more than our limit is read, to be answered with the status that says so.
            config.rpc.maxRequestPayloadSize = 2 * options.messageBytesMax
            config.channelDebuggingCallbacks.onAcceptHTTP2Stream = { channel in
                channel.eventLoop.makeCompletedFuture {
                    let bytesMax = options.messageBytesMax
                    try channel.pipeline.syncOperations.addHandler(
                        RequestGuard(messageBytesMax: bytesMax, memory: memory), position: .first)
                }
            }
            config.http2.maxConcurrentStreams = options.streamsPerConnectionMax
            // The protocol's default of 64 KiB would have a sender of large messages wait for us again and again.
            config.http2.targetWindowSize = 1 << 20
        }
        transport = HTTP2ServerTransport.Posix(
            address: options.address.contains(":")
                ? .ipv6(host: options.address, port: options.port) : .ipv4(host: options.address, port: options.port),
            transportSecurity: .plaintext, config: config)
        server = GRPCServer(
            transport: transport,
            services: [
                ExportService.traces(messageBytesMax: options.messageBytesMax, spans),
                ExportService.logs(messageBytesMax: options.messageBytesMax, logs),
                ExportService.metrics(messageBytesMax: options.messageBytesMax, metrics),
            ])
    }

    /// Serves until ``stop()`` is called and the calls that were begun are answered.
    ///
    /// - Parameter onListening: called with the port that is bound.
    /// - Throws: where the address cannot be listened on.
    public func run(onListening: @escaping @Sendable (_ port: Int) -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do { try await server.serve() } catch let error as RuntimeError { throw error.cause ?? error }
            }
            group.addTask {
                // Where there is none, serving has failed, and says why.
                guard let address = try? await transport.listeningAddress else { return }
                onListening(address.ipv4?.port ?? address.ipv6?.port ?? 0)
            }
            try await group.waitForAll()
        }
    }

    /// Takes no further calls; those that were begun are answered.
    public func stop() { server.beginGracefulShutdown() }
}
