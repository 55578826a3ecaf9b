internal import Foundation
internal import Ingestion
internal import Logging
internal import MetricStorage
internal import NIOPosix
internal import PerchMetrics
internal import ServiceLifecycle
internal import ShardStorage
internal import SpanMetrics

/// What spans pass before they are kept: they are counted for metrics, and sampled where that is configured.
final class SpanStages: Service {
    /// Where receivers hand spans to.
    let entrance: any SpanAppending
    private let counting: SpanMetricsStage?
    private let sampling: SamplingStage?
    private let spans: any SpanAppending
    private let samplingDirectory: String
    private let settings: TraceSettings
    private let journalSyncMilliseconds: Int64?
    private let blocking: NIOThreadPool
    private let logger: Logger
    /// Waits until storage has started.
    private let started: @Sendable () async throws -> Void

    /// How often work is looked for.
    private static let tickMilliseconds: Int64 = 200

    /// - Parameters:
    ///   - dataDirectory: where sampling keeps what it holds.
    ///   - spans: keeps the spans.
    ///   - metrics: keeps the metrics made of them.
    ///   - started: waits until both of them have started.
    /// - Throws: `ShardStorageError` where what sampling holds cannot be kept.
    init(
        _ settings: TraceSettings, dataDirectory: String, journalSync: StorageSettings.JournalSync, spans: any SpanAppending,
        metrics: any MetricAppending, blocking: NIOThreadPool, logger: Logger, registry: MetricRegistry,
        started: @escaping @Sendable () async throws -> Void
    ) throws {
        self.started = started
        self.settings = settings
        self.blocking = blocking
        self.logger = logger
        self.spans = spans
        samplingDirectory = dataDirectory + "/sampling"
        var entrance = spans
        switch journalSync {
        case .always: journalSyncMilliseconds = nil
        case .every(let milliseconds): journalSyncMilliseconds = milliseconds
        }
        if settings.sampling.isEnabled {
            let stage = try SamplingStage(
                settings.sampling, directory: samplingDirectory, syncsEveryAppend: journalSync == .always, next: entrance,
                now: SystemClock.now, report: SpanStages.report(to: logger))
            SpanStageMetrics.register(stage, in: registry)
            entrance = stage
            sampling = stage
        } else {
            sampling = nil
        }
        if settings.makesMetrics {
            let stage = SpanMetricsStage(
                settings.metrics, spans: settings.spanMetrics, graph: settings.serviceGraphs, next: entrance, metrics: metrics,
                now: SystemClock.now)
            SpanStageMetrics.register(stage, in: registry)
            entrance = stage
            counting = stage
        } else {
            counting = nil
        }
        self.entrance = entrance
    }

    private static func report(to logger: Logger) -> (String) -> Void {
        { logger.error("held spans are damaged", metadata: ["reason": .string($0)]) }
    }

    /// Keeps what sampling has held in an earlier run, if there is no sampling any more. To be called when storage has started. Blocks.
    func handOnLeftovers() throws {
        guard sampling == nil, FileManager.default.fileExists(atPath: samplingDirectory) else { return }
        let count = try SamplingStage.handOnLeftovers(in: samplingDirectory, to: spans, report: SpanStages.report(to: logger))
        logger.info("spans that sampling held are kept", metadata: ["spans": .stringConvertible(count)])
        try FileManager.default.removeItem(atPath: samplingDirectory)
    }

    /// Writes metrics and decides on traces until the process stops.
    func run() async throws {
        if counting == nil, sampling == nil {
            try? await gracefulShutdown()
            return
        }
        await cancelWhenGracefulShutdown { [self] in
            // Where storage cannot start, the process ends, and says why.
            guard (try? await started()) != nil else { return }
            let clock = ContinuousClock()
            let start = clock.now
            var tick: Int64 = 0
            while !Task.isCancelled {
                tick += 1
                do {
                    try await clock.sleep(until: start + .milliseconds(tick * SpanStages.tickMilliseconds))
                } catch {
                    return
                }
                let behind = Int64((clock.now - start) / .milliseconds(SpanStages.tickMilliseconds))
                // After a pause the next tick comes at its time; what was missed is not made up for.
                let ticks = tick...max(tick, behind)
                tick = ticks.upperBound
                await work(ticks)
            }
        }
    }

    /// Does what is due in one of the ticks.
    private func work(_ ticks: ClosedRange<Int64>) async {
        func isDue(every milliseconds: Int64) -> Bool {
            let period = max(1, milliseconds / SpanStages.tickMilliseconds)
            return ticks.upperBound / period > (ticks.lowerBound - 1) / period
        }
        let expires = isDue(every: 1000)
        let flushes = isDue(every: settings.metrics.intervalMilliseconds)
        let syncs = journalSyncMilliseconds.map { isDue(every: $0) } ?? false
        do {
            try await blocking.runIfActive { [self] in
                if let sampling {
                    attempt("held spans cannot be worked on") { try sampling.work() }
                    if syncs { attempt("held spans cannot be synced") { try sampling.sync() } }
                }
                if let counting {
                    if expires { counting.expire() }
                    if flushes { attempt("metrics of spans are not written") { try counting.flush() } }
                }
            }
        } catch {
            logger.debug("no threads for spans", metadata: ["reason": .string(String(describing: error))])
        }
    }

