internal import Compression
internal import HTTPTypes
public import Ingestion
public import LogFormats
internal import NIOCore
internal import NIOPosix
public import PerchMetrics

/// What all receivers of log entries have in common: threads on which entries are kept, a bound on the memory of what is being taken, and counts.
public final class LogReceiver: Sendable {
    /// What is taken at once and at most.
    public struct Limits: Sendable {
        /// Bytes of one message, as sent and decompressed.
        public var messageBytesMax = 64 << 20
        /// Bytes of all messages that are being taken; beyond, senders are told to come again.
        public var pendingBytesMax = 256 << 20
        /// Messages that are decoded and appended at the same time.
        public var concurrency = 4

        public init() {}
    }

    /// By which way entries come, as the metrics name it.
    public enum Source: String, Sendable, CaseIterable {
        case lokiJSON = "loki_json"
        case lokiProtobuf = "loki_protobuf"
        case otlpGRPC = "otlp_grpc"
        case otlpHTTPProtobuf = "otlp_http_protobuf"
        case otlpHTTPJSON = "otlp_http_json"
        case jsonLines = "json_lines"
        case elasticsearch
        case journal
    }

    /// What is done with a message that lies in memory: decoded and kept.
    typealias Work<Value> = @Sendable (LogIntake, UnsafeRawBufferPointer) -> (outcome: LogDeliveryOutcome, value: Value?)

    let intake: LogIntake
    let limits: Limits
    let clients: ClientLimiter?
    /// What becomes of OTLP's attributes.
    let mapping: OTLPLogMapping
    private let pool: NIOThreadPool
    private let pending = PendingBytes()
    private let metrics: LogReceiverMetrics

    /// Starts the threads on which entries are kept.
    ///
    /// - Parameter clients: what each client is held to; nil for nothing.
    public init(
        intake: LogIntake, mapping: OTLPLogMapping = OTLPLogMapping(), limits: Limits = Limits(), clients: ClientLimiter? = nil,
        metrics: MetricRegistry
    ) {
        self.clients = clients
        self.intake = intake
        self.mapping = mapping
        self.limits = limits
        self.metrics = LogReceiverMetrics(metrics)
        pool = NIOThreadPool(numberOfThreads: max(1, limits.concurrency))
        pool.start()
        metrics.gaugeFunction(
            "perch_log_receiver_pending_bytes", help: "Bytes of messages with log entries that are being taken.", unit: "bytes"
        ) { [pending] in Double(pending.current) }
    }

    // For one that is given up before it served, as when the start of the server fails.
    deinit { pool.shutdownGracefully { _ in } }

    /// Ends the threads once what was begun is kept.
    public func shutdown() async throws { try await pool.shutdownGracefully() }

    /// Takes an `ExportLogsServiceRequest` that is in memory already.
    public func receive(otlp message: [UInt8], _ source: Source, from client: ClientIdentity) async -> LogDeliveryOutcome {
        if let refusal = overRate(client, source) { return refusal }
        let room = self.room()
        guard room.grow(by: message.count) else { return count(.noRoom, of: source, bytes: message.count) }
        let mapping = mapping
        return await run(source, bytes: message.count, room, from: client) { intake in
            message.withUnsafeBytes { (intake.deliver(otlp: $0, mapping), nil as Never?) }
        }.outcome
    }

    /// Room for a message, none yet.
    func room() -> PendingRoom { PendingRoom(of: pending, max: limits.pendingBytesMax) }

    /// Runs work on a thread that may block, and counts what comes of it.
    ///
    /// - Parameters:
    ///   - bytes: the bytes of the message as they were sent.
    ///   - room: what the message has taken of the memory; given back at the end.
    func run<Value: Sendable>(
        _ source: Source, bytes: Int, _ room: PendingRoom, from client: ClientIdentity? = nil,
        _ work: @escaping @Sendable (LogIntake) -> (outcome: LogDeliveryOutcome, value: Value?)
    ) async -> (outcome: LogDeliveryOutcome, value: Value?) {
        let intake = intake
        var result: (outcome: LogDeliveryOutcome, value: Value?)
        do {
            result = try await pool.runIfActive { work(intake) }
        } catch {
            result = (LogDeliveryOutcome(.unavailable, "shutting down", retryAfterSeconds: 1), nil)
        }
        if let client { clients?.charge(client, bytes: bytes, items: result.outcome.acceptedEntries + result.outcome.rejectedEntries) }
        withExtendedLifetime(room) { metrics.count(result.outcome, of: source, bytes: bytes) }
        return result
    }

