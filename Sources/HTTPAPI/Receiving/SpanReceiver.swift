public import Ingestion
internal import NIOPosix
public import PerchMetrics

/// What all receivers of spans have in common: threads on which spans are kept, a bound on the memory of what is being taken, and counts.
public final class SpanReceiver: Sendable {
    /// What is taken at once and at most.
    public struct Limits: Sendable {
        /// Bytes of one message, as sent and decompressed.
        public var messageBytesMax = 64 << 20
        /// Bytes of one body in a format of which the same spans take more room in OTLP.
        public var foreignBytesMax = 16 << 20
        /// Bytes of all messages that are being taken; beyond, senders are told to come again.
        public var pendingBytesMax = 256 << 20
        /// Messages that are decoded and appended at the same time.
        public var concurrency = 4

        public init() {}
    }

    /// By which way spans come, as the metrics name it.
    public enum Source: String, Sendable, CaseIterable {
        case otlpGRPC = "otlp_grpc"
        case otlpHTTPProtobuf = "otlp_http_protobuf"
        case otlpHTTPJSON = "otlp_http_json"
        case jaegerCompact = "jaeger_agent_compact"
        case jaegerBinary = "jaeger_agent_binary"
        case jaegerHTTP = "jaeger_http"
        case zipkin
    }

    let limits: Limits
    let clients: ClientLimiter?
    private let spans: any SpanAppending
    private let pool: NIOThreadPool
    private let pending = PendingBytes()
    private let metrics: SpanReceiverMetrics

    /// Starts the threads on which spans are kept.
    ///
    /// - Parameter clients: what each client is held to; nil for nothing.
    public init(spans: any SpanAppending, limits: Limits = Limits(), clients: ClientLimiter? = nil, metrics: MetricRegistry) {
        self.clients = clients
        self.spans = spans
        self.limits = limits
        self.metrics = SpanReceiverMetrics(metrics)
        pool = NIOThreadPool(numberOfThreads: max(1, limits.concurrency))
        pool.start()
        metrics.gaugeFunction(
            "perch_receiver_pending_bytes", help: "Bytes of messages with spans that are being taken.", unit: "bytes"
        ) { [pending] in Double(pending.current) }
    }

    // For one that is given up before it served, as when the start of the server fails.
    deinit { pool.shutdownGracefully { _ in } }

    /// Ends the threads once what was begun is kept.
    public func shutdown() async throws { try await pool.shutdownGracefully() }

    /// Takes a message of OTLP that is in memory already.
    public func receive(_ source: Source, otlp message: [UInt8], from client: ClientIdentity) async -> SpanAppendOutcome {
        if let refusal = overRate(client, source) { return refusal }
        let room = self.room()
        guard room.grow(by: message.count) else { return refuse(source, bytes: message.count) }
        return await receive(source, bytes: message.count, room, from: client) { spans in message.withUnsafeBytes { spans.append(otlp: $0) }
        }
    }

    /// Takes a message in another format, which is converted on a thread that may block.
    public func receive(
        _ source: Source, bytes: [UInt8], from client: ClientIdentity,
        converting convert: @escaping @Sendable ([UInt8]) throws(SpanConversionError) -> [UInt8]
    ) async -> SpanAppendOutcome {
        if let refusal = overRate(client, source) { return refusal }
        let room = self.room()
        guard room.grow(by: bytes.count) else { return refuse(source, bytes: bytes.count) }
        return await receive(source, bytes: bytes.count, room, from: client) { spans in
            do throws(SpanConversionError) {
                return try convert(bytes).withUnsafeBytes { spans.append(otlp: $0) }
            } catch {
                return SpanAppendOutcome(.malformed, error.message)
            }
        }
    }

    /// Takes memory for a message that is on its way by another server; false where there is no more to take.
    public func take(bytes: Int) -> Bool { pending.take(bytes, max: limits.pendingBytesMax) }

    /// Gives back what was taken.
    public func give(bytes: Int) { pending.give(bytes) }

    /// Room for a message, none yet.
    func room() -> PendingRoom { PendingRoom(of: pending, max: limits.pendingBytesMax) }

    /// Runs work that appends spans on a thread that may block, and counts what comes of it.
    ///
    /// - Parameters:
    ///   - bytes: the bytes of the message as they were sent.
    ///   - room: what the message has taken of the memory; given back at the end.
    func receive(
        _ source: Source, bytes: Int, _ room: PendingRoom, from client: ClientIdentity? = nil,
        _ append: @escaping @Sendable (any SpanAppending) -> SpanAppendOutcome
    ) async -> SpanAppendOutcome {
        let spans = spans
        let outcome: SpanAppendOutcome
        do {
            outcome = try await pool.runIfActive { append(spans) }
        } catch {
            outcome = SpanAppendOutcome(.unavailable, "shutting down", retryAfterSeconds: 1)
        }
        if let client { clients?.charge(client, bytes: bytes, items: outcome.acceptedSpans + outcome.rejectedSpans) }
        withExtendedLifetime(room) { metrics.count(outcome, of: source, bytes: bytes) }
        return outcome
    }

    /// What a client is answered that is over a limit; nil where it is not.
    func overRate(_ client: ClientIdentity, _ source: Source) -> SpanAppendOutcome? {
        do throws(ClientLimiter.Refusal) { try clients?.admit(client) } catch {
            return count(
                SpanAppendOutcome(.tooManyRequests, error.message, retryAfterSeconds: error.retryAfterSeconds), of: source, bytes: 0)
        }
        return nil
    }

    /// Counts a message that there is no room for.
    func refuse(_ source: Source, bytes: Int) -> SpanAppendOutcome {
        let outcome = SpanAppendOutcome(.unavailable, "too many spans are being taken at the moment", retryAfterSeconds: 1)
        metrics.count(outcome, of: source, bytes: bytes)
        return outcome
    }

    /// Counts a message that was refused before its spans were looked at.
    func count(_ outcome: SpanAppendOutcome, of source: Source, bytes: Int) -> SpanAppendOutcome {
        metrics.count(outcome, of: source, bytes: bytes)
        return outcome
    }
}

/// A message of a format that cannot be read.
public struct SpanConversionError: Error, Sendable {
    public let message: String

    public init(_ message: String) { self.message = message }
}

extension SpanAppendOutcome {
    init(_ status: Status, _ message: String, retryAfterSeconds: Int? = nil) {
        self.init(status)
        self.message = message
        self.retryAfterSeconds = retryAfterSeconds
    }
}
