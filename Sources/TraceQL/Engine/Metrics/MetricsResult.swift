public import TelemetryModel

/// What a metrics query asks for beside its text.
public struct MetricsOptions: Sendable, Hashable {
    public var range: NanosecondRange
    /// Nanoseconds between samples; 0 chooses a step that suits the range (``TraceQLEngine/defaultStep(for:)``).
    public var step: UInt64 = 0
    /// The most exemplars of the answer; 0 for none. A query says the same by `with (exemplars=…)`.
    public var exemplarsMax = 100
    /// The most series of the answer; 0 for no limit.
    public var seriesMax = 1000

    public init(range: NanosecondRange) { self.range = range }
}

/// The answer to a metrics query.
public struct MetricsResult: Sendable, Hashable {
    /// Sorted by labels.
    public var series: [MetricSeries] = []
    /// Whether there were more series than asked for.
    public var isTruncated = false
    public var statistics = TraceQueryStatistics()

    public init() {}
}

/// One series of a metrics query. The answer to an instant query has one sample each.
public struct MetricSeries: Sendable, Hashable {
    /// In the order of the query; values have the types of what they come from.
    public var labels: [Attribute]
    public var samples: [MetricSample]
    public var exemplars: [MetricExemplar]

    public init(labels: [Attribute], samples: [MetricSample] = [], exemplars: [MetricExemplar] = []) {
        self.labels = labels
        self.samples = samples
        self.exemplars = exemplars
    }
}

/// A value at a time.
public struct MetricSample: Sendable, Hashable {
    /// Milliseconds since 1970.
    public var timestamp: Timestamp
    public var value: Double

    public init(timestamp: Timestamp, value: Double) {
        self.timestamp = timestamp
        self.value = value
    }
}

/// A span that stands for others behind a sample.
public struct MetricExemplar: Sendable, Hashable {
    public var labels: [Attribute]
    /// Milliseconds since 1970.
    public var timestamp: Timestamp
    public var value: Double

    public init(labels: [Attribute], timestamp: Timestamp, value: Double) {
        self.labels = labels
        self.timestamp = timestamp
        self.value = value
    }
}
