public import Ingestion
internal import LogFormats
internal import NIOCore
internal import NIOPosix
public import PerchMetrics

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
    let metrics: LogReceptionMetrics

    /// Starts the threads on which entries are kept.
    public init(_ intake: LogIntake, limits: Limits = Limits(), metrics: MetricRegistry) {
        self.intake = intake
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

    /// Ends the threads once what was begun is kept.
    public func shutdown() async throws { try await pool.shutdownGracefully() }

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
