extension NativeHistogram {
    /// What the zero bucket would hold if it were as wide as `threshold` or wider.
    ///
    /// A threshold that ends up within a populated bucket is raised to that bucket's far bound, and the bucket counted in.
    ///
    /// - Parameter compensation: compensations of the buckets, where a sum is being kept; else nil.
    func zeroCount(forThreshold threshold: Double, compensation: HistogramCompensation?) -> (count: KahanSum, threshold: Double) {
        let start = KahanSum(zeroCount, compensation?.zeroCount ?? 0)
        var threshold = threshold
        // Also where either width is no number (from no valid histogram): that would never settle.
        guard threshold > zeroThreshold else { return (start, zeroThreshold) }
        while true {
            var sum = start
            threshold = swallow(.positive, threshold, &sum, compensation?.positive)
            let widened = swallow(.negative, threshold, &sum, compensation?.negative)
            // The positive buckets are to be looked at again with the wider threshold.
            if widened == threshold { return (sum, threshold) }
            threshold = widened
        }
    }

    /// Adds the buckets of one side that lie at least partly within the threshold; gives the threshold, raised where need be.
    private func swallow(_ side: Side, _ threshold: Double, _ sum: inout KahanSum, _ compensations: [Double]?) -> Double {
        var walk = BucketWalk(spans(side), counts(side))
        var position = 0
        while let (index, count) = walk.next() {
            if upperBound(of: index - 1) >= threshold { break }
            sum.add(count)
            if let compensations { sum.add(compensations[position]) }
            position += 1
            let far = upperBound(of: index)
            if far > threshold { return count != 0 ? far : threshold }
        }
        return threshold
    }

    /// Empties the buckets that lie within the zero bucket, which has counted them already, and compacts.
    func emptyBucketsWithinZero(_ side: Side, compensations: [Double]?) -> SideBuilder {
        let counts = counts(side)
        var builder = SideBuilder(capacity: counts.count, compensated: compensations != nil)
        var walk = BucketWalk(spans(side), counts)
        var isWithin = true
        var position = 0
        while let (index, count) = walk.next() {
            defer { position += 1 }
            if isWithin && upperBound(of: index - 1) < zeroThreshold { continue }
            isWithin = false
            let compensation = compensations?[position] ?? 0
            if count == 0 && compensation == 0 { continue }
            if compensations == nil { builder.append(index, count) } else { builder.append(index, count, compensation) }
        }
        return builder
    }

    /// Widens this histogram's zero bucket until both histograms have zero buckets of one width that ends at no populated bucket's middle.
    /// The other histogram stays as it is; what its zero bucket would then hold is given.
    mutating func reconcileZeroBuckets(with other: NativeHistogram, compensation: inout HistogramCompensation?) -> KahanSum {
        var otherCount = KahanSum(other.zeroCount)
        var otherThreshold = other.zeroThreshold
        // A NaN or negative width (from no valid histogram) would never come to terms.
        guard otherThreshold >= 0, zeroThreshold >= 0 else { return otherCount }
        while otherThreshold != zeroThreshold {
            if zeroThreshold > otherThreshold {
                (otherCount, otherThreshold) = other.zeroCount(forThreshold: zeroThreshold, compensation: nil)
            }
            if otherThreshold > zeroThreshold {
                let (count, threshold) = zeroCount(forThreshold: otherThreshold, compensation: compensation)
                zeroCount = count.sum
                zeroThreshold = threshold
                compensation?.zeroCount = count.compensation
                let positive = emptyBucketsWithinZero(.positive, compensations: compensation?.positive)
                let negative = emptyBucketsWithinZero(.negative, compensations: compensation?.negative)
                set(.positive, positive.spans, positive.counts)
                set(.negative, negative.spans, negative.counts)
                compensation?.positive = positive.compensations
                compensation?.negative = negative.compensations
            }
        }
        return otherCount
    }
}
