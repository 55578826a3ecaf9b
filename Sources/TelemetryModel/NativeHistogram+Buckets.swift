#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#elseif canImport(Musl)
internal import Musl
#endif

/// The buckets of a histogram, decoded. No iterator traps on spans and counts that do not fit together: what has no count is left out.
extension NativeHistogram {
    /// One bucket with its bounds.
    public struct Bucket: Sendable, Hashable {
        public var lower: Double
        public var upper: Double
        public var lowerInclusive: Bool
        public var upperInclusive: Bool
        public var count: Double
        /// Index in the schema; meaningless for the zero bucket.
        public var index: Int

        public init(lower: Double, upper: Double, lowerInclusive: Bool, upperInclusive: Bool, count: Double, index: Int = 0) {
            self.lower = lower
            self.upper = upper
            self.lowerInclusive = lowerInclusive
            self.upperInclusive = upperInclusive
            self.count = count
            self.index = index
        }

        /// Which part of the bucket's width lies at or below `value`, for a value within finite bounds: on a linear scale, or on the
        /// logarithmic one that exponential buckets divide evenly.
        public func fractionBelow(_ value: Double, linear: Bool) -> Double {
            if linear { return (value - lower) / (upper - lower) }
            let (low, high, middle) = (log2(abs(lower)), log2(abs(upper)), log2(abs(value)))
            if value > 0 { return (middle - low) / (high - low) }
            return 1 - (middle - high) / (low - high)
        }
    }

    /// The two halves around the zero bucket.
    public enum Side: Sendable, Hashable {
        case positive, negative
    }

    func spans(_ side: Side) -> [BucketSpan] { side == .positive ? positiveSpans : negativeSpans }
    func counts(_ side: Side) -> [Double] { side == .positive ? positiveBuckets : negativeBuckets }

    /// The bucket around zero. Histograms with custom bounds have none.
    public var zeroBucket: Bucket {
        Bucket(lower: -zeroThreshold, upper: zeroThreshold, lowerInclusive: true, upperInclusive: true, count: zeroCount)
    }

    func bucket(_ side: Side, index: Int, count: Double) -> Bucket {
        let (far, near) = (upperBound(of: index), upperBound(of: index - 1))
        let (lower, upper) = side == .positive ? (near, far) : (-far, -near)
        if usesCustomBuckets {
            return Bucket(lower: lower, upper: upper, lowerInclusive: index == 0, upperInclusive: true, count: count, index: index)
        }
        return Bucket(lower: lower, upper: upper, lowerInclusive: lower < 0, upperInclusive: upper > 0, count: count, index: index)
    }

    /// The buckets of one side, from zero outwards.
    public func buckets(_ side: Side) -> SideBuckets { SideBuckets(self, side, isReversed: false) }

    /// The buckets of one side, towards zero.
    public func reversedBuckets(_ side: Side) -> SideBuckets { SideBuckets(self, side, isReversed: true) }

    /// All buckets from the lowest up. Bounds of buckets that overlap the zero bucket are cut off at its threshold.
    public var allBuckets: AllBuckets { AllBuckets(self, isReversed: false) }

    /// All buckets from the highest down.
    public var allBucketsReversed: AllBuckets { AllBuckets(self, isReversed: true) }

    public struct SideBuckets: Sequence, IteratorProtocol {
        private enum Walk {
            case forward(BucketWalk)
            case reversed(ReversedBucketWalk)
        }
        private let histogram: NativeHistogram
        private let side: Side
        private var walk: Walk

        init(_ histogram: NativeHistogram, _ side: Side, isReversed: Bool) {
            self.histogram = histogram
            self.side = side
            let (spans, counts) = (histogram.spans(side), histogram.counts(side))
            walk = isReversed ? .reversed(ReversedBucketWalk(spans, counts)) : .forward(BucketWalk(spans, counts))
        }

        public mutating func next() -> Bucket? {
            let found: (index: Int, count: Double)?
            switch walk {
            case .forward(var inner):
                found = inner.next()
                walk = .forward(inner)
            case .reversed(var inner):
                found = inner.next()
                walk = .reversed(inner)
            }
            guard let found else { return nil }
            return histogram.bucket(side, index: found.index, count: found.count)
        }
    }

    public struct AllBuckets: Sequence, IteratorProtocol {
        private enum Stage { case first, zero, second }
        private let threshold: Double
        private let zeroBucket: Bucket?
        private var first: SideBuckets
        private var second: SideBuckets
        private var stage = Stage.first

