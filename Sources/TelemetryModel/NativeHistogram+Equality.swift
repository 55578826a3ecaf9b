extension NativeHistogram {
    /// Whether two histograms are the same data: schema, zero bucket, bounds and the same buckets (empty ones included), all numbers bit by
    /// bit, so that NaN equals the same NaN. The reset hint is not looked at.
    public func isIdentical(to other: NativeHistogram) -> Bool {
        schema == other.schema && count.bitPattern == other.count.bitPattern && sum.bitPattern == other.sum.bitPattern
            && zeroThreshold == other.zeroThreshold && zeroCount.bitPattern == other.zeroCount.bitPattern
            && (!usesCustomBuckets || customBounds == other.customBounds)
            && NativeHistogram.haveIdenticalBuckets(self, other, .negative) && NativeHistogram.haveIdenticalBuckets(self, other, .positive)
    }

    private static func haveIdenticalBuckets(_ left: NativeHistogram, _ right: NativeHistogram, _ side: Side) -> Bool {
        let (leftCounts, rightCounts) = (left.counts(side), right.counts(side))
        guard leftCounts.count == rightCounts.count else { return false }
        for position in leftCounts.indices where leftCounts[position].bitPattern != rightCounts[position].bitPattern { return false }
        if left.spans(side) == right.spans(side) { return true }
        var ours = BucketWalk(left.spans(side), leftCounts)
        var theirs = BucketWalk(right.spans(side), rightCounts)
        while true {
            let (mine, other) = (ours.next(), theirs.next())
            if mine?.index != other?.index { return false }
            if mine == nil { return true }
        }
    }

    /// Whether two histograms say the same: equal numbers in equal buckets, whether or not empty buckets are spelled out.
    public func isEquivalent(to other: NativeHistogram) -> Bool {
        schema == other.schema && count == other.count && sum == other.sum && zeroThreshold == other.zeroThreshold
            && zeroCount == other.zeroCount && (!usesCustomBuckets || customBounds == other.customBounds)
            && haveEquivalentBuckets(other, .negative) && haveEquivalentBuckets(other, .positive)
    }

    private func haveEquivalentBuckets(_ other: NativeHistogram, _ side: Side) -> Bool {
        var ours = BucketWalk(spans(side), counts(side))
        var theirs = BucketWalk(other.spans(side), other.counts(side))
        while true {
            let (mine, their) = (nextPopulated(&ours), nextPopulated(&theirs))
            if mine?.index != their?.index || mine?.count != their?.count { return false }
            if mine == nil { return true }
        }
    }

    private func nextPopulated(_ walk: inout BucketWalk) -> (index: Int, count: Double)? {
        while let bucket = walk.next() {
            if bucket.count != 0 { return bucket }
        }
        return nil
    }
}
