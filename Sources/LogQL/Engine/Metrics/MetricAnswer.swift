public import QueryModel

/// At which times a metric query is evaluated: at `start`, and every step from there on up to `end`.
public struct RangeOptions: Sendable, Hashable {
    /// Nanoseconds since 1970; both inclusive.
    public var start: Int64
    public var end: Int64
    /// Nanoseconds; at least 1.
    public var stepNanoseconds: Int64

    public init(start: Int64, end: Int64, stepNanoseconds: Int64) {
        self.start = start
        self.end = end
        self.stepNanoseconds = stepNanoseconds
    }
}

/// The answer to a metric query: a matrix, a vector or a scalar, with times in milliseconds. Values of labels may be empty.
public struct MetricAnswer: Sendable {
    public var value: QueryValue
    public var statistics: LogStatistics

    public init(value: QueryValue, statistics: LogStatistics) {
        self.value = value
        self.statistics = statistics
    }
}
