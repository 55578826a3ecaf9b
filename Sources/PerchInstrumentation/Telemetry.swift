internal import Logging
public import PerchExport
public import PerchLogging
public import PerchMetrics
public import PerchTracing
internal import PerchWire
public import ServiceLifecycle

/// The metrics, logs and traces of one service: registry, factories, and the task that exports.
///
/// Nothing global is touched, so that a test may have as many as it likes; ``Perch/bootstrap(service:_:)`` is for programs.
public final class Telemetry: Service {
    /// The metrics; `/metrics` shows them.
    public let metrics: MetricRegistry
    /// Makes instruments of swift-metrics in ``metrics``.
    public let metricsFactory: PerchMetricsFactory
    /// The tracer for swift-distributed-tracing.
    public let tracer: PerchTracer
    /// Makes handlers of swift-log.
    public let logs: LogPipeline
    /// The level of each logger; can be changed at any time.
    public let levels: LogLevels
    /// What is said of this process wherever its telemetry goes.
    public let resource: TelemetryResource
    /// What was wrong with the configuration and was passed over; logged as warnings, too.
    public let warnings: [String]

    /// Who says what is wrong with telemetry itself.
    static let loggerLabel = "perch.telemetry"

    private let export: TelemetryExport?
    private let writer: (any LogLineWriter)?
    private let flushTimeout: Duration
    private let delays: Histogram?
    private let logger: Logger

    /// - Parameter environment: the variables of the process unless given.
    public init(_ configuration: Configuration, environment: [String: String] = EnvironmentVariables.ofProcess()) {
        var variables = EnvironmentVariables(environment)
        let configuration = variables.applied(to: configuration)
        let spans = SpanQueue(spansMax: configuration.spanQueueMax, batchSize: configuration.spanBatchSize)
        let records = LogQueue(recordsMax: configuration.logQueueMax, batchSize: configuration.logBatchSize)
        resource = configuration.resource
        levels = configuration.levels
        writer = configuration.logExporters.contains(.console) ? configuration.logWriter : nil
        flushTimeout = configuration.flushTimeout

        metrics = MetricRegistry(
            limits: configuration.metricLimits, exemplars: configuration.takesExemplars ? ExemplarSource(CurrentSpan.identity) : nil,
            exposesCreated: configuration.exposesCreated)
        metricsFactory = PerchMetricsFactory(metrics, configuration: configuration.metrics)
        tracer = PerchTracer(configuration.tracer, sink: configuration.spanSink ?? spans)

        let diagnostics = LogPipeline(configuration.pipeline(writer: configuration.logWriter, sinks: []))
        let logger = Logger(label: Telemetry.loggerLabel) { diagnostics.handler(label: $0) }
        self.logger = logger
        let transport = configuration.makeTransport(&variables)
        let exportsLogs = configuration.logExporters.contains(.otlp) && transport != nil
        logs = LogPipeline(configuration.pipeline(writer: writer, sinks: configuration.logSinks + (exportsLogs ? [records] : [])))
        if let transport {
            var settings = configuration.exportSettings(&variables)
            settings.onProblem = { problem in logger.warning("telemetry cannot be exported", metadata: ["problem": .string(problem)]) }
            export = TelemetryExport(
                transport, configuration: settings, spans: configuration.exportsSpans ? spans : nil, logs: exportsLogs ? records : nil,
                metrics: configuration.metricExporters.contains(.otlp) ? metrics : nil)
        } else {
            export = nil
        }
        delays = configuration.exposesProcess ? Telemetry.registerProcess(metrics) : nil
        warnings = variables.warnings
        registerOwnMetrics()
        for warning in warnings { logger.warning("a setting was passed over", metadata: ["setting": .string(warning)]) }
    }

    /// Exports until the service is shut down gracefully or cancelled, then sends what is left, within ``Configuration/flushTimeout``.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                if let export = self.export { group.addTask { await export.run() } }
                group.addTask { await self.watchDelays() }
                await group.waitForAll()
            }
        }
        await flush(within: flushTimeout)
        await export?.shutdown()
    }

    /// Sends and writes all that waits.
    ///
    /// - Returns: whether that was done in time.
    @discardableResult
    public func flush(within timeout: Duration) async -> Bool {
        let isDone = await export?.flush(within: timeout) ?? true
        writer?.flush(within: timeout)
        return isDone
    }

    /// Measures how long a task waits for a thread: what rises first where something blocks the threads of Swift's concurrency.
    private func watchDelays() async {
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            guard let delays else { continue }
            let started = SystemTime.monotonicNanoseconds()
            await Task.detached { delays.record(Double(SystemTime.monotonicNanoseconds() - started) / 1e9) }.value
        }
    }

    private static func registerProcess(_ metrics: MetricRegistry) -> Histogram {
        ProcessMetrics.register(in: metrics)
        RuntimeMetrics.register(in: metrics)
        return metrics.histogram(
            "swift_task_delay_seconds", help: "Time that a new task waits for a thread, measured once a second.", unit: "seconds",
            bounds: [0.0001, 0.001, 0.01, 0.1, 1])
    }

    private func registerOwnMetrics() {
        let (metrics, tracer) = (metrics, tracer)
        export?.register(in: metrics)
        if let lines = writer as? BufferedLines {
            metrics.counterFunction("perch_logging_dropped_lines_total", help: "Log lines that nobody read in time.") {
                Double(lines.droppedLines)
            }
        }
        metrics.counterFunction(
            "perch_metrics_overflows_total", help: "Series that were asked for beyond the limit of their metric."
        ) { [weak metrics] in Double(metrics?.overflowCount ?? 0) }
        metrics.counterFunction(
            "perch_tracing_dropped_held_spans_total", help: "Spans of traces under consideration for which there was no room."
        ) { Double(tracer.droppedHeldSpans) }
    }
}
