/// What the buckets of a native histogram held at some moment.
public struct NativeCounts: Sendable, Hashable {
    /// The observations in one bucket, which is not empty.
    public struct Bucket: Sendable, Hashable {
        /// The bucket's upper bound is 2^(key / 2^schema); the bucket below has the key one less.
        public let key: Int
        public let count: UInt64
    }

    public private(set) var schema: Int
    /// Observations up to this size count as zero.
    public let zeroThreshold: Double
    public let zeroCount: UInt64
    /// Rising by key.
    public private(set) var positive: [Bucket]
    /// Rising by key, which is that of the observation's size.
    public private(set) var negative: [Bucket]

    init(schema: Int, zeroThreshold: Double, zeroCount: UInt64, positive: [Bucket], negative: [Bucket]) {
        self.schema = schema
        self.zeroThreshold = zeroThreshold
        self.zeroCount = zeroCount
        self.positive = positive
        self.negative = negative
    }

    /// The number of all observations.
    public var count: UInt64 {
        positive.reduce(0) { $0 &+ $1.count } &+ negative.reduce(0) { $0 &+ $1.count } &+ zeroCount
    }

    /// The upper bound of a positive bucket.
    public func upperBound(_ key: Int) -> Double { powerOfTwo(Double(key) / Double(1 << schema)) }

    /// The same counts in fewer, wider buckets: at most this many of each sign, if schema 0 gets there.
    func limited(bucketsMax: Int) -> NativeCounts {
        var counts = self
        while counts.schema > 0 && max(counts.positive.count, counts.negative.count) > bucketsMax {
            counts.schema -= 1
            counts.positive = NativeCounts.halved(counts.positive)
            counts.negative = NativeCounts.halved(counts.negative)
        }
        return counts
    }

    /// Two neighbours become one; the one with the even key ends where the new one does.
    private static func halved(_ buckets: [Bucket]) -> [Bucket] {
        var halved: [Bucket] = []
        for bucket in buckets {
            let key = (bucket.key + 1) >> 1
            if let last = halved.last, last.key == key {
                halved[halved.count - 1] = Bucket(key: key, count: last.count &+ bucket.count)
            } else {
                halved.append(Bucket(key: key, count: bucket.count))
            }
        }
        return halved
    }

    /// What was added since an earlier moment, in the wider buckets of the two; nil where a count fell.
    func since(_ earlier: NativeCounts) -> NativeCounts? {
        let (now, before) = (widened(to: earlier.schema), earlier.widened(to: schema))
        guard now.zeroCount >= before.zeroCount, let positive = NativeCounts.difference(now.positive, before.positive),
            let negative = NativeCounts.difference(now.negative, before.negative)
        else { return nil }
        return NativeCounts(
            schema: now.schema, zeroThreshold: zeroThreshold, zeroCount: now.zeroCount - before.zeroCount, positive: positive,
            negative: negative)
    }

    private func widened(to schema: Int) -> NativeCounts {
        var counts = self
        while counts.schema > schema {
            counts.schema -= 1
            counts.positive = NativeCounts.halved(counts.positive)
            counts.negative = NativeCounts.halved(counts.negative)
        }
        return counts
    }

    private static func difference(_ now: [Bucket], _ before: [Bucket]) -> [Bucket]? {
        var counts = Dictionary(uniqueKeysWithValues: now.map { ($0.key, $0.count) })
        for bucket in before {
            guard let count = counts[bucket.key], count >= bucket.count else { return nil }
            counts[bucket.key] = count > bucket.count ? count - bucket.count : nil
        }
        return counts.map { Bucket(key: $0.key, count: $0.value) }.sorted { $0.key < $1.key }
    }

    /// Adds the counts of another histogram of the same schema.
    mutating func add(_ other: NativeCounts) {
        self = NativeCounts(
            schema: schema, zeroThreshold: zeroThreshold, zeroCount: zeroCount &+ other.zeroCount,
            positive: NativeCounts.sum(positive, other.positive), negative: NativeCounts.sum(negative, other.negative))
    }

    private static func sum(_ left: [Bucket], _ right: [Bucket]) -> [Bucket] {
        var sum: [Int: UInt64] = [:]
        for bucket in left { sum[bucket.key, default: 0] &+= bucket.count }
        for bucket in right { sum[bucket.key, default: 0] &+= bucket.count }
        return sum.map { Bucket(key: $0.key, count: $0.value) }.sorted { $0.key < $1.key }
    }

    /// The value below which this share of the observations lies, estimated within its bucket as if they were spread evenly over the
    /// bucket's octave; NaN without observations.
    func quantile(_ share: Double) -> Double {
        let total = count
        guard total > 0 else { return .nan }
        let rank = share * Double(total)
        var passed = 0.0
        for bucket in negative.reversed() {
            let next = passed + Double(bucket.count)
            if next >= rank { return -bound(bucket.key, 1 - (rank - passed) / Double(bucket.count)) }
            passed = next
        }
        passed += Double(zeroCount)
        if zeroCount > 0 && passed >= rank { return 0 }
        for bucket in positive {
            let next = passed + Double(bucket.count)
            if next >= rank { return bound(bucket.key, (rank - passed) / Double(bucket.count)) }
            passed = next
        }
        return positive.last.map { upperBound($0.key) } ?? 0
    }

    /// A point between the lower end (0) and the upper end (1) of a bucket.
    private func bound(_ key: Int, _ part: Double) -> Double { powerOfTwo((Double(key) - 1 + part) / Double(1 << schema)) }
}
