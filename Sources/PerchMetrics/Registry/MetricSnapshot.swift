/// The series of one metric name at some moment: what OTLP is written from, and what tests look at.
public struct MetricFamilySnapshot: Sendable {
    /// The name that Prometheus' formats use, such as `http_server_request_duration_seconds`.
    public let name: String
    /// The name that the instrument was made with, such as `http.server.request.duration`: what OTLP uses.
    public let sourceName: String
    public let kind: MetricKind
    public let help: String
    /// The base unit in words, such as `seconds`, or empty.
    public let unit: String
    /// Rising by labels.
    public let points: [MetricPoint]
    /// Whether values are asked for at each exposition (OpenTelemetry's "asynchronous" instruments), not counted here.
    public let isComputed: Bool
    /// Whether counters and histograms hold what was added since their time of creation, which then is that of the snapshot before.
    public internal(set) var isDelta = false
}

/// One series at some moment.
public struct MetricPoint: Sendable {
    public let labels: MetricLabels
    public let value: MetricValue
    /// When counting began, in nanoseconds since 1970; zero where that is not known.
    public let created: Int64
    /// The newest exemplar of a counter; those of a histogram are with its buckets.
    public let exemplar: Exemplar?
}

/// What a series holds at some moment.
public enum MetricValue: Sendable {
    case number(Double)
    case histogram(HistogramSnapshot)
    case summary(SummarySnapshot)
}

/// What a histogram held at some moment.
public struct HistogramSnapshot: Sendable {
    /// Upper bounds, inclusive and rising, without +Inf.
    public let bounds: [Double]
    /// The observations in each bucket alone; one more than there are bounds.
    public let counts: [UInt64]
    public let sum: Double
    /// The newest exemplar of each bucket, or empty where none are taken.
    public let exemplars: [Exemplar?]
    /// The same observations in native buckets, where the histogram has them.
    public let native: NativeCounts?

    /// The number of observations.
    public var count: UInt64 { native?.count ?? counts.reduce(0, &+) }
}

/// What a summary held at some moment.
public struct SummarySnapshot: Sendable {
    public struct Quantile: Sendable, Hashable {
        /// Between 0 and 1.
        public let share: Double
        /// NaN where there are no recent observations.
        public let value: Double
    }

    public let quantiles: [Quantile]
    /// The number of observations ever made.
    public let count: UInt64
    /// The sum of all observations ever made.
    public let sum: Double
}
