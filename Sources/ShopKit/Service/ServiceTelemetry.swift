public import CoreMetrics
public import Logging
public import PerchInstrumentation
internal import PerchLogging
public import PerchMetrics
public import Tracing

/// Where a service's metrics, spans and lines go. Handed to what needs it, so that tests can look at their own.
public struct ServiceTelemetry: Sendable {
    public let metrics: MetricRegistry
    /// Makes the instruments of the libraries for HTTP and SQL, in ``metrics``.
    public let metricsFactory: any MetricsFactory
    public let tracer: any Tracer
    private let makeLogger: @Sendable (String) -> Logger

    public init(
        metrics: MetricRegistry, metricsFactory: any MetricsFactory, tracer: any Tracer, makeLogger: @escaping @Sendable (String) -> Logger
    ) {
        self.metrics = metrics
        self.metricsFactory = metricsFactory
        self.tracer = tracer
        self.makeLogger = makeLogger
    }

    public init(_ telemetry: Telemetry) {
        self.init(metrics: telemetry.metrics, metricsFactory: telemetry.metricsFactory, tracer: telemetry.tracer) { label in
            Logger(label: label) { telemetry.logs.handler(label: $0) }
        }
    }

    public func logger(_ label: String) -> Logger { makeLogger(label) }
}
