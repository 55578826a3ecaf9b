internal import Compression
public import Ingestion
internal import NIOCore
internal import NIOPosix
public import PerchMetrics

/// What all receivers of metric points over HTTP and gRPC have in common, remote write aside: threads on which points are kept, a bound on
/// the memory of what is being taken, and counts.
public final class MetricReceiver: Sendable {
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

    /// By which way points come, as the metrics name it.
    public enum Source: String, Sendable, CaseIterable {
        case otlpGRPC = "otlp_grpc"
        case otlpHTTPProtobuf = "otlp_http_protobuf"
        case otlpHTTPJSON = "otlp_http_json"
        case influx
        case pushgateway
    }

    /// What is done with a message that lies in memory, decompressed.
    typealias Work = @Sendable (UnsafeRawBufferPointer) -> MetricDeliveryOutcome

    let limits: Limits
    /// Takes the messages of OpenTelemetry.
    let otlp: OTLPMetricIngestor
    let clients: ClientLimiter?
    private let pool: NIOThreadPool
    private let pending = PendingBytes()
    private let metrics: MetricReceiverMetrics

    /// Starts the threads on which points are kept.
    ///
    /// - Parameter clients: what each client is held to; nil for nothing.
    public init(otlp: OTLPMetricIngestor, limits: Limits = Limits(), clients: ClientLimiter? = nil, metrics: MetricRegistry) {
        self.clients = clients
        self.otlp = otlp
        self.limits = limits
        self.metrics = MetricReceiverMetrics(metrics)
        pool = NIOThreadPool(numberOfThreads: max(1, limits.concurrency))
        pool.start()
        metrics.gaugeFunction(
            "perch_metric_receiver_pending_bytes", help: "Bytes of messages with metric points that are being taken.", unit: "bytes"
        ) { [pending] in Double(pending.current) }
    }

    // For one that is given up before it served, as when the start of the server fails.
    deinit { pool.shutdownGracefully { _ in } }

    /// Ends the threads once what was begun is kept.
    public func shutdown() async throws { try await pool.shutdownGracefully() }

    /// Takes an `ExportMetricsServiceRequest` that is in memory already.
    public func receive(otlp message: [UInt8], _ source: Source, from client: ClientIdentity) async -> MetricDeliveryOutcome {
        do throws(ClientLimiter.Refusal) { try clients?.admit(client) } catch { return count(.overRate(error), of: source, bytes: 0) }
        let room = self.room()
        guard room.grow(by: message.count) else { return count(.noRoom, of: source, bytes: message.count) }
        let otlp = otlp
        return await run(source, bytes: message.count, room, client) { message.withUnsafeBytes { otlp.append(otlp: $0) } }
    }

    /// Takes the body of a request.
    ///
    /// - Parameters:
    ///   - coding: how the body is compressed.
    ///   - work: takes the points of the decompressed body.
    func receive(_ call: APICall, as source: Source, coding: RequestCoding, _ work: @escaping Work) async -> MetricDeliveryOutcome {
        let client = call.client
        do throws(ClientLimiter.Refusal) { try clients?.admit(client) } catch { return count(.overRate(error), of: source, bytes: 0) }
        let room = self.room()
        let bytesMax = limits.messageBytesMax
        let whole: ByteBuffer
        do throws(BodyRefusal) {
            whole = try await ReceivedBody.read(call, bytesMax: bytesMax, into: room)
        } catch {
            switch error {
            case .tooLarge(let bytes): return count(.tooLarge(bytesMax), of: source, bytes: bytes)
            case .noRoom(let bytes): return count(.noRoom, of: source, bytes: bytes)
            case .broken(let reason, let bytes): return count(MetricDeliveryOutcome(.malformed, reason), of: source, bytes: bytes)
            }
        }
        return await run(source, bytes: whole.readableBytes, room, client) {
            whole.withUnsafeReadableBytes { MetricReceiver.decompressing($0, coding, bytesMax, work) }
        }
    }

    private static func decompressing(
        _ bytes: UnsafeRawBufferPointer, _ coding: RequestCoding, _ bytesMax: Int, _ work: Work
    ) -> MetricDeliveryOutcome {
        // A sender without points may leave the body empty and say that it is compressed all the same.
        guard case .compressed(let codec) = coding, !bytes.isEmpty else { return work(bytes) }
        var plain: [UInt8] = []
        do throws(CompressionError) {
            try codec.decompress(bytes, limit: bytesMax, into: &plain)
        } catch {
            switch error.code {
            case .limitExceeded: return .tooLarge(bytesMax)
            case .failed: return MetricDeliveryOutcome(.unavailable, error.description, retryAfterSeconds: 1)
            case .corrupt, .truncated, .trailingBytes: return MetricDeliveryOutcome(.malformed, error.description)
            }
        }
        return plain.withUnsafeBytes(work)
    }

    private func room() -> PendingRoom { PendingRoom(of: pending, max: limits.pendingBytesMax) }

    private func run(
        _ source: Source, bytes: Int, _ room: PendingRoom, _ client: ClientIdentity, _ work: @escaping @Sendable () -> MetricDeliveryOutcome
    ) async -> MetricDeliveryOutcome {
        let outcome: MetricDeliveryOutcome
        do {
            outcome = try await pool.runIfActive { work() }
        } catch {
            outcome = MetricDeliveryOutcome(.unavailable, "shutting down", retryAfterSeconds: 1)
        }
        clients?.charge(client, bytes: bytes, items: outcome.acceptedPoints + outcome.rejectedPoints)
        return withExtendedLifetime(room) { count(outcome, of: source, bytes: bytes) }
    }

    private func count(_ outcome: MetricDeliveryOutcome, of source: Source, bytes: Int) -> MetricDeliveryOutcome {
        metrics.count(outcome, of: source, bytes: bytes)
        return outcome
    }
}

extension MetricDeliveryOutcome {
    fileprivate static func tooLarge(_ bytesMax: Int) -> MetricDeliveryOutcome {
        MetricDeliveryOutcome(.tooLarge, "the body has more than \(bytesMax) bytes, as sent or decompressed")
    }

    fileprivate static func overRate(_ refusal: ClientLimiter.Refusal) -> MetricDeliveryOutcome {
        MetricDeliveryOutcome(.tooManyRequests, refusal.message, retryAfterSeconds: refusal.retryAfterSeconds)
    }

    fileprivate static let noRoom = MetricDeliveryOutcome(
        .unavailable, "too many metric points are being taken at the moment", retryAfterSeconds: 1)
}
