internal import Foundation
internal import TelemetryModel

/// Observations as a native histogram that grows: buckets of a factor of 2^(1/8) while they are few, coarser ones beyond.
struct ExponentialCounts: Sendable {
    private var schema: Int32 = 3
    private var positive: [Int: Double] = [:]
    private var negative: [Int: Double] = [:]
    private var zeroCount = 0.0
    private var count = 0.0
    private var sum = 0.0
    private static let bucketsMax = 160
    private static let zeroThreshold = 1e-128

    mutating func add(_ value: Double, weight: Double) {
        count += weight
        sum += value * weight
        let magnitude = abs(value)
        if magnitude <= ExponentialCounts.zeroThreshold {
            zeroCount += weight
            return
        }
        let index = Int((log2(magnitude) * exp2(Double(schema))).rounded(.up))
        if value > 0 { positive[index, default: 0] += weight } else { negative[index, default: 0] += weight }
        while positive.count + negative.count > ExponentialCounts.bucketsMax, schema > NativeHistogram.exponentialSchemas.lowerBound {
            positive = ExponentialCounts.halved(positive)
            negative = ExponentialCounts.halved(negative)
            schema -= 1
        }
    }

    private static func halved(_ counts: [Int: Double]) -> [Int: Double] {
        var halved: [Int: Double] = [:]
        for (index, count) in counts { halved[(index + 1) >> 1, default: 0] += count }
        return halved
    }

    var histogram: NativeHistogram {
        let isFloat = count != count.rounded()
        var histogram = NativeHistogram(
            schema: schema, zeroThreshold: ExponentialCounts.zeroThreshold, zeroCount: zeroCount, count: count, sum: sum, isFloat: isFloat)
        (histogram.positiveSpans, histogram.positiveBuckets) = ExponentialCounts.spans(positive)
        (histogram.negativeSpans, histogram.negativeBuckets) = ExponentialCounts.spans(negative)
        return histogram
    }

    private static func spans(_ counts: [Int: Double]) -> ([NativeHistogram.BucketSpan], [Double]) {
        var spans: [NativeHistogram.BucketSpan] = []
        var buckets: [Double] = []
        var end = 0
        for (index, count) in counts.sorted(by: { $0.key < $1.key }) {
            if spans.isEmpty || index > end {
                spans.append(.init(offset: Int32(clamping: index - (spans.isEmpty ? 0 : end)), length: 1))
            } else {
                spans[spans.count - 1].length += 1
            }
            buckets.append(count)
            end = index + 1
        }
        return (spans, buckets)
    }
}
