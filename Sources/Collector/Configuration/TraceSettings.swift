public import SpanMetrics

/// `traces`: what is made of spans, and which of them are kept.
public struct TraceSettings: Sendable, Hashable {
    public var metrics = MetricGenerationOptions()
    public var spanMetrics = SpanMetricsOptions()
    public var serviceGraphs = ServiceGraphOptions()
    public var sampling = SamplingOptions()

    public init() {}

    /// Whether spans are looked at for metrics.
    public var makesMetrics: Bool { spanMetrics.isEnabled || serviceGraphs.isEnabled }
}
