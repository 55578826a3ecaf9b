/// The cumulative buckets of a classic histogram at one time.
struct ClassicBuckets {
    struct Bucket {
        var upperBound: Double
        var count: Double
    }

    /// What had to be mended so that counts rise from bucket to bucket.
    struct Correction {
        var lowestBound = Double.infinity
        var highestBound = -Double.infinity
        var largestDrop = 0.0
    }

    /// Differences between neighbours below this part of their sum are taken for rounding errors.
    private static let insignificantPart = 1e-12

    private var buckets: [Bucket] = []

    /// Empties the buckets and keeps their memory.
    mutating func removeAll() { buckets.removeAll(keepingCapacity: true) }

    /// Appends a bucket; bounds come in rising order. The counts of buckets with one bound are added up.
    mutating func append(_ bucket: Bucket) {
        if let last = buckets.indices.last, buckets[last].upperBound == bucket.upperBound {
            buckets[last].count += bucket.count
        } else {
            buckets.append(bucket)
        }
    }

    var isEmpty: Bool { buckets.isEmpty }

    /// Whether the highest bucket holds all observations.
    private var isComplete: Bool { buckets.last?.upperBound == .infinity }

    /// The φ-quantile, by linear interpolation within a bucket. The lowest bucket begins at 0 where its bound is positive.
    ///
    /// - Parameter correction: set where the counts had to be made to rise.
    mutating func quantile(_ quantile: Double, _ correction: inout Correction?) -> Double {
        if let outside = Quantile.outsideOfDomain(quantile, isEmpty: false) { return outside }
        if !isComplete { return .nan }
        correction = makeMonotonic()
        guard buckets.count >= 2 else { return .nan }
        let observations = buckets[buckets.count - 1].count
        if observations == 0 { return .nan }
        let rank = quantile * observations
        let place = firstBucket(holding: rank)
        if place == buckets.count - 1 { return buckets[place - 1].upperBound }
        let end = buckets[place].upperBound
        if place == 0 {
            if end <= 0 { return end }
            return end * (rank / buckets[0].count)
        }
        let before = buckets[place - 1]
        return before.upperBound + (end - before.upperBound) * ((rank - before.count) / (buckets[place].count - before.count))
    }

    /// The first bucket that counts at least `rank` observations, or the last one.
    private func firstBucket(holding rank: Double) -> Int {
        var (low, high) = (0, buckets.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if buckets[middle].count >= rank { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// Which part of the observations lies between two values.
    func fraction(_ lower: Double, _ upper: Double) -> Double {
        guard isComplete, let last = buckets.last else { return .nan }
        if last.count == 0 || lower.isNaN || upper.isNaN { return .nan }
        if lower >= upper { return 0 }
        let low = min(rank(of: lower) ?? last.count, last.count)
        let high = min(rank(of: upper) ?? last.count, last.count)
        return (high - low) / last.count
    }

    /// How many observations lie at or below a value; nil beyond all buckets.
    private func rank(of value: Double) -> Double? {
        var start = buckets[0].upperBound <= 0 ? -Double.infinity : 0
        var below = 0.0
        for bucket in buckets {
            if start >= value { return below }
            if bucket.upperBound > value {
                if start == -.infinity { return bucket.count }
                return below + (bucket.count - below) * (value - start) / (bucket.upperBound - start)
            }
            below = bucket.count
            start = bucket.upperBound
        }
        return nil
    }

    /// Takes away drops from bucket to bucket; small differences of either direction silently.
    private mutating func makeMonotonic() -> Correction? {
        var correction: Correction?
        var previous = buckets[0].count
        for index in buckets.indices.dropFirst() {
            let current = buckets[index].count
            if current == previous { continue }
            if ClassicBuckets.isInsignificant(previous, current) {
                buckets[index].count = previous
            } else if current < previous {
                buckets[index].count = previous
                var seen = correction ?? Correction()
                seen.lowestBound = min(seen.lowestBound, buckets[index].upperBound)
                seen.highestBound = max(seen.highestBound, buckets[index].upperBound)
                seen.largestDrop = max(seen.largestDrop, previous - current)
                correction = seen
            } else {
                previous = current
            }
        }
        return correction
    }

    /// Whether two different counts are as good as equal.
    private static func isInsignificant(_ left: Double, _ right: Double) -> Bool {
        if left.isNaN && right.isNaN { return true }
        let sum = left.magnitude + right.magnitude
        let difference = (left - right).magnitude
        let smallest = Double.leastNormalMagnitude
        if left == 0 || right == 0 || sum < smallest { return difference < insignificantPart * smallest }
        return difference / min(sum, .greatestFiniteMagnitude) < insignificantPart
    }
}
