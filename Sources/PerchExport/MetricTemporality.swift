/// What is sent of counters and histograms (OpenTelemetry, "OTLP Metrics Exporter", temporality preference). Prometheus, and so Perch, wants them
/// cumulative, which also survives messages that are lost.
public enum MetricTemporality: String, Sendable, Hashable, CaseIterable {
    /// All since they were made.
    case cumulative
    /// What was added since the message before. Series that did not change are left out.
    case delta
    /// The same, but for counters whose values are asked for at each export: nothing need be remembered of them.
    case lowMemory = "lowmemory"
}
