/// What a metric's points are (`Metric.data`).
public enum OTLPMetricKind: UInt8, Sendable, Hashable {
    /// Nothing that is known.
    case none
    case gauge, sum, histogram, exponentialHistogram, summary
}

/// What the points of a metric count from (`AggregationTemporality`).
public enum OTLPTemporality: UInt8, Sendable, Hashable {
    case unspecified, delta, cumulative
}

/// A metric of a message: what it is called, and where its points lie.
public struct OTLPMetric: Sendable, Hashable {
    public internal(set) var name: Range<Int> = 0..<0
    public internal(set) var description: Range<Int> = 0..<0
    public internal(set) var unit: Range<Int> = 0..<0
    public internal(set) var kind = OTLPMetricKind.none
    /// Of sums and histograms.
    public internal(set) var temporality = OTLPTemporality.unspecified
    /// Of sums.
    public internal(set) var isMonotonic = false
    /// Where the message with the points lies.
    var data: Range<Int> = 0..<0
}

/// Why a point is not taken.
public enum OTLPPointFlaw: Sendable, Hashable {
    /// More attributes or exemplars than may be.
    case tooMany
    /// More buckets or quantiles than may be.
    case tooManyBuckets
}

/// One data point of any kind. One serves all points of a message; what a kind does not have keeps its default.
public struct OTLPMetricPoint: Sendable {
    /// Where the `KeyValue`s of the attributes lie.
    public internal(set) var attributes: [Range<Int>] = []
    /// Nanoseconds since 1970; 0 where it is not known.
    public internal(set) var start: UInt64 = 0
    /// Nanoseconds since 1970; 0 where it is not known.
    public internal(set) var time: UInt64 = 0
    /// Whether the point says that there is no value any more.
    public internal(set) var hasNoValue = false
    /// Of gauges and sums.
    public internal(set) var value: Double = 0
    /// Of histograms and summaries, as all below.
    public internal(set) var count: UInt64 = 0
    public internal(set) var sum: Double = 0
    public internal(set) var hasSum = false
    /// Of histograms with bounds: how many are in each bucket, not added up.
    public internal(set) var bucketCounts: [UInt64] = []
    /// Of histograms with bounds.
    public internal(set) var bounds: [Double] = []
    /// Of exponential histograms, as all below but for quantiles and exemplars.
    public internal(set) var scale: Int32 = 0
    public internal(set) var zeroCount: UInt64 = 0
    public internal(set) var zeroThreshold: Double = 0
    public internal(set) var positive = Buckets()
    public internal(set) var negative = Buckets()
    /// Of summaries.
    public internal(set) var quantiles: [Quantile] = []
    public internal(set) var exemplars: [ExemplarPlace] = []
    /// Where the `KeyValue`s of all exemplars lie.
    public internal(set) var exemplarAttributes: [Range<Int>] = []
    /// What is wrong with the point; its parts are of no use then.
    public internal(set) var flaw: OTLPPointFlaw?

    public init() {}

    /// The populated buckets on one side of zero.
    public struct Buckets: Sendable {
        public internal(set) var offset: Int32 = 0
        public internal(set) var counts: [UInt64] = []
    }

    public struct Quantile: Sendable, Hashable {
        public internal(set) var quantile: Double = 0
        public internal(set) var value: Double = 0
    }

    /// An exemplar as it lies in the message.
    public struct ExemplarPlace: Sendable, Hashable {
        /// Nanoseconds since 1970; 0 where it is not known.
        public internal(set) var time: UInt64 = 0
        public internal(set) var value: Double = 0
        /// 16 bytes, or none.
        public internal(set) var traceID: Range<Int> = 0..<0
        /// 8 bytes, or none.
        public internal(set) var spanID: Range<Int> = 0..<0
        /// Part of ``OTLPMetricPoint/exemplarAttributes``.
        public internal(set) var attributes: Range<Int> = 0..<0
    }

    /// Empties everything and keeps the memory.
    mutating func clear() {
        attributes.removeAll(keepingCapacity: true)
        (start, time, hasNoValue) = (0, 0, false)
        (value, count, sum, hasSum) = (0, 0, 0, false)
        bucketCounts.removeAll(keepingCapacity: true)
        bounds.removeAll(keepingCapacity: true)
        (scale, zeroCount, zeroThreshold) = (0, 0, 0)
        positive.offset = 0
        positive.counts.removeAll(keepingCapacity: true)
        negative.offset = 0
        negative.counts.removeAll(keepingCapacity: true)
        quantiles.removeAll(keepingCapacity: true)
        exemplars.removeAll(keepingCapacity: true)
        exemplarAttributes.removeAll(keepingCapacity: true)
        flaw = nil
    }
}
