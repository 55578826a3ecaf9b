/// What kind of metric a family is (the names are those of Prometheus' metadata API).
public enum MetricType: String, Sendable, Hashable, CaseIterable {
    case counter, gauge, histogram, gaugehistogram, summary, info, stateset, unknown
}

/// What a target or sender says of a metric family.
public struct MetricMetadata: Sendable, Hashable {
    public var type: MetricType
    public var help: String
    public var unit: String

    public init(type: MetricType = .unknown, help: String = "", unit: String = "") {
        self.type = type
        self.help = help
        self.unit = unit
    }
}

/// A pointer from a series to one event behind it, usually a trace.
public struct Exemplar: Sendable, Hashable {
    public var labels: LabelSet
    public var value: Double
    public var timestamp: Timestamp

    public init(labels: LabelSet, value: Double, timestamp: Timestamp) {
        self.labels = labels
        self.value = value
        self.timestamp = timestamp
    }
}
