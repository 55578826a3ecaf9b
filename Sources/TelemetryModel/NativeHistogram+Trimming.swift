/// Cutting a histogram off at a value (the operators `</` and `>/`). What a bucket that is cut through keeps is estimated by interpolation,
/// as quantiles are; the new sum comes from the middles of what stays.
extension NativeHistogram {
    /// Which observations stay.
    public enum Trim: Sendable, Hashable {
        /// Those up to the value (`</`).
        case keepBelow
        /// Those from the value on (`>/`).
        case keepAbove
    }

    /// This histogram without the observations on one side of a value. Where no bucket loses anything it stays as it is.
    public func trimmed(_ trim: Trim, at value: Double) -> NativeHistogram {
        var result = self
        var kept = KeptObservations()
        let hasPositive = result.trimSide(.positive, trim, value, &kept)
        let hasNegative = result.trimSide(.negative, trim, value, &kept)
        if zeroCount > 0 && !usesCustomBuckets {
            let (count, middle) = keptOfZeroBucket(trim, value, hasNegative: hasNegative, hasPositive: hasPositive)
            if zeroCount != count { kept.isTrimmed = true }
            result.zeroCount = count
            kept.sum += middle * count
            kept.count += count
        }
        guard kept.isTrimmed else { return self }
        result.count = kept.count
        result.sum = kept.sum
        result.isFloat = true
        result.compact()
        return result
    }

    private struct KeptObservations {
        var count = 0.0
        var sum = 0.0
        var isTrimmed = false
    }

    /// - Returns: whether the side had any observations.
    private mutating func trimSide(_ side: Side, _ trim: Trim, _ value: Double, _ kept: inout KeptObservations) -> Bool {
        var counts = counts(side)
        var isPopulated = false
        for (position, bucket) in buckets(side).enumerated() where bucket.count != 0 {
            isPopulated = true
            let isWhole = trim == .keepBelow ? bucket.upper <= value : bucket.lower >= value
            let isCut = trim == .keepBelow ? bucket.lower < value : bucket.upper > value
            if isWhole {
                kept.count += bucket.count
                kept.sum += middle(bucket.lower, bucket.upper, side) * bucket.count
            } else if isCut {
                let (count, middle) = keptOf(bucket, trim, value, side)
                kept.count += count
                kept.sum += middle * count
                if counts[position] != count {
                    counts[position] = count
                    kept.isTrimmed = true
                }
            } else {
                counts[position] = 0
                kept.isTrimmed = true
            }
        }
        set(side, spans(side), counts)
        return isPopulated
    }

    /// What a bucket that the value lies in keeps, and where the middle of that is.
    private func keptOf(_ bucket: Bucket, _ trim: Trim, _ value: Double, _ side: Side) -> (count: Double, middle: Double) {
        if bucket.lower == -.infinity { return keptOfLowest(bucket, trim, value) }
        if bucket.upper == .infinity {
            // How observations lie on the way to infinity is unknown: all of the bucket stays, or none.
            if trim == .keepAbove && value >= bucket.lower { return (bucket.count, value) }
            return (0, bucket.lower == -.infinity ? 0 : bucket.lower)
        }
        let below: Double
        if value <= bucket.lower {
            below = 0
        } else if value >= bucket.upper {
            below = bucket.count
        } else {
            below = bucket.count * bucket.fractionBelow(value, linear: usesCustomBuckets)
        }
        switch trim {
        case .keepBelow: return (below, middle(bucket.lower, value, side))
        case .keepAbove: return (bucket.count - below, middle(value, bucket.upper, side))
        }
    }

    /// The bucket from -Inf up. With a positive finite upper bound (custom bounds only) it is taken to begin at 0.
    private func keptOfLowest(_ bucket: Bucket, _ trim: Trim, _ value: Double) -> (count: Double, middle: Double) {
        let boundedUpper = bucket.upper.isInfinite ? 0 : bucket.upper
        switch trim {
        case .keepBelow:
            if value >= bucket.upper { return (bucket.count, 0) }
            if value > 0 && bucket.upper > 0 && bucket.upper != .infinity { return (bucket.count * value / bucket.upper, value / 2) }
            if bucket.upper <= 0 { return (bucket.count, value) }
            return (0, boundedUpper)
        case .keepAbove:
            if value <= bucket.lower { return (bucket.count, 0) }
            if value >= 0 && bucket.upper > value && bucket.upper != .infinity {
                return (bucket.count * (1 - value / bucket.upper), (value + bucket.upper) / 2)
            }
            return (0, boundedUpper)
        }
    }

    private func keptOfZeroBucket(
        _ trim: Trim, _ value: Double, hasNegative: Bool, hasPositive: Bool
    ) -> (count: Double, middle: Double) {
        let lower = hasPositive && !hasNegative ? 0 : -zeroThreshold
        let upper = hasNegative && !hasPositive ? 0 : zeroThreshold
        let whole = (zeroCount, (lower + upper) / 2)
        switch trim {
        case .keepBelow:
            if value <= lower { return (0, 0) }
            if value >= upper { return whole }
            return (zeroCount * ((value - lower) / (upper - lower)), (lower + value) / 2)
        case .keepAbove:
            if value <= lower { return whole }
            if value >= upper { return (0, 0) }
            return (zeroCount * ((upper - value) / (upper - lower)), (value + upper) / 2)
        }
    }

    /// The middle of an interval: arithmetic between custom bounds, geometric between exponential ones.
    private func middle(_ lower: Double, _ upper: Double, _ side: Side) -> Double {
        if lower.isInfinite {
            if upper.isInfinite { return 0 }
            return upper > 0 ? upper / 2 : upper
        }
        if upper.isInfinite { return lower }
        if usesCustomBuckets { return (lower + upper) / 2 }
        let mean = abs(lower * upper).squareRoot()
        return side == .positive ? mean : -mean
    }
}
