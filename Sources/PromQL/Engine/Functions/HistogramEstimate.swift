internal import TelemetryModel

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Estimates from the buckets of a native histogram.
///
/// Observations are taken to lie evenly within a bucket: on a linear scale in the zero bucket and between custom bounds, on a logarithmic one
/// in exponential buckets. A histogram without negative buckets has no observations below 0, one without positive buckets none above.
enum HistogramEstimate {
    /// An estimate, and what is doubtful about it because of NaN observations (which count, but lie in no bucket).
    struct Outcome {
        var value: Double
        var note: Note?

        enum Note { case isNaN, isSkewed, leavesOutNaN }
    }

    /// The φ-quantile.
    static func quantile(_ histogram: NativeHistogram, _ quantile: Double) -> Outcome {
        if quantile < 0 { return Outcome(value: -.infinity) }
        if quantile > 1 { return Outcome(value: .infinity) }
        if histogram.count == 0 || quantile.isNaN { return Outcome(value: .nan) }
        // From the nearer end, which rounds less; with NaN observations the count is of no use from above.
        let isForward = histogram.sum.isNaN || quantile < 0.5
        var rank = (isForward ? quantile : 1 - quantile) * histogram.count
        var walk = isForward ? histogram.allBuckets : histogram.allBucketsReversed
        var bucket = NativeHistogram.Bucket(lower: 0, upper: 0, lowerInclusive: false, upperInclusive: false, count: 0)
        var count = 0.0
        while let next = walk.next() {
            bucket = next
            if next.count == 0 { continue }
            count += next.count
            if count >= rank { break }
        }
        if histogram.usesCustomBuckets {
            if bucket.lower == -.infinity {
                if bucket.upper <= 0 { return Outcome(value: bucket.upper) }
                bucket.lower = 0
            } else if bucket.upper == .infinity {
                return Outcome(value: bucket.lower)
            }
        } else if bucket.lower < 0 && bucket.upper > 0 {
            narrowZeroBucket(&bucket, histogram)
        }
        count = min(count, histogram.count)
        if count < rank {
            // Only NaN observations are left, or rounding went wrong.
            return histogram.sum.isNaN ? Outcome(value: .nan, note: .isNaN) : Outcome(value: bucket.upper)
        }
        rank = isForward ? rank - (count - bucket.count) : count - rank
        var note: Outcome.Note?
        if histogram.sum.isNaN {
            while let next = walk.next() {
                bucket = next
                count += next.count
            }
            if count < histogram.count { note = .isSkewed }
        }
        return Outcome(value: interpolated(bucket, rank / bucket.count, isLinear: histogram.usesCustomBuckets), note: note)
    }

    private static func interpolated(_ bucket: NativeHistogram.Bucket, _ fraction: Double, isLinear: Bool) -> Double {
        if isLinear || (bucket.lower <= 0 && bucket.upper >= 0) { return bucket.lower + (bucket.upper - bucket.lower) * fraction }
        let (low, high) = (log2(abs(bucket.lower)), log2(abs(bucket.upper)))
        if bucket.lower > 0 { return exp2(low + (high - low) * fraction) }
        return -exp2(high + (low - high) * (1 - fraction))
    }

    private static func narrowZeroBucket(_ bucket: inout NativeHistogram.Bucket, _ histogram: NativeHistogram) {
        if histogram.negativeBuckets.isEmpty && !histogram.positiveBuckets.isEmpty { bucket.lower = 0 }
        if histogram.positiveBuckets.isEmpty && !histogram.negativeBuckets.isEmpty { bucket.upper = 0 }
    }

    /// Which part of the observations lies between two values.
    static func fraction(_ histogram: NativeHistogram, _ lower: Double, _ upper: Double) -> Outcome {
        if histogram.count == 0 || lower.isNaN || upper.isNaN { return Outcome(value: .nan) }
        if lower >= upper { return Outcome(value: 0) }
        var walk = histogram.allBuckets
        var count = 0.0
        var rank = 0.0
        var (lowerRank, upperRank): (Double?, Double?) = (nil, nil)
        while let next = walk.next() {
            var bucket = next
            count += bucket.count
            let isZeroBucket = bucket.lower <= 0 && bucket.upper >= 0
            if isZeroBucket { narrowZeroBucket(&bucket, histogram) }
            let isLinear = histogram.usesCustomBuckets || isZeroBucket
            if lowerRank == nil { lowerRank = rankOf(lower, bucket, after: rank, isLinear: isLinear) }
            if upperRank == nil { upperRank = rankOf(upper, bucket, after: rank, isLinear: isLinear) }
            if lowerRank != nil && upperRank != nil { break }
            rank += bucket.count
        }
        var note: Outcome.Note?
        if histogram.sum.isNaN {
            while let next = walk.next() { count += next.count }
            if count < histogram.count { note = .leavesOutNaN }
        } else {
            count = histogram.count
        }
        let low = min(lowerRank ?? count, count)
        let high = min(upperRank ?? count, count)
        return Outcome(value: (high - low) / histogram.count, note: note)
    }

    /// How many observations lie at or below a value, if the value is before the end of a bucket; `rank` are those before the bucket.
    private static func rankOf(_ value: Double, _ bucket: NativeHistogram.Bucket, after rank: Double, isLinear: Bool) -> Double? {
        if bucket.lower >= value { return rank }
        guard bucket.upper > value else { return nil }
        // In a bucket without lower end nothing can be said but that all of it is below.
        if isLinear && bucket.lower == -.infinity { return bucket.count }
        return rank + bucket.count * bucket.fractionBelow(value, linear: isLinear)
    }

    /// The variance, with every observation in the middle of its bucket.
    static func variance(_ histogram: NativeHistogram) -> Double {
        let mean = histogram.sum / histogram.count
        var sum = KahanSum()
        for bucket in histogram.allBuckets where bucket.count != 0 {
            let middle: Double
            if histogram.usesCustomBuckets {
                middle = (bucket.upper + bucket.lower) / 2
            } else if bucket.lower <= 0 && bucket.upper >= 0 {
                middle = 0
            } else {
                let root = (bucket.upper * bucket.lower).squareRoot()
                middle = bucket.upper < 0 ? -root : root
            }
            let delta = middle - mean
            sum.add(bucket.count * delta * delta)
        }
        return sum.total / histogram.count
    }
}
