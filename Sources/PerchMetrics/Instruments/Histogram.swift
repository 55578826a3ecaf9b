/// Counts of observations by size, in classic buckets, in native ones, or in both. Recording takes no lock and allocates nothing, but for
/// native buckets that are needed for the first time.
///
/// One bucket is counted per observation; the cumulative counts of the text formats are added up at exposition, and the total count is
/// their sum, so that `+Inf` and `_count` always agree.
public final class Histogram: Sendable {
    /// Upper bounds, inclusive and rising, without +Inf.
    public let bounds: [Double]
    private let buckets: AtomicCells
    private let total = AtomicDouble(0)
    private let native: NativeBuckets?
    private let exemplars: ExemplarSlots?

    /// A histogram of its own; one that is exposed comes from ``MetricRegistry/histogram(_:help:unit:bounds:labels:)``.
    ///
    /// - Precondition: the bounds are finite and rise.
    public convenience init(bounds: [Double] = Histogram.durationBounds) {
        self.init(HistogramLayout(bounds: bounds, nativeSchema: nil), exemplars: nil)
    }

    init(_ layout: HistogramLayout, exemplars source: ExemplarSource?) {
        let bounds = layout.bounds
        precondition(bounds.allSatisfy(\.isFinite), "BUG: bucket bounds have to be finite")
        precondition(zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 }, "BUG: bucket bounds have to rise")
        self.bounds = bounds
        buckets = AtomicCells(count: bounds.count + 1)
        native = layout.nativeSchema.map { NativeBuckets(schema: $0) }
        exemplars = source.map { ExemplarSlots(bucketCount: bounds.count + 1, source: $0) }
    }

    deinit { buckets.deallocate() }

    /// Counts one observation. NaN is left out: it has no bucket, and would make the sum NaN for ever. O(log bounds).
    public func record(_ value: Double) {
        if value.isNaN { return }
        let bucket = place(of: value)
        let before = buckets.increment(bucket)
        total.add(value)
        native?.record(value)
        exemplars?.offer(value, bucket: bucket, count: before)
    }

    /// The first bucket whose bound is not below the value.
    @inline(__always)
    private func place(of value: Double) -> Int {
        bounds.withUnsafeBufferPointer { bounds in
            var low = 0
            var count = bounds.count
            while count > 0 {
                let half = count / 2
                let isBelow = bounds[low &+ half] < value
                low = isBelow ? low &+ half &+ 1 : low
                count = isBelow ? count &- half &- 1 : half
            }
            return low
        }
    }

    /// The sum of all observations.
    public var sum: Double { total.load() }

    /// The number of all observations. O(bounds).
    public var count: UInt64 { (0..<buckets.count).reduce(0) { $0 &+ buckets.load($1) } }

    /// The number of observations in one bucket alone; the last is the one above all bounds.
    ///
    /// - Precondition: `index` is within 0...bounds.count.
    public func count(inBucket index: Int) -> UInt64 { buckets.load(index) }

    /// All numbers as they are now. Observations made meanwhile may be in some of them and not in others.
    ///
    /// - Parameter takesExemplars: whether exemplars are among them; then each bucket wants a new one.
    func snapshot(nativeBucketsMax: Int, takesExemplars: Bool) -> HistogramSnapshot {
        HistogramSnapshot(
            bounds: bounds, counts: (0..<buckets.count).map { buckets.load($0) }, sum: sum,
            exemplars: takesExemplars ? exemplars?.collect() ?? [] : [],
            native: native?.snapshot().limited(bucketsMax: nativeBucketsMax))
    }

    func reset() {
        for index in 0..<buckets.count { buckets.store(index, 0) }
        total.store(0)
        native?.reset()
    }

    /// Bounds for the time that a request or a piece of work takes, in seconds: 0.1 ms to a minute.
    public static let durationBounds: [Double] = [
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
    ]

    /// Bounds for sizes and numbers of things: powers of four from 1 to 2^30.
    public static let sizeBounds: [Double] = exponentialBounds(start: 1, factor: 4, count: 16)

    /// `count` bounds, each `factor` times the one before.
    ///
    /// - Precondition: `start` is above 0, `factor` above 1, `count` at least 1.
    public static func exponentialBounds(start: Double, factor: Double, count: Int) -> [Double] {
        precondition(start > 0 && factor > 1 && count >= 1, "BUG: exponential bounds need a start above 0 and a factor above 1")
        var bounds: [Double] = []
        var bound = start
        for _ in 0..<count {
            bounds.append(bound)
            bound *= factor
        }
        return bounds
    }
}

/// Which buckets a histogram has.
struct HistogramLayout: Sendable, Hashable {
    let bounds: [Double]
    let nativeSchema: Int?
}
