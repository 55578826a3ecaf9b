extension NativeHistogram {
    /// The bounds that two rising lists have in common.
    static func commonBounds(_ left: [Double], _ right: [Double]) -> [Double] {
        var common: [Double] = []
        var (i, j) = (0, 0)
        while i < left.count, j < right.count {
            if left[i] == right[j] {
                common.append(left[i])
                i += 1
                j += 1
            } else if left[i] < right[j] {
                i += 1
            } else {
                j += 1
            }
        }
        return common
    }

    /// Adds (sign 1) or subtracts (sign -1) a histogram with other custom bounds: both are brought to the bounds that both have.
    mutating func reconcileBounds(with other: NativeHistogram, sign: Double, compensation: inout HistogramCompensation?) {
        let common = NativeHistogram.commonBounds(customBounds, other.customBounds)
        var merged = [KahanSum](repeating: KahanSum(), count: common.count + 1)
        NativeHistogram.pour(self, into: &merged, common, sign: 1, compensations: compensation?.positive)
        NativeHistogram.pour(other, into: &merged, common, sign: sign, compensations: nil)
        var builder = SideBuilder(capacity: merged.count, compensated: true)
        for (index, bucket) in merged.enumerated() where bucket.sum != 0 || bucket.compensation != 0 {
            builder.append(index, bucket.sum, bucket.compensation)
        }
        set(.positive, builder.spans, builder.counts)
        customBounds = common
        compensation?.positive = builder.compensations
    }

    /// Adds the buckets of a histogram to those of coarser bounds.
    private static func pour(
        _ histogram: NativeHistogram, into merged: inout [KahanSum], _ bounds: [Double], sign: Double, compensations: [Double]?
    ) {
        var walk = BucketWalk(histogram.positiveSpans, histogram.positiveBuckets)
        var target = 0
        var position = 0
        while let (index, count) = walk.next() {
            let bound = histogram.upperBound(of: index)
            while target < bounds.count, bounds[target] < bound { target += 1 }
            merged[target].add(sign * count)
            if let compensations { merged[target].add(compensations[position]) }
            position += 1
        }
    }

    /// Whether a bucket of the bounds that both histograms have counts less than it did in the previous histogram.
    func hasResetAcrossBounds(since previous: NativeHistogram) -> Bool {
        var ours = CumulatedBuckets(self)
        var theirs = CumulatedBuckets(previous)
        for bound in NativeHistogram.commonBounds(customBounds, previous.customBounds) + [.infinity]
        where ours.sum(upTo: bound) < theirs.sum(upTo: bound) {
            return true
        }
        return false
    }

    /// Sums of the buckets between one bound and the next that is asked for.
    private struct CumulatedBuckets {
        private let histogram: NativeHistogram
        private var walk: BucketWalk
        private var pending: (index: Int, count: Double)?

        init(_ histogram: NativeHistogram) {
            self.histogram = histogram
            walk = BucketWalk(histogram.positiveSpans, histogram.positiveBuckets)
            pending = walk.next()
        }

        mutating func sum(upTo bound: Double) -> Double {
            var sum = 0.0
            while let (index, count) = pending, histogram.upperBound(of: index) <= bound {
                sum += count
                pending = walk.next()
            }
            return sum
        }
    }
}
