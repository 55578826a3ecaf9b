/// What a service declares that it emits, as `TelemetryContract.schema(service:)` of `PerchMetrics` prints it.
public struct Contract: Sendable, Hashable {
    /// The type of a metric, named as Prometheus names it.
    public enum MetricType: String, Sendable, Hashable, CaseIterable {
        case counter, gauge, histogram, summary
    }

    public struct Metric: Sendable, Hashable {
        public var name: String
        public var type: MetricType
        /// The base unit in words, or empty.
        public var unit: String
        public var help: String
        /// The upper bounds of classic buckets, without +Inf; nil where they are not declared.
        public var bounds: [Double]?
        /// Whether a histogram has native buckets, too.
        public var isNative: Bool
        public var labels: [Label]

        /// Whether all series are there from the beginning, since all values of all labels are known.
        public var isClosed: Bool { labels.allSatisfy { $0.values != nil } }
    }

    public struct Label: Sendable, Hashable {
        public var name: String
        /// All values that there may be; nil where they are not known beforehand.
        public var values: [String]?
        /// How many values there may be where they are not known.
        public var valuesMax: Int?
    }

    public enum ValueType: String, Sendable, Hashable, CaseIterable {
        case string, int, double, bool
    }

    public struct Attribute: Sendable, Hashable {
        public var name: String
        public var type: ValueType
        /// All texts that there may be; nil for any.
        public var values: [String]?
    }

    public struct Span: Sendable, Hashable {
        public var name: String
        /// `internal`, `server`, `client`, `producer` or `consumer`.
        public var kind: String
        public var attributes: [Attribute]
    }

    public struct LogLine: Sendable, Hashable {
        public var message: String
        /// A level of swift-log.
        public var level: String
        public var metadata: [Attribute]
    }

    /// The name of the service.
    public var service: String
    public var metrics: [Metric] = []
    public var spans: [Span] = []
    public var logs: [LogLine] = []

    /// What stands in for values of an open label beyond those that there may be.
    public static let otherValue = "_other"
    /// The label of the series that counts what a metric has no room for.
    public static let overflowLabel = "otel_metric_overflow"
}

extension Contract.Metric {
    /// The name without `_total`, under which OpenMetrics knows a counter.
    var base: String { type == .counter && name.hasSuffix("_total") ? String(name.dropLast(6)) : name }

    /// The names that its samples may have.
    var sampleNames: [String] {
        switch type {
        case .counter, .gauge: [name]
        case .histogram: [name + "_bucket", name + "_sum", name + "_count", name]
        case .summary: [name, name + "_sum", name + "_count"]
        }
    }
}
