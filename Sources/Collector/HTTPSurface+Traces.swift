internal import Foundation
internal import HTTPAPI
internal import Logging
internal import PerchMetrics
internal import QueryModel
internal import TelemetryModel
internal import TraceQL
internal import TraceStorage

extension HTTPSurface {
    /// The traces as the APIs of Tempo and Jaeger see them.
    static func traceEnvironment(
        _ options: ServeOptions, _ traces: TraceStorage, queries: WorkPool, lookups: WorkPool, _ logger: Logger, _ metrics: MetricRegistry
    ) -> TraceEnvironment {
        var engine = TraceEngineOptions()
        engine.threadsPerQuery = ProcessInfo.processInfo.activeProcessorCount
        return TraceEnvironment(
            engine: TraceQLEngine(options: engine), source: TraceSpanSource(storage: traces),
            trace: { id, budget throws(QueryError) in
                try budget.check()
                do throws(TraceStorageError) { return try traces.trace(id) } catch { throw QueryError(.storage, error.message) }
            }, queries: queries, lookups: lookups, timeoutMilliseconds: options.queryTimeoutMilliseconds,
            slowQueries: options.slowQueryMilliseconds.map {
                SlowTraceQueryLog(thresholdMilliseconds: $0, write: SlowQueryLines(logger: logger).write)
            }, metrics: metrics, now: SystemClock.nanoseconds)
    }
}
