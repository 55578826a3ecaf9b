extension NativeHistogram {
    /// What is worth telling about two histograms that were combined.
    public struct Combination: Sendable, Hashable {
        /// One said that a counter was reset, the other that it was not.
        public var hintsCollided = false
        /// The custom bounds differed, so that only those that both have were kept.
        public var boundsReconciled = false

        public init(hintsCollided: Bool = false, boundsReconciled: Bool = false) {
            self.hintsCollided = hintsCollided
            self.boundsReconciled = boundsReconciled
        }
    }

    /// Multiplies all counts and the sum. A negative factor makes it a gauge.
    public mutating func multiply(by factor: Double) {
        zeroCount *= factor
        count *= factor
        sum *= factor
        for index in positiveBuckets.indices { positiveBuckets[index] *= factor }
        for index in negativeBuckets.indices { negativeBuckets[index] *= factor }
        isFloat = true
        if factor < 0 { resetHint = .gauge }
    }

    /// Divides all counts and the sum. Division by zero leaves no buckets; a negative divisor makes it a gauge.
    public mutating func divide(by divisor: Double) {
        zeroCount /= divisor
        count /= divisor
        sum /= divisor
        isFloat = true
        if divisor == 0 {
            set(.positive, [], [])
            set(.negative, [], [])
            return
        }
        for index in positiveBuckets.indices { positiveBuckets[index] /= divisor }
        for index in negativeBuckets.indices { negativeBuckets[index] /= divisor }
        if divisor < 0 { resetHint = .gauge }
    }

    /// Adds another histogram: counts, sum, and bucket by bucket.
    ///
    /// Differing zero buckets are widened to one width, differing exponential schemas come down to the lower one, of differing custom
    /// bounds those stay that both have. The result may hold empty buckets; see ``compact(emptyBucketsMax:)``.
    ///
    /// - Throws: ``NativeHistogramError`` with code `incompatibleSchemas` where one histogram is exponential and the other is not; this
    ///   one is unchanged then.
    @discardableResult
    public mutating func add(_ other: NativeHistogram) throws(NativeHistogramError) -> Combination { try combine(other, sign: 1) }

    /// Subtracts another histogram; see ``add(_:)``. The reset hint is treated as in an addition.
    @discardableResult
    public mutating func subtract(_ other: NativeHistogram) throws(NativeHistogramError) -> Combination { try combine(other, sign: -1) }

    private mutating func combine(_ other: NativeHistogram, sign: Double) throws(NativeHistogramError) -> Combination {
        if usesCustomBuckets != other.usesCustomBuckets { throw .incompatibleSchemas }
        var combination = Combination(hintsCollided: adoptResetHint(of: other))
        isFloat = true
        if usesCustomBuckets {
            count += sign * other.count
            sum += sign * other.sum
            if customBounds == other.customBounds {
                addBuckets(.positive, other.positiveSpans, other.positiveBuckets, sign: sign)
            } else {
                combination.boundsReconciled = true
                reconcileBounds(with: other, sign: sign)
            }
            return combination
        }
        var noCompensation: HistogramCompensation?
        zeroCount += sign * reconcileZeroBuckets(with: other, compensation: &noCompensation).sum
        count += sign * other.count
        sum += sign * other.sum
        if other.schema < schema { reduceResolution(to: other.schema) }
        for side in [Side.positive, .negative] where !other.counts(side).isEmpty {
            if other.schema > schema {
                let reduced = NativeHistogram.reduced(other.spans(side), other.counts(side), from: other.schema, to: schema)
                addBuckets(side, reduced.spans, reduced.counts, sign: sign)
            } else {
                addBuckets(side, other.spans(side), other.counts(side), sign: sign)
            }
        }
        return combination
    }

    /// Adds buckets of this histogram's schema. Leading ones that lie within the zero bucket were counted there, and are left out.
    private mutating func addBuckets(_ side: Side, _ spans: [BucketSpan], _ counts: [Double], sign: Double) {
        if self.spans(side) == spans, self.counts(side).count == counts.count, !beginsWithinZero(spans) {
            if side == .positive {
                for index in counts.indices { positiveBuckets[index] += sign * counts[index] }
            } else {
                for index in counts.indices { negativeBuckets[index] += sign * counts[index] }
            }
            return
        }
        var builder = SideBuilder(capacity: max(counts.count, self.counts(side).count))
        var ours = BucketWalk(self.spans(side), self.counts(side))
        var theirs = BucketWalk(spans, counts)
        var mine = ours.next()
        var other = nextOutsideZero(&theirs)
        while true {
            switch (mine, other) {
            case (nil, nil):
                set(side, builder.spans, builder.counts)
                return
            case (let left?, let right?) where left.index == right.index:
                builder.append(left.index, left.count + sign * right.count)
                mine = ours.next()
                other = theirs.next()
            case (let left?, let right) where right == nil || left.index < right!.index:
                builder.append(left.index, left.count)
                mine = ours.next()
            case (_, let right?):
                builder.append(right.index, sign * right.count)
                other = theirs.next()
            default: return
            }
        }
    }

    /// Whether the first of some spans of this histogram's schema begins with a bucket that lies within the zero bucket.
    func beginsWithinZero(_ spans: [BucketSpan]) -> Bool {
        guard isExponential, zeroThreshold > 0, let first = spans.first else { return false }
        return ExponentialBounds.upper(of: Int(first.offset), schema: schema) <= zeroThreshold
    }

    /// The first bucket of a walk that is not within the zero bucket.
    func nextOutsideZero(_ walk: inout BucketWalk) -> (index: Int, count: Double)? {
        var bucket = walk.next()
        guard isExponential else { return bucket }
        while let found = bucket, ExponentialBounds.upper(of: found.index, schema: schema) <= zeroThreshold { bucket = walk.next() }
        return bucket
    }

    private mutating func reconcileBounds(with other: NativeHistogram, sign: Double) {
        var noCompensation: HistogramCompensation?
        reconcileBounds(with: other, sign: sign, compensation: &noCompensation)
    }

    /// Takes over what another histogram's hint says about a result of both.
    ///
    /// - Returns: whether one says that a counter was reset and the other that it was not.
    mutating func adoptResetHint(of other: NativeHistogram) -> Bool {
        switch (resetHint, other.resetHint) {
        case (let mine, let theirs) where mine == theirs: return false
        case (.gauge, _), (.unknown, .reset), (.unknown, .notReset): return false
        case (_, .gauge):
            resetHint = .gauge
            return false
        case (_, .unknown):
            resetHint = .unknown
            return false
        default:
            resetHint = .unknown
            return true
        }
    }

    /// Whether every count and the sum are smaller than a limit, or NaN.
    public func isWithin(_ limit: Double) -> Bool {
        if zeroCount.magnitude >= limit || count.magnitude >= limit || sum.magnitude >= limit { return false }
        for bucket in positiveBuckets where bucket.magnitude >= limit { return false }
        for bucket in negativeBuckets where bucket.magnitude >= limit { return false }
        return true
    }

    /// Whether a count, the sum or a bound is infinite, as the sum of many large histograms may become.
    public var hasOverflow: Bool {
        zeroCount.isInfinite || count.isInfinite || sum.isInfinite || positiveBuckets.contains(where: \.isInfinite)
            || negativeBuckets.contains(where: \.isInfinite) || customBounds.contains(where: \.isInfinite)
    }
}
