/// The Kahan compensations that belong to a histogram in which a sum is kept; laid out as its buckets are.
struct HistogramCompensation: Sendable, Hashable {
    var zeroCount = 0.0
    var count = 0.0
    var sum = 0.0
    var positive: [Double]
    var negative: [Double]

    init(of histogram: NativeHistogram) {
        positive = [Double](repeating: 0, count: histogram.positiveBuckets.count)
        negative = [Double](repeating: 0, count: histogram.negativeBuckets.count)
    }

    mutating func multiply(by factor: Double) {
        zeroCount *= factor
        count *= factor
        sum *= factor
        for index in positive.indices { positive[index] *= factor }
        for index in negative.indices { negative[index] *= factor }
    }

    mutating func divide(by divisor: Double) {
        zeroCount /= divisor
        count /= divisor
        sum /= divisor
        for index in positive.indices { positive[index] /= divisor }
        for index in negative.indices { negative[index] /= divisor }
    }
}

/// A sum of histograms in which every count and the sum of observations is compensated for rounding, as in ``KahanSum``.
public struct HistogramSum: Sendable {
    /// The sum without its compensation.
    public private(set) var value: NativeHistogram
    private var compensation: HistogramCompensation?

    public init(_ first: NativeHistogram) {
        value = first
        value.isFloat = true
    }

    /// Adds a histogram; see ``NativeHistogram/add(_:)``.
    @discardableResult
    public mutating func add(_ other: NativeHistogram) throws(NativeHistogramError) -> NativeHistogram.Combination {
        if value.usesCustomBuckets != other.usesCustomBuckets { throw .incompatibleSchemas }
        var combination = NativeHistogram.Combination(hintsCollided: value.adoptResetHint(of: other))
        var compensation: HistogramCompensation? = self.compensation ?? HistogramCompensation(of: value)
        self.compensation = nil
        if !value.usesCustomBuckets {
            let otherZero = value.reconcileZeroBuckets(with: other, compensation: &compensation)
            var zero = KahanSum(value.zeroCount, compensation!.zeroCount)
            zero.add(otherZero.sum)
            zero.add(otherZero.compensation)
            value.zeroCount = zero.sum
            compensation!.zeroCount = zero.compensation
        }
        var count = KahanSum(value.count, compensation!.count)
        var sum = KahanSum(value.sum, compensation!.sum)
        count.add(other.count)
        sum.add(other.sum)
        (value.count, compensation!.count) = (count.sum, count.compensation)
        (value.sum, compensation!.sum) = (sum.sum, sum.compensation)
        if value.usesCustomBuckets {
            if value.customBounds == other.customBounds {
                addBuckets(.positive, other.positiveSpans, other.positiveBuckets, nil, &compensation!.positive)
            } else {
                combination.boundsReconciled = true
                value.reconcileBounds(with: other, sign: 1, compensation: &compensation)
            }
        } else {
            addExponentialBuckets(other, &compensation!)
        }
        self.compensation = compensation
        return combination
    }

    private mutating func addExponentialBuckets(_ other: NativeHistogram, _ compensation: inout HistogramCompensation) {
        if other.schema < value.schema {
            let positive = NativeHistogram.reducedCompensated(
                value.positiveSpans, value.positiveBuckets, compensation.positive, from: value.schema, to: other.schema)
            let negative = NativeHistogram.reducedCompensated(
                value.negativeSpans, value.negativeBuckets, compensation.negative, from: value.schema, to: other.schema)
            value.set(.positive, positive.spans, positive.counts)
            value.set(.negative, negative.spans, negative.counts)
            (compensation.positive, compensation.negative) = (positive.compensations, negative.compensations)
            value.schema = other.schema
        }
        for side in [NativeHistogram.Side.positive, .negative] where !other.counts(side).isEmpty {
            var (spans, counts) = (other.spans(side), other.counts(side))
            var compensations: [Double]?
            if other.schema > value.schema {
                let zeros = [Double](repeating: 0, count: counts.count)
                let reduced = NativeHistogram.reducedCompensated(spans, counts, zeros, from: other.schema, to: value.schema)
                (spans, counts, compensations) = (reduced.spans, reduced.counts, reduced.compensations)
            }
            if side == .positive {
                addBuckets(side, spans, counts, compensations, &compensation.positive)
            } else {
                addBuckets(side, spans, counts, compensations, &compensation.negative)
            }
        }
    }

    /// Adds buckets of the sum's schema, with their own compensations if they have any.
    private mutating func addBuckets(
        _ side: NativeHistogram.Side, _ spans: [NativeHistogram.BucketSpan], _ counts: [Double], _ theirCompensations: [Double]?,
        _ ourCompensations: inout [Double]
    ) {
        if theirCompensations == nil, value.spans(side) == spans, ourCompensations.count == counts.count, !value.beginsWithinZero(spans) {
            if side == .positive {
                HistogramSum.addInPlace(counts, &value.positiveBuckets, &ourCompensations)
            } else {
                HistogramSum.addInPlace(counts, &value.negativeBuckets, &ourCompensations)
            }
            return
        }
        var builder = NativeHistogram.SideBuilder(capacity: max(counts.count, value.counts(side).count), compensated: true)
        var ours = BucketWalk(value.spans(side), value.counts(side))
        var theirs = BucketWalk(spans, counts)
        var mine = ours.next()
        var other = value.nextOutsideZero(&theirs)
        while mine != nil || other != nil {
            if let left = mine, other.map({ left.index <= $0.index }) ?? true {
                var bucket = KahanSum(left.count, ourCompensations[ours.position - 1])
                if let right = other, right.index == left.index {
                    bucket.add(right.count)
                    let compensation = theirCompensations?[theirs.position - 1] ?? 0
                    if compensation != 0 { bucket.add(compensation) }
                    other = theirs.next()
                }
                builder.append(left.index, bucket.sum, bucket.compensation)
                mine = ours.next()
            } else if let right = other {
                builder.append(right.index, right.count, theirCompensations?[theirs.position - 1] ?? 0)
                other = theirs.next()
            }
        }
        value.set(side, builder.spans, builder.counts)
        ourCompensations = builder.compensations
    }

    private static func addInPlace(_ added: [Double], _ sums: inout [Double], _ compensations: inout [Double]) {
        for index in added.indices {
            var bucket = KahanSum(sums[index], compensations[index])
            bucket.add(added[index])
            (sums[index], compensations[index]) = (bucket.sum, bucket.compensation)
        }
    }

    public mutating func multiply(by factor: Double) {
        value.multiply(by: factor)
        compensation?.multiply(by: factor)
    }

    public mutating func divide(by divisor: Double) {
        value.divide(by: divisor)
        compensation?.divide(by: divisor)
    }

    /// The sum with its compensation applied, not compacted.
    public var total: NativeHistogram {
        guard let compensation else { return value }
        var total = value
        total.zeroCount += compensation.zeroCount
        total.count += compensation.count
        total.sum += compensation.sum
        for index in total.positiveBuckets.indices { total.positiveBuckets[index] += compensation.positive[index] }
        for index in total.negativeBuckets.indices { total.negativeBuckets[index] += compensation.negative[index] }
        return total
    }
}
