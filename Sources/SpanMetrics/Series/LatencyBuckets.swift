internal import TelemetryModel

/// The buckets that durations are counted in, classic and native.
struct LatencyBuckets: Sendable, Hashable {
    /// Upper bounds of the classic buckets, inclusive and rising, without +Inf. Empty where only native histograms are kept.
    let bounds: [Double]
    /// The schema that native histograms begin with; nil where only classic ones are kept.
    let nativeSchema: Int32?
    /// Upper bounds of the native buckets within [0.5, 1).
    private let fractions: [Double]

    /// Durations up to this count as zero: what Prometheus' clients have as default.
    static let zeroThreshold = 0x1p-128

    init(bounds: [Double], nativeSchema: Int32?) {
        self.bounds = bounds
        self.nativeSchema = nativeSchema
        fractions = (0..<(1 << Int(nativeSchema ?? 0))).map { ExponentialBounds.upper(of: $0, schema: nativeSchema ?? 0) / 2 }
    }

    /// The number of classic buckets with the one above all bounds; 0 where there are none.
    var classicCount: Int { bounds.isEmpty ? 0 : bounds.count + 1 }

    /// The classic bucket of a value.
    @inline(__always)
    func classicIndex(_ value: Double) -> Int {
        var low = 0
        var high = bounds.count
        while low < high {
            let middle = (low + high) / 2
            if bounds[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The native bucket of a value in the schema that histograms begin with.
    ///
    /// - Precondition: the value is finite and above ``zeroThreshold``; the schema is not below 0.
    @inline(__always)
    func nativeIndex(_ value: Double) -> Int {
        // value = fraction · 2^exponent with a fraction within [0.5, 1).
        let exponent = Int(value.exponent) + 1
        let fraction = value.significand / 2
        var low = 0
        var high = fractions.count
        while low < high {
            let middle = (low + high) / 2
            if fractions[middle] < fraction { low = middle + 1 } else { high = middle }
        }
        return low + (exponent - 1) * fractions.count
    }
}

/// The counts of one native histogram.
///
/// Where more buckets are populated than may be, the resolution is halved: counts never go backwards.
struct NativeCounts: Sendable {
    /// How often the resolution was halved.
    private(set) var reductions: Int32 = 0
    private(set) var zeroCount = 0.0
    /// The counts of neighbouring buckets from `first` on.
    private var counts: [Double] = []
    private var first = 0
    private var populated = 0

    /// As many buckets as Tempo keeps.
    static let bucketsMax = 100

    init() {}

    @inline(__always)
    mutating func record(_ value: Double, _ amount: Double, _ buckets: borrowing LatencyBuckets) {
        if value <= LatencyBuckets.zeroThreshold {
            zeroCount += amount
            return
        }
        let index = NativeCounts.merged(buckets.nativeIndex(value), reductions)
        let offset = index - first
        if offset >= 0, offset < counts.count, counts[offset] > 0 {
            counts[offset] += amount
        } else {
            recordNew(index, amount)
        }
    }

    private static func merged(_ index: Int, _ reductions: Int32) -> Int { (index - 1) >> Int(reductions) + 1 }

    private mutating func recordNew(_ index: Int, _ amount: Double) {
        add(index, amount)
        while populated > NativeCounts.bucketsMax {
            reductions += 1
            let (old, start) = (counts, first)
            counts = []
            populated = 0
            for (offset, count) in old.enumerated() where count > 0 { add(NativeCounts.merged(start + offset, 1), count) }
        }
    }

    private mutating func add(_ index: Int, _ amount: Double) {
        if counts.isEmpty { first = index }
        if index < first {
            counts.insert(contentsOf: repeatElement(0, count: first - index), at: 0)
            first = index
        }
        while index - first >= counts.count { counts.append(0) }
        if counts[index - first] == 0 { populated += 1 }
        counts[index - first] += amount
    }

    /// The histogram as a sample.
    func histogram(schema: Int32, count: Double, sum: Double, isFloat: Bool) -> NativeHistogram {
        var histogram = NativeHistogram(
            schema: schema - reductions, zeroThreshold: LatencyBuckets.zeroThreshold, zeroCount: zeroCount, count: count, sum: sum,
            isFloat: isFloat)
        // Gaps of one or two buckets cost less as zeros than as a span of their own.
        let gapMax = 2
        var end: Int?
        for (offset, count) in counts.enumerated() where count > 0 {
            let gap = end.map { offset - $0 }
            if let gap, gap <= gapMax {
                for _ in 0..<gap { histogram.positiveBuckets.append(0) }
                histogram.positiveSpans[histogram.positiveSpans.count - 1].length += UInt32(gap + 1)
            } else {
                histogram.positiveSpans.append(.init(offset: Int32(gap ?? first + offset), length: 1))
            }
            histogram.positiveBuckets.append(count)
            end = offset + 1
        }
        return histogram
    }
}