    /// Writes what was counted until now. Blocks.
    func flush() throws { try counting?.flush() }

    /// Writes what was counted last, once no more spans come.
    func finish() {
        if let counting { attempt("the last metrics of spans are not written") { try counting.flush() } }
        if let sampling { attempt("held spans are not closed") { try sampling.close() } }
    }

    private func attempt(_ failure: Logger.Message, _ work: () throws -> Void) {
        do { try work() } catch { logger.error(failure, metadata: ["reason": .string(String(describing: error))]) }
    }
}

/// What the stages say of themselves, under `perch_span_metrics_*` and `perch_sampling_*`.
enum SpanStageMetrics {
    static func register(_ stage: SpanMetricsStage, in registry: MetricRegistry) {
        let counters: [(name: String, help: String, value: @Sendable (SpanMetricsStatistics) -> Int)] = [
            ("spans_total", "Spans that were looked at for metrics.", { $0.observedSpans }),
            ("out_of_time_spans_total", "Spans left out because they ended too long ago or in the future.", { $0.outOfSlackSpans }),
            ("filtered_spans_total", "Spans left out by filter policies.", { $0.filteredSpans }),
            ("invalid_labels_total", "Spans and requests left out because a label would not be UTF-8.", { $0.invalidLabels }),
            (
                "overflow_spans_total", "Spans counted with the label metric_overflow, for want of room for more series.",
                { $0.overflowedSpans }
            ),
            ("overflow_edges_total", "Requests counted with the label metric_overflow.", { $0.overflowedEdges }),
            ("dropped_spans_total", "Spans that could not wait for the other side of their request.", { $0.droppedSpans }),
            ("samples_written_total", "Samples written.", { $0.writtenSamples }),
            ("flush_failures_total", "Times that metrics could not be written.", { $0.failedFlushes }),
        ]
        for counter in counters {
            registry.counterFunction("perch_span_metrics_" + counter.name, help: counter.help) { Double(counter.value(stage.statistics)) }
        }
        registry.gaugeFunction("perch_span_metrics_active_series", help: "Series that are written at each interval, at most.") {
            Double(stage.statistics.activeSeries)
        }
        registry.gaugeFunction("perch_span_metrics_waiting_edges", help: "Requests that wait for their other side.") {
            Double(stage.statistics.waitingEdges)
        }
    }

    static func register(_ stage: SamplingStage, in registry: MetricRegistry) {
        registry.collected("perch_sampling_traces_total", kind: .counter, help: "Traces that were decided on, by what decided.") {
            samples in
            let traces = stage.statistics.traces
            for reason in SamplingReason.allCases { samples.add(["reason": reason.rawValue], Double(traces[reason] ?? 0)) }
        }
        registry.collected("perch_sampling_spans_total", kind: .counter, help: "Spans of traces that were decided on, by what decided.") {
            samples in
            let statistics = stage.statistics
            for reason in SamplingReason.allCases { samples.add(["reason": reason.rawValue], Double(statistics.spans[reason] ?? 0)) }
            samples.add(["reason": "late_kept"], Double(statistics.lateSpansKept))
            samples.add(["reason": "late_sampled_out"], Double(statistics.lateSpansDropped))
        }
        let counters: [(name: String, help: String, value: @Sendable (SamplingStatistics) -> Int)] = [
            ("early_decisions_total", "Traces decided on before their time, for want of room.", { $0.earlyDecisions }),
            ("refused_spans_total", "Kept spans that storage refused for what they are.", { $0.refusedSpans }),
            ("delivery_failures_total", "Times that kept spans could not be handed on yet.", { $0.failedDeliveries }),
        ]
        for counter in counters {
            registry.counterFunction("perch_sampling_" + counter.name, help: counter.help) { Double(counter.value(stage.statistics)) }
        }
        let gauges: [(name: String, help: String, value: @Sendable (SamplingStatistics) -> Int)] = [
            ("held_traces", "Traces that are not decided on.", { $0.heldTraces }), ("held_spans", "Spans of them.", { $0.heldSpans }),
            ("held_bytes", "Bytes of them.", { $0.heldBytes }),
            ("remembered_decisions", "Traces whose decision is known.", { $0.rememberedDecisions }),
        ]
        for gauge in gauges {
            registry.gaugeFunction("perch_sampling_" + gauge.name, help: gauge.help) { Double(gauge.value(stage.statistics)) }
        }
    }
}
