public import Ingestion
public import MetricStorage
public import OTLPFormat
internal import Synchronization
public import TelemetryModel

/// A stage in front of where spans are kept: counts every span that is kept behind it, and writes the counts as metrics.
///
/// What is counted since the last writing is lost where the process is killed: at most one interval. Nothing is counted while a journal is
/// read back, so no span is counted twice for that.
public final class SpanMetricsStage: SpanAppending {
    private let next: any SpanAppending
    private let metrics: any MetricAppending
    private let now: @Sendable () -> Timestamp
    private let limits: SpanScanLimits
    private let plan: ObservationPlan
    private let state: Mutex<SpanMetricsGenerator>
    private let workspaces = Mutex<[ObservedMessage]>([])
    private let writtenSamples = Atomic<Int>(0)
    private let failedFlushes = Atomic<Int>(0)
    /// Held while samples are written: one flush at a time.
    private let flushing: Mutex<Flushing>

    private struct Flushing: Sendable {
        var batch = MetricBatch()
        var isDescribed = false
    }

    /// Messages that are observed at a time and keep their memory.
    private static let workspacesMax = 8
    /// Samples of one append; few enough that nobody waits for it.
    private static let batchSamples = 5000

    /// - Parameters:
    ///   - next: keeps the spans.
    ///   - metrics: keeps the metrics made of them.
    ///   - limits: those of whoever keeps the spans.
    ///   - now: the clock, in milliseconds since 1970.
    public init(
        _ general: MetricGenerationOptions, spans: SpanMetricsOptions, graph: ServiceGraphOptions, next: any SpanAppending,
        metrics: any MetricAppending, limits: SpanScanLimits = SpanScanLimits(), now: @escaping @Sendable () -> Timestamp
    ) {
        self.limits = limits
        self.next = next
        self.metrics = metrics
        self.now = now
        let generator = SpanMetricsGenerator(general, spans: spans, graph: graph, now: now(), seed: .random(in: .min ... .max))
        plan = generator.plan
        state = Mutex(generator)
        flushing = Mutex(Flushing())
    }

    public func append(otlp message: UnsafeRawBufferPointer) -> SpanAppendOutcome {
        // Whoever keeps the spans says what is wrong with a message that cannot be read.
        guard let scan = try? SpanScan(message, limits: limits) else { return next.append(otlp: message) }
        return append(otlp: message, scan: scan)
    }

    public func append(otlp message: UnsafeRawBufferPointer, scan: SpanScan) -> SpanAppendOutcome {
        let outcome = next.append(otlp: message, scan: scan)
        // What was refused as a whole comes again, or is not to be counted.
        if outcome.status == .accepted { observe(message, scan) }
        return outcome
    }

    private func observe(_ message: UnsafeRawBufferPointer, _ scan: SpanScan) {
        var workspace = workspaces.withLock { $0.popLast() } ?? ObservedMessage()
        workspace.observe(message, scan, plan)
        let time = now()
        state.withLock { $0.observe(message, scan, workspace, now: time) }
        workspaces.withLock { kept in
            if kept.count < SpanMetricsStage.workspacesMax { kept.append(workspace) }
        }
    }

    /// Gives up on requests that have waited for too long. To be called every second or so.
    public func expire() {
        let time = now()
        state.withLock { $0.expire(time) }
    }

    /// Writes all metrics as they are now. Blocks until they are durable.
    ///
    /// - Throws: `MetricStorageError` where they could not be written: nothing is lost then, the next flush writes it.
    public func flush() throws(MetricStorageError) {
        let result = flushing.withLock { flushing in
            Result { () throws(MetricStorageError) in
                do throws(MetricStorageError) { try flush(&flushing) } catch {
                    failedFlushes.add(1, ordering: .relaxed)
                    throw error
                }
            }
        }
        try result.get()
    }

    private func flush(_ flushing: inout Flushing) throws(MetricStorageError) {
        let time = now()
        var flush = state.withLock { $0.beginFlush(now: time) }
        while !flush.isDone {
            flushing.batch.removeAll()
            state.withLock { $0.fill(&flushing.batch, &flush, samplesMax: SpanMetricsStage.batchSamples) }
            if flushing.batch.isEmpty { continue }
            if !flushing.isDescribed {
                try metrics.setMetadata(state.withLock { $0.metadata })
                flushing.isDescribed = true
            }
            let result = try metrics.append(flushing.batch)
            writtenSamples.add(result.samplesWritten + result.histogramsWritten, ordering: .relaxed)
            state.withLock { $0.confirm(flush, result.references) }
        }
    }

    /// The numbers of this moment.
    public var statistics: SpanMetricsStatistics {
        var statistics = state.withLock { $0.statistics }
        statistics.writtenSamples = writtenSamples.load(ordering: .relaxed)
        statistics.failedFlushes = failedFlushes.load(ordering: .relaxed)
        return statistics
    }
}
