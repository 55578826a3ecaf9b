public import Ingestion
internal import LogFormats
internal import NIOCore
internal import NIOPosix
public import PerchMetrics
internal import Synchronization

/// What the receivers of logs from agents have in common: threads on which entries are kept, a bound on the memory of what is being taken, and counts.
public final class LogReception: Sendable {
    /// What is taken at once and at most.
    public struct Limits: Sendable {
        /// Bytes of everything that connections hold and that is not kept yet; beyond, nothing more is read from them.
        public var pendingBytesMax = 256 << 20
        /// Batches that are decoded and appended at the same time.
        public var concurrency = 4

        public init() {}
    }

    /// By which way entries come, as the metrics name it.
    public enum Source: String, Sendable, CaseIterable {
        case beats
        case syslogUDP = "syslog_udp"
        case syslogTCP = "syslog_tcp"
        case files
        case journal
    }

    private let intake: LogIntake
    private let pool: NIOThreadPool
    let pending: PendingBytes
    /// What each client is held to; nil for nothing.
    let clients: ClientLimiter?
    let metrics: LogReceptionMetrics
    /// Connections, open or closed, of which something was taken that is not kept yet.
    private let unfinished = Atomic<Int>(0)
    /// How long the end waits for what cannot be kept at the moment.
    private static let patience = Duration.seconds(5)

    /// Starts the threads on which entries are kept.
    ///
    /// - Parameter clients: what each client is held to; nil for nothing.
    public init(_ intake: LogIntake, limits: Limits = Limits(), clients: ClientLimiter? = nil, metrics: MetricRegistry) {
        self.intake = intake
        self.clients = clients
        self.metrics = LogReceptionMetrics(metrics)
        pending = PendingBytes(max: limits.pendingBytesMax)
        pool = NIOThreadPool(numberOfThreads: max(1, limits.concurrency))
        pool.start()
        metrics.gaugeFunction(
            "perch_receiver_agent_pending_bytes", help: "Bytes that connections of log agents hold and that are not kept yet.",
            unit: "bytes"
        ) { [pending] in Double(pending.current) }
    }

    // For one that is given up before it served, as when the start of the server fails.
    deinit { pool.shutdownGracefully { _ in } }

    /// Ends the threads once everything that was taken is kept, also of connections that are closed. Where storage does not take it, it is
    /// given up after five seconds.
    public func shutdown() async throws {
        let end = ContinuousClock.now + LogReception.patience
        while unfinished.load(ordering: .acquiring) > 0, ContinuousClock.now < end { try? await Task.sleep(for: .milliseconds(10)) }
        try await pool.shutdownGracefully()
    }

    /// Something was taken of a connection that had nothing left to be kept.
    func begin() { unfinished.add(1, ordering: .relaxed) }

    /// All that was taken of the connection is kept.
    func finish() { unfinished.subtract(1, ordering: .releasing) }

    /// Decodes and keeps entries on the thread that calls, which may block, and counts what comes of it.
    func deliver(
        from source: Source, _ decode: (inout LogDelivery) throws(LogFormatError) -> Void
    ) -> LogDeliveryOutcome {
        let outcome = intake.deliver(liftsTraceIDs: true, decode)
        metrics.count(outcome, of: source)
        return outcome
    }

    /// Runs work on a thread that may block, and comes back to the event loop. Fails only where the threads have ended.
    func run<Result: Sendable>(on eventLoop: any EventLoop, _ work: @escaping @Sendable () -> Result) -> EventLoopFuture<Result> {
        pool.runIfActive(eventLoop: eventLoop, work)
    }
}
