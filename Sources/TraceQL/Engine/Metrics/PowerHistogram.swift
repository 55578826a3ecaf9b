/// Histograms whose buckets end at powers of two.
enum PowerHistogram {
    /// The exponent of the bucket that a number is in: it ends at 2 to that power. Nil below 2, of which there are none.
    static func exponent(_ number: UInt64) -> Int? {
        number < 2 ? nil : 64 - (number - 1).leadingZeroBitCount
    }

    /// The value below which a share of the numbers lies, by exponential interpolation within a bucket.
    ///
    /// - Parameter buckets: their upper ends and counts, the lowest first.
    static func quantile(_ share: Double, _ buckets: [(end: Double, count: Int)]) -> Double {
        let total = buckets.reduce(0) { $0 + $1.count }
        if total == 0 { return 0 }
        // At least one number is read; few numbers are better off when rounded up.
        let wanted = Swift.max(1, Int((share * Double(total)).rounded(.up)))
        var seen = 0
        var place = 0
        for (index, bucket) in buckets.enumerated() {
            place = index
            if seen + bucket.count > wanted { break }
            seen += bucket.count
            if seen == wanted { return bucket.end }
        }
        let part = Double(wanted - seen) / Double(buckets[place].count)
        let high = binaryLogarithm(buckets[place].end)
        let low = place > 0 ? binaryLogarithm(buckets[place - 1].end) : high - 1
        return power(2, low + (high - low) * part)
    }
}
