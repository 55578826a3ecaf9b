internal import Compression
internal import Ingestion
internal import NIOCore
internal import NIOPosix
internal import PerchMetrics

/// What the receivers of metric points, spans and log entries have in common: threads on which messages are worked on, a bound on the memory
/// of those that are being taken, what each client is held to, and counts.
final class MessageReceiver<Outcome: DeliveryOutcome, Source: RawRepresentable<String> & CaseIterable & Hashable & Sendable>: Sendable {
    private let clients: ClientLimiter?
    private let pendingBytesMax: Int
    private let pool: NIOThreadPool
    private let pending = PendingBytes()
    private let metrics: DeliveryMetrics<Source>

    /// Starts the threads.
    ///
    /// - Parameters:
    ///   - clients: what each client is held to; nil for nothing.
    ///   - names: those of the metrics.
    init(_ limits: ReceiverLimits, clients: ClientLimiter?, _ registry: MetricRegistry, _ names: DeliveryMetrics<Source>.Names) {
        self.clients = clients
        pendingBytesMax = limits.pendingBytesMax
        metrics = DeliveryMetrics(registry, names)
        pool = NIOThreadPool(numberOfThreads: max(1, limits.concurrency))
        pool.start()
        registry.gaugeFunction(
            "\(names.prefix)_pending_bytes", help: "Bytes of messages with \(names.items) that are being taken.", unit: "bytes"
        ) { [pending] in Double(pending.current) }
    }

    // For one that is given up before it served, as when the start of the server fails.
    deinit { pool.shutdownGracefully { _ in } }

    /// Ends the threads once what was begun is kept.
    func shutdown() async throws { try await pool.shutdownGracefully() }

    // MARK: Memory

    /// Takes memory for a message that is on its way by another server; false where there is no more to take.
    func take(bytes: Int) -> Bool { pending.take(bytes, max: pendingBytesMax) }

    /// Gives back what was taken.
    func give(bytes: Int) { pending.give(bytes) }

    /// Room for a message, none yet.
    func room() -> PendingRoom { PendingRoom(of: pending, max: pendingBytesMax) }

    // MARK: Messages

    /// Takes a message that is in memory already.
    func receive(
        _ message: [UInt8], of source: Source, from client: ClientIdentity, _ work: @escaping @Sendable ([UInt8]) -> Outcome
    ) async -> Outcome {
        if let refusal = overRate(client, source) { return refusal }
        let room = self.room()
        guard room.grow(by: message.count) else { return refuse(.noRoom, of: source, bytes: message.count) }
        return await run(source, bytes: message.count, room, from: client) { (work(message), nil as Never?) }.outcome
    }

    /// Takes the body of a request.
    ///
    /// - Parameters:
    ///   - codecs: what the body is decompressed by, the outermost first.
    ///   - bytesMax: of the body as sent, and decompressed.
    ///   - work: takes what the decompressed body holds.
    func receive<Value: Sendable>(
        _ call: APICall, of source: Source, codecs: [Codec], bytesMax: Int,
        _ work: @escaping @Sendable (UnsafeRawBufferPointer) -> (outcome: Outcome, value: Value?)
    ) async -> (outcome: Outcome, value: Value?) {
        let client = call.client
        if let refusal = overRate(client, source) { return (refusal, nil) }
        let room = self.room()
        let whole: ByteBuffer
        do throws(BodyRefusal) {
            whole = try await ReceivedBody.read(call, bytesMax: bytesMax, into: room)
        } catch {
            return (refuse(error.reason, of: source, bytes: error.bytes), nil)
        }
        return await run(source, bytes: whole.readableBytes, room, from: client) {
            whole.withUnsafeReadableBytes { MessageReceiver.decompressing($0, codecs[...], bytesMax, work) }
        }
    }

    /// Runs work on what comes of bytes by decompressing them.
    private static func decompressing<Value>(
        _ bytes: UnsafeRawBufferPointer, _ codecs: ArraySlice<Codec>, _ bytesMax: Int,
        _ work: (UnsafeRawBufferPointer) -> (outcome: Outcome, value: Value?)
    ) -> (outcome: Outcome, value: Value?) {
        // A sender without anything to send may leave the body empty and say that it is compressed all the same.
        guard let codec = codecs.first, !bytes.isEmpty else { return work(bytes) }
        var plain: [UInt8] = []
        do throws(CompressionError) {
            try codec.decompress(bytes, limit: bytesMax, into: &plain)
        } catch {
            switch error.code {
            case .limitExceeded: return (Outcome(refusal: .tooLarge(bytesMax: bytesMax)), nil)
            case .failed: return (Outcome(refusal: .unable(error.description)), nil)
            case .corrupt, .truncated, .trailingBytes: return (Outcome(refusal: .malformed(error.description)), nil)
            }
        }
        return plain.withUnsafeBytes { decompressing($0, codecs.dropFirst(), bytesMax, work) }
    }

    /// Runs work on a thread that may block, and counts what comes of it.
    ///
    /// - Parameters:
    ///   - bytes: the bytes of the message as they were sent.
    ///   - room: what the message has taken of the memory; given back at the end.
    func run<Value: Sendable>(
        _ source: Source, bytes: Int, _ room: PendingRoom, from client: ClientIdentity? = nil,
        _ work: @escaping @Sendable () -> (outcome: Outcome, value: Value?)
    ) async -> (outcome: Outcome, value: Value?) {
        var result: (outcome: Outcome, value: Value?)
        do {
            result = try await pool.runIfActive { work() }
        } catch {
            result = (Outcome(refusal: .unable("shutting down")), nil)
        }
        if let client { clients?.charge(client, bytes: bytes, items: result.outcome.acceptedItems + result.outcome.rejectedItems) }
        withExtendedLifetime(room) { metrics.count(result.outcome, of: source, bytes: bytes) }
        return result
    }

    // MARK: Messages that nobody looks at

    /// What a client is answered that is over a limit; nil where it is not.
    private func overRate(_ client: ClientIdentity, _ source: Source) -> Outcome? {
        do throws(ClientLimiter.Refusal) { try clients?.admit(client) } catch { return refuse(.overRate(error), of: source, bytes: 0) }
        return nil
    }

    /// Counts a message that nobody looks at, and gives the answer to it.
    func refuse(_ refusal: DeliveryRefusal, of source: Source, bytes: Int) -> Outcome {
        let outcome = Outcome(refusal: refusal)
        metrics.count(outcome, of: source, bytes: bytes)
        return outcome
    }
}