    /// What a client is answered that is over a limit; nil where it is not.
    func overRate(_ client: ClientIdentity, _ source: Source) -> LogDeliveryOutcome? {
        do throws(ClientLimiter.Refusal) { try clients?.admit(client) } catch {
            var outcome = LogDeliveryOutcome(.unavailable, error.message, retryAfterSeconds: error.retryAfterSeconds)
            outcome.isOverRate = true
            return count(outcome, of: source, bytes: 0)
        }
        return nil
    }

    /// Counts a message that was refused before its entries were looked at.
    func count(_ outcome: LogDeliveryOutcome, of source: Source, bytes: Int) -> LogDeliveryOutcome {
        metrics.count(outcome, of: source, bytes: bytes)
        return outcome
    }
}

extension LogReceiver {
    /// Takes the body of a request.
    ///
    /// - Parameters:
    ///   - codecs: what the body is decompressed by, the outermost first.
    ///   - work: takes the entries of the decompressed body.
    func receive<Value: Sendable>(
        _ call: APICall, as source: Source, codecs: [Codec], _ work: @escaping Work<Value>
    ) async -> (outcome: LogDeliveryOutcome, value: Value?) {
        let client = call.client
        if let refusal = overRate(client, source) { return (refusal, nil) }
        let room = self.room()
        let bytesMax = limits.messageBytesMax
        let whole: ByteBuffer
        do throws(BodyRefusal) {
            whole = try await ReceivedBody.read(call, bytesMax: bytesMax, into: room)
        } catch {
            switch error {
            case .tooLarge(let bytes): return (count(.tooLarge(bytesMax), of: source, bytes: bytes), nil)
            case .noRoom(let bytes): return (count(.noRoom, of: source, bytes: bytes), nil)
            case .broken(let reason, let bytes): return (count(LogDeliveryOutcome(.malformed, reason), of: source, bytes: bytes), nil)
            }
        }
        return await run(source, bytes: whole.readableBytes, room, from: client) { intake in
            whole.withUnsafeReadableBytes { body in
                LogReceiver.decompressing(body, codecs[...], bytesMax) { work(intake, $0) }
            }
        }
    }

    /// Runs work on what comes of bytes by decompressing them.
    private static func decompressing<Value>(
        _ bytes: UnsafeRawBufferPointer, _ codecs: ArraySlice<Codec>, _ bytesMax: Int,
        _ work: (UnsafeRawBufferPointer) -> (outcome: LogDeliveryOutcome, value: Value?)
    ) -> (outcome: LogDeliveryOutcome, value: Value?) {
        // A sender without entries may leave the body empty and say that it is compressed all the same.
        guard let codec = codecs.first, !bytes.isEmpty else { return work(bytes) }
        var plain: [UInt8] = []
        do throws(CompressionError) {
            try codec.decompress(bytes, limit: bytesMax, into: &plain)
        } catch {
            switch error.code {
            case .limitExceeded: return (.tooLarge(bytesMax), nil)
            case .failed: return (LogDeliveryOutcome(.unavailable, error.description, retryAfterSeconds: 1), nil)
            case .corrupt, .truncated, .trailingBytes: return (LogDeliveryOutcome(.malformed, error.description), nil)
            }
        }
        return plain.withUnsafeBytes { decompressing($0, codecs.dropFirst(), bytesMax, work) }
    }
}

extension LogIntake {
    /// Takes an `ExportLogsServiceRequest`.
    func deliver(otlp message: UnsafeRawBufferPointer, _ mapping: OTLPLogMapping) -> LogDeliveryOutcome {
        // Records have their own fields for ids; a body that is JSON may have them as well.
        deliver(liftsTraceIDs: true) { (delivery) throws(LogFormatError) in
            try OTLPLogs.decode(message, mapping: mapping, into: &delivery)
        }
    }
}

extension LogDeliveryOutcome {
    static func tooLarge(_ bytesMax: Int) -> LogDeliveryOutcome {
        LogDeliveryOutcome(.tooLarge, "the body has more than \(bytesMax) bytes, as sent or decompressed")
    }

    static let noRoom = LogDeliveryOutcome(.unavailable, "too many log entries are being taken at the moment", retryAfterSeconds: 1)
}

extension LogDeliveryOutcome {
    /// What a sender is answered that may come again.
    var comeAgainStatus: HTTPResponse.Status { isOverRate ? .tooManyRequests : .serviceUnavailable }
}
