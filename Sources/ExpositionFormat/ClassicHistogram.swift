public import TelemetryModel

/// A classic histogram that is gathered bucket by bucket, to become a native histogram with custom buckets.
public struct ClassicHistogram: Sendable {
    private var buckets: [(bound: Double, count: Double)] = []
    /// All observations; nil where no such sample came.
    public var count: Double?
    public var sum: Double?

    public init() {}

    public var isEmpty: Bool { buckets.isEmpty && count == nil && sum == nil }

    /// Adds a bucket: how many observations are at or below its bound.
    public mutating func add(bound: Double, count: Double) { buckets.append((bound, count)) }

    /// Empties it and keeps the memory.
    public mutating func removeAll() {
        buckets.removeAll(keepingCapacity: true)
        count = nil
        sum = nil
    }

    /// The native histogram; nil where counts are negative or fall from a bucket to the next, or where a bound is no number.
    public func converted() -> NativeHistogram? {
        var sorted = buckets
        if zip(sorted, sorted.dropFirst()).contains(where: { !($0.bound < $1.bound) }) { sorted.sort { $0.bound < $1.bound } }
        let infinite = sorted.last?.bound == .infinity ? sorted.removeLast().count : nil
        guard let total = count ?? infinite ?? sorted.last?.count else { return nil }
        var bounds: [Double] = []
        var counts: [Double] = []
        var below = 0.0
        for bucket in sorted {
            guard bucket.bound.isFinite, bucket.count >= below, bounds.last.map({ $0 < bucket.bound }) ?? true else { return nil }
            bounds.append(bucket.bound)
            counts.append(bucket.count - below)
            below = bucket.count
        }
        guard total >= below else { return nil }
        counts.append(total - below)
        let isFloat = counts.contains { $0 != $0.rounded() } || total != total.rounded()
        var histogram = NativeHistogram(
            schema: NativeHistogram.customBucketsSchema, count: total, sum: sum ?? 0,
            positiveSpans: [.init(offset: 0, length: UInt32(counts.count))], positiveBuckets: counts, customBounds: bounds, isFloat: isFloat
        )
        histogram.compact(emptyBucketsMax: 2)
        return histogram
    }
}
