internal import CoreMetrics
public import Logging
public import PerchLogging
public import PerchMetrics
public import PerchTracing
internal import Synchronization
internal import Tracing

/// Telemetry that stays in memory, for tests. Nothing global is touched, so tests may run at the same time.
///
///     let telemetry = TestTelemetry()
///     try await telemetry.run { try await service.placeOrder() }
///     telemetry.expectMetric("orders_placed_total", ["tier": "gold"], 1)
///     telemetry.expectSpan("place order", attributes: ["order.id": "o-1"])
///     telemetry.expectLog("order placed", level: .info)
public final class TestTelemetry: Sendable {
    public let metrics: MetricRegistry
    public let metricsFactory: PerchMetricsFactory
    public let tracer: PerchTracer
    public let logs: LogPipeline
    private let memory = Memory()

    private final class Memory: LogRecordSink {
        let spans = Mutex<[FinishedSpan]>([])
        let records = Mutex<[LogRecord]>([])

        func emit(_ record: LogRecord) { records.withLock { $0.append(record) } }
    }

    /// - Parameters:
    ///   - metricsConfiguration: as the service has it.
    ///   - sampler: which spans are kept; all unless given.
    ///   - level: messages below it are not kept; all are unless given.
    public init(
        metricsConfiguration: MetricsConfiguration = MetricsConfiguration(), sampler: Sampler = .always, level: Logger.Level = .trace
    ) {
        let memory = memory
        metrics = MetricRegistry(exemplars: ExemplarSource(CurrentSpan.identity))
        metricsFactory = PerchMetricsFactory(metrics, configuration: metricsConfiguration)
        var tracing = PerchTracer.Configuration()
        tracing.sampler = sampler
        tracer = PerchTracer(tracing, sink: ImmediateSpans { span in memory.spans.withLock { $0.append(span) } })
        var logging = LogPipeline.Configuration(levels: LogLevels(level), writer: nil)
        logging.sinks = [memory]
        logging.currentSpan = CurrentSpan.identity
        logs = LogPipeline(logging)
    }

    /// A logger whose messages are kept.
    public func logger(_ label: String = "test") -> Logger { Logger(label: label) { logs.handler(label: $0) } }

    /// Runs code whose instruments and spans are made here, if it takes them from swift-metrics and swift-distributed-tracing without saying
    /// from where.
    public func run<Result>(_ work: () async throws -> Result) async throws -> Result {
        try await withMetricsFactory(metricsFactory) { try await withTracer(tracer) { try await work() } }
    }

    /// The spans that have ended, in the order in which they did.
    public var spans: [FinishedSpan] { memory.spans.withLock { $0 } }

    /// What was logged, in order.
    public var records: [LogRecord] { memory.records.withLock { $0 } }

    /// Forgets spans and messages, but not metrics, which only rise.
    public func reset() {
        memory.spans.withLock { $0.removeAll() }
        memory.records.withLock { $0.removeAll() }
    }
}
