extension NativeHistogram {
    /// Whether the counter behind a series of histograms was reset between the previous one and this one.
    ///
    /// The hint decides where it says so. Else it is a reset when any count (not the sum) went down, when a populated bucket vanished, when
    /// the resolution rose, when the zero bucket shrank or came to end within a populated bucket of the previous histogram, or when
    /// exponential buckets gave way to custom ones or the other way round.
    public func isReset(since previous: NativeHistogram) -> Bool {
        if resetHint == .reset { return true }
        if resetHint == .notReset { return false }
        if count < previous.count { return true }
        if usesCustomBuckets {
            if !previous.usesCustomBuckets { return true }
            if customBounds != previous.customBounds { return hasResetAcrossBounds(since: previous) }
        }
        if schema > previous.schema || zeroThreshold < previous.zeroThreshold { return true }
        let (previousZero, threshold) = previous.zeroCount(forThreshold: zeroThreshold, compensation: nil)
        if threshold != zeroThreshold || zeroCount < previousZero.sum { return true }
        return lost(.positive, since: previous) || lost(.negative, since: previous)
    }

    /// Whether a bucket outside the zero bucket counts less than it did, the previous histogram's being merged to this one's schema.
    private func lost(_ side: Side, since previous: NativeHistogram) -> Bool {
        if schema == previous.schema, spans(side) == previous.spans(side), !beginsWithinZero(spans(side)) {
            return lostInPlace(counts(side), previous.counts(side))
        }
        var before = MergedBucketWalk(previous, side, target: schema, threshold: zeroThreshold)
        var after = MergedBucketWalk(self, side, target: schema, threshold: zeroThreshold)
        var now = after.next()
        while let was = before.next() {
            while let current = now, current.index < was.index { now = after.next() }
            if let current = now, current.index == was.index {
                if current.count < was.count { return true }
            } else if was.count != 0 {
                return true
            }
        }
        return false
    }

    /// The same for equal spans, none within the zero bucket.
    private func lostInPlace(_ after: [Double], _ before: [Double]) -> Bool {
        for index in before.indices {
            guard index < after.count else { return before[index...].contains { $0 != 0 } }
            if after[index] < before[index] { return true }
        }
        return false
    }
}
