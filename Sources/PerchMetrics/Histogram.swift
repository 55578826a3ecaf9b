/// Counts of observations by size, in classic buckets. Recording takes no lock and allocates nothing.
///
/// One bucket is counted per observation; the cumulative counts of the text formats are added up at exposition, and the total count is
/// their sum, so that `+Inf` and `_count` always agree.
public final class Histogram: Sendable {
    /// Upper bounds, inclusive and rising, without +Inf.
    public let bounds: [Double]
    private let buckets: AtomicCells
    private let total = AtomicDouble(0)

    /// A histogram of its own; one that is exposed comes from ``MetricRegistry/histogram(_:help:unit:bounds:labels:)``.
    ///
    /// - Precondition: the bounds are finite and rise.
    public init(bounds: [Double] = Histogram.durationBounds) {
        precondition(bounds.allSatisfy(\.isFinite), "BUG: bucket bounds have to be finite")
        precondition(zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 }, "BUG: bucket bounds have to rise")
        self.bounds = bounds
        buckets = AtomicCells(count: bounds.count + 1)
    }

    deinit { buckets.deallocate() }

    /// Counts one observation. NaN is left out: it has no bucket, and would make the sum NaN for ever. O(log bounds).
    public func record(_ value: Double) {
        if value.isNaN { return }
        var low = 0
        var high = bounds.count
        while low < high {
            let middle = (low + high) / 2
            if bounds[middle] < value { low = middle + 1 } else { high = middle }
        }
        buckets.increment(low)
        total.add(value)
    }

    /// The sum of all observations.
    public var sum: Double { total.load() }

    /// The number of all observations. O(bounds).
    public var count: UInt64 { (0..<buckets.count).reduce(0) { $0 &+ buckets.load($1) } }

    /// The number of observations in one bucket alone; the last is the one above all bounds.
    ///
    /// - Precondition: `index` is within 0...bounds.count.
    public func count(inBucket index: Int) -> UInt64 { buckets.load(index) }

    /// Bounds for the time that a request or a piece of work takes, in seconds: 0.1 ms to a minute.
    public static let durationBounds: [Double] = [
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
    ]

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
