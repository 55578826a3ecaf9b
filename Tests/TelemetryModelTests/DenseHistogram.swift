internal import TelemetryModel
internal import TestSupport

/// A histogram as dictionaries from bucket index to count: slow and obviously right, to hold the real one against.
struct DenseHistogram {
    var schema: Int32 = 0
    var zeroThreshold = 0.0
    var zeroCount = 0.0
    var positive: [Int: Double] = [:]
    var negative: [Int: Double] = [:]
    var bounds: [Double] = []

    init() {}

    init(_ histogram: NativeHistogram) {
        schema = histogram.schema
        zeroThreshold = histogram.zeroThreshold
        zeroCount = histogram.zeroCount
        bounds = histogram.customBounds
        positive = DenseHistogram.dense(histogram.positiveSpans, histogram.positiveBuckets)
        negative = DenseHistogram.dense(histogram.negativeSpans, histogram.negativeBuckets)
    }

    private static func dense(_ spans: [NativeHistogram.BucketSpan], _ counts: [Double]) -> [Int: Double] {
        var result: [Int: Double] = [:]
        var index = 0
        var rest = counts[...]
        for span in spans {
            index += Int(span.offset)
            for _ in 0..<span.length {
                let count = rest.removeFirst()
                if count != 0 { result[index] = count }
                index += 1
            }
        }
        return result
    }

    func reduced(to target: Int32) -> DenseHistogram {
        var copy = self
        while copy.schema > target {
            copy.schema -= 1
            copy.positive = DenseHistogram.halved(copy.positive)
            copy.negative = DenseHistogram.halved(copy.negative)
        }
        return copy
    }

    /// Buckets 2k-1 and 2k of a schema are bucket k of the next lower one.
    private static func halved(_ buckets: [Int: Double]) -> [Int: Double] {
        var result: [Int: Double] = [:]
        for (index, count) in buckets { result[Int((Double(index) / 2).rounded(.up)), default: 0] += count }
        return result
    }

    func bound(_ index: Int) -> Double { ExponentialBounds.upper(of: index, schema: schema) }

    /// Widens the zero bucket so that it ends at no populated bucket's middle.
    mutating func widen(to threshold: Double) {
        guard threshold > zeroThreshold else { return }
        zeroThreshold = threshold
        while let far = (positive.keys.map { $0 } + negative.keys.map { $0 }).filter({ bound($0 - 1) < zeroThreshold }).map(bound).max(),
            far > zeroThreshold
        { zeroThreshold = far }
        for index in positive.keys where bound(index) <= zeroThreshold { zeroCount += positive.removeValue(forKey: index)! }
        for index in negative.keys where bound(index) <= zeroThreshold { zeroCount += negative.removeValue(forKey: index)! }
    }

    func adding(_ other: DenseHistogram, sign: Double = 1) -> DenseHistogram {
        var (left, right) = (self, other)
        while left.zeroThreshold != right.zeroThreshold {
            left.widen(to: right.zeroThreshold)
            right.widen(to: left.zeroThreshold)
        }
        let target = min(left.schema, right.schema)
        left = left.reduced(to: target)
        right = right.reduced(to: target)
        left.zeroCount += sign * right.zeroCount
        for (index, count) in right.positive { left.positive[index, default: 0] += sign * count }
        for (index, count) in right.negative { left.negative[index, default: 0] += sign * count }
        left.positive = left.positive.filter { $0.value != 0 }
        left.negative = left.negative.filter { $0.value != 0 }
        return left
    }

    func isSame(as other: DenseHistogram) -> Bool {
        schema == other.schema && zeroThreshold == other.zeroThreshold && zeroCount == other.zeroCount && positive == other.positive
            && negative == other.negative && bounds == other.bounds
    }
}

extension SeededGenerator {
    /// An exponential histogram of whole counts, with empty buckets, adjacent spans and zero-length spans in it.
    mutating func exponentialHistogram(schema: Int32? = nil, threshold: Double? = nil) -> NativeHistogram {
        var histogram = NativeHistogram(schema: schema ?? Int32.random(in: -4...8, using: &self))
        histogram.zeroThreshold = threshold ?? [0, 0x1p-128, 0.001, 0.3, 2][Int.random(in: 0..<5, using: &self)]
        histogram.zeroCount = Double(Int.random(in: 0...5, using: &self))
        let first = Int32(ExponentialBoundsProbe.firstIndex(above: histogram.zeroThreshold, schema: histogram.schema))
        (histogram.positiveSpans, histogram.positiveBuckets) = side(from: first)
        (histogram.negativeSpans, histogram.negativeBuckets) = side(from: first)
        histogram.count = histogram.zeroCount + histogram.positiveBuckets.reduce(0, +) + histogram.negativeBuckets.reduce(0, +)
        histogram.sum = Double(Int.random(in: -1000...1000, using: &self))
        return histogram
    }

    mutating func customHistogram(bounds: [Double]? = nil) -> NativeHistogram {
        let all = [-5.0, -1, 0, 0.5, 1, 2, 5, 10, 100]
        let bounds = bounds ?? all.filter { _ in Bool.random(using: &self) }
        var histogram = NativeHistogram(schema: NativeHistogram.customBucketsSchema, customBounds: bounds)
        var index = 0
        var end = 0
        while index <= bounds.count {
            let gap = Int.random(in: 0...2, using: &self)
            index += gap
            if index > bounds.count { break }
            let length = Int.random(in: 1...(bounds.count - index + 1), using: &self)
            histogram.positiveSpans.append(.init(offset: Int32(index - end), length: UInt32(length)))
            for _ in 0..<length { histogram.positiveBuckets.append(Double(Int.random(in: 0...4, using: &self))) }
            index += length
            end = index
        }
        histogram.count = histogram.positiveBuckets.reduce(0, +)
        histogram.sum = Double(Int.random(in: -1000...1000, using: &self))
        return histogram
    }

    private mutating func side(from first: Int32) -> ([NativeHistogram.BucketSpan], [Double]) {
        var spans: [NativeHistogram.BucketSpan] = []
        var counts: [Double] = []
        for number in 0..<Int.random(in: 0...4, using: &self) {
            let gap = Int32.random(in: 0...5, using: &self)
            let length = UInt32.random(in: 0...5, using: &self)
            spans.append(.init(offset: number == 0 ? first + gap : gap, length: length))
            for _ in 0..<length { counts.append(Double(max(0, Int.random(in: -3...6, using: &self)))) }
        }
        return (spans, counts)
    }
}

/// Finds bucket indices by searching, so that tests do not lean on what they test.
enum ExponentialBoundsProbe {
    static func firstIndex(above threshold: Double, schema: Int32) -> Int {
        if threshold == 0 { return -6 }
        var (low, high) = (-300_000, 300_000)
        while low < high {
            let middle = (low + high) >> 1
            if ExponentialBounds.upper(of: middle - 1, schema: schema) < threshold { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