        init(_ histogram: NativeHistogram, isReversed: Bool) {
            threshold = histogram.zeroThreshold
            zeroBucket = histogram.zeroCount > 0 && !histogram.usesCustomBuckets ? histogram.zeroBucket : nil
            first = histogram.reversedBuckets(isReversed ? .positive : .negative)
            second = histogram.buckets(isReversed ? .negative : .positive)
        }

        public mutating func next() -> Bucket? {
            if stage == .first {
                if let bucket = first.next() { return cutOff(bucket) }
                stage = .zero
            }
            if stage == .zero {
                stage = .second
                if let zeroBucket { return zeroBucket }
            }
            return second.next().map(cutOff)
        }

        private func cutOff(_ bucket: Bucket) -> Bucket {
            var bucket = bucket
            if bucket.lower > 0 && bucket.lower < threshold { bucket.lower = threshold }
            if bucket.upper < 0 && bucket.upper > -threshold { bucket.upper = -threshold }
            return bucket
        }
    }
}

/// Walks spans and counts as (index, count), from zero outwards.
struct BucketWalk {
    private let spans: [NativeHistogram.BucketSpan]
    private let counts: [Double]
    private var span = 0
    private var inSpan = 0
    private var index = 0
    /// Where the next count lies.
    private(set) var position = 0

    init(_ spans: [NativeHistogram.BucketSpan], _ counts: [Double]) {
        self.spans = spans
        self.counts = counts
        index = spans.isEmpty ? 0 : Int(spans[0].offset)
    }

    mutating func next() -> (index: Int, count: Double)? {
        guard position < counts.count, span < spans.count else { return nil }
        while inSpan >= Int(spans[span].length) {
            span += 1
            inSpan = 0
            guard span < spans.count else { return nil }
            index += Int(spans[span].offset)
        }
        defer {
            inSpan += 1
            index += 1
            position += 1
        }
        return (index, counts[position])
    }
}

/// Walks spans and counts as (index, count), towards zero.
struct ReversedBucketWalk {
    private let spans: [NativeHistogram.BucketSpan]
    private let counts: [Double]
    private var span: Int
    /// Counts of the current span that were not given yet.
    private var left = 0
    /// Index behind the last bucket of the current span.
    private var end: Int
    /// Position of the first count of the current span.
    private var start: Int

    init(_ spans: [NativeHistogram.BucketSpan], _ counts: [Double]) {
        self.spans = spans
        self.counts = counts
        span = spans.count
        end = spans.reduce(0) { $0 + Int($1.offset) + Int($1.length) }
        start = spans.reduce(0) { $0 + Int($1.length) }
    }

    mutating func next() -> (index: Int, count: Double)? {
        while left == 0 {
            guard span > 0 else { return nil }
            if span < spans.count { end -= Int(spans[span].length) + Int(spans[span].offset) }
            span -= 1
            let length = Int(spans[span].length)
            start -= length
            left = max(0, min(length, counts.count - start))
        }
        left -= 1
        return (end - Int(spans[span].length) + left, counts[start + left])
    }
}

/// Walks spans and counts merged to a lower resolution, as (index, count) of the target schema, from zero outwards.
struct MergedBucketWalk {
    private var walk: BucketWalk
    private let schema: Int32
    private let target: Int32
    private var pending: (index: Int, count: Double)?

    /// - Parameter threshold: leading buckets whose upper bound is no greater are left out, where it is not 0 and the schema exponential.
    init(_ histogram: NativeHistogram, _ side: NativeHistogram.Side, target: Int32, threshold: Double = 0) {
        walk = BucketWalk(histogram.spans(side), histogram.counts(side))
        schema = histogram.schema
        self.target = min(target, schema)
        pending = walk.next()
        guard threshold != 0, NativeHistogram.exponentialSchemas.contains(target) else { return }
        while let first = pending, ExponentialBounds.upper(of: mergedIndex(first.index), schema: self.target) <= threshold {
            pending = walk.next()
        }
    }

    private func mergedIndex(_ index: Int) -> Int { schema == target ? index : ExponentialBounds.index(index, from: schema, to: target) }

    mutating func next() -> (index: Int, count: Double)? {
        guard let first = pending else { return nil }
        let index = mergedIndex(first.index)
        var count = first.count
        pending = walk.next()
        while schema != target, let more = pending, mergedIndex(more.index) == index {
            count += more.count
            pending = walk.next()
        }
        return (index, count)
    }
}
