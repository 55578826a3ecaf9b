/// A native histogram, exponential or with custom bounds (Prometheus native histogram specification 1.0).
///
/// Bucket counts are absolute (not deltas) and stored as `Double`; whole counts are exact up to 2^53.
/// Spans say which buckets are populated: `offset` empty buckets are skipped (the first span's offset is an index), then `length`
/// buckets follow. Bucket `i` of schema `n` covers (2^(2^-n · (i-1)), 2^(2^-n · i)]; of the custom schema, (bounds[i-1], bounds[i]].
public struct NativeHistogram: Sendable, Hashable {
    /// The schema whose bounds are ``customBounds``.
    public static let customBucketsSchema: Int32 = -53
    /// The exponential schemas that exist.
    public static let exponentialSchemas: ClosedRange<Int32> = -4...8

    /// What is known of a counter reset between the previous histogram of the series and this one.
    public enum ResetHint: UInt8, Sendable, Hashable {
        case unknown = 0, reset = 1, notReset = 2, gauge = 3
    }

    /// A run of populated buckets.
    public struct BucketSpan: Sendable, Hashable {
        public var offset: Int32
        public var length: UInt32

        public init(offset: Int32, length: UInt32) {
            self.offset = offset
            self.length = length
        }
    }

    public var resetHint: ResetHint
    public var schema: Int32
    /// Width of the zero bucket, at least 0.
    public var zeroThreshold: Double
    public var zeroCount: Double
    public var count: Double
    public var sum: Double
    public var positiveSpans: [BucketSpan]
    public var negativeSpans: [BucketSpan]
    public var positiveBuckets: [Double]
    public var negativeBuckets: [Double]
    /// Upper bounds, rising, without +Inf; only for the custom schema.
    public var customBounds: [Double]
    /// Whether the counts came as floats (then they need not be whole).
    public var isFloat: Bool

    public init(
        resetHint: ResetHint = .unknown, schema: Int32 = 0, zeroThreshold: Double = 0, zeroCount: Double = 0, count: Double = 0,
        sum: Double = 0, positiveSpans: [BucketSpan] = [], negativeSpans: [BucketSpan] = [], positiveBuckets: [Double] = [],
        negativeBuckets: [Double] = [], customBounds: [Double] = [], isFloat: Bool = true
    ) {
        self.resetHint = resetHint
        self.schema = schema
        self.zeroThreshold = zeroThreshold
        self.zeroCount = zeroCount
        self.count = count
        self.sum = sum
        self.positiveSpans = positiveSpans
        self.negativeSpans = negativeSpans
        self.positiveBuckets = positiveBuckets
        self.negativeBuckets = negativeBuckets
        self.customBounds = customBounds
        self.isFloat = isFloat
    }

    /// Whether the bounds are custom ones.
    public var usesCustomBuckets: Bool { schema == NativeHistogram.customBucketsSchema }

    /// Whether this stands for the end of the series.
    public var isStaleMarker: Bool { StaleMarker.matches(sum) }

    /// The histogram that says that a series ended.
    public static var staleMarker: NativeHistogram { NativeHistogram(sum: StaleMarker.value) }
}
