internal import OTLPFormat
internal import TelemetryModel

extension OTLPMetricPoint {
    /// The width of the zero bucket where the sender says none, as Prometheus has it.
    private static let defaultZeroThreshold = 1e-128

    /// An exponential histogram as a native one.
    ///
    /// - Throws: what is wrong with it, for people.
    func nativeHistogram() throws(OTLPHistogramError) -> NativeHistogram {
        let schemas = NativeHistogram.exponentialSchemas
        guard scale >= schemas.lowerBound else {
            throw OTLPHistogramError("a scale of \(scale), at least \(schemas.lowerBound) can be kept")
        }
        // Beyond the finest resolution several buckets are one.
        let shift = max(0, Int(scale) - Int(schemas.upperBound))
        var histogram = NativeHistogram(
            schema: min(scale, schemas.upperBound), zeroThreshold: zeroThreshold > 0 ? zeroThreshold : Self.defaultZeroThreshold,
            zeroCount: Double(zeroCount), count: Double(count), sum: hasSum ? sum : 0, isFloat: false)
        (histogram.positiveSpans, histogram.positiveBuckets) = try OTLPMetricPoint.sparse(
            positive.counts, Int(positive.offset), shift, lag: 1)
        (histogram.negativeSpans, histogram.negativeBuckets) = try OTLPMetricPoint.sparse(
            negative.counts, Int(negative.offset), shift, lag: 1)
        return histogram
    }

    /// A histogram with bounds as a native one with custom buckets.
    func customHistogram() throws(OTLPHistogramError) -> NativeHistogram {
        let (spans, buckets) = try OTLPMetricPoint.sparse(bucketCounts, 0, 0, lag: 0)
        return NativeHistogram(
            schema: NativeHistogram.customBucketsSchema, count: Double(count), sum: hasSum ? sum : 0, positiveSpans: spans,
            positiveBuckets: buckets, customBounds: bounds, isFloat: false)
    }

    /// Dense buckets as spans of those that are populated. Gaps of up to two empty buckets are kept as such.
    ///
    /// - Parameters:
    ///   - offset: the index of the first bucket.
    ///   - shift: how often two neighbours become one.
    ///   - lag: what is added to indices. A bucket of OpenTelemetry is named by its lower bound, one of Prometheus by its upper one.
    private static func sparse(
        _ counts: [UInt64], _ offset: Int, _ shift: Int, lag: Int
    ) throws(OTLPHistogramError) -> ([NativeHistogram.BucketSpan], [Double]) {
        var spans: [NativeHistogram.BucketSpan] = []
        var buckets: [Double] = []
        /// The index behind the last bucket.
        var end = 0
        for (position, count) in counts.enumerated() where count > 0 {
            // Beyond 31 all buckets of one sign are one; shifts of that size and more are the same then.
            let index = (offset + position) >> min(shift, 62) + lag
            guard let index32 = Int32(exactly: index) else { throw OTLPHistogramError("a bucket with the index \(index)") }
            if !spans.isEmpty, index == end - 1 {
                buckets[buckets.count - 1] += Double(count)
                continue
            }
            let gap = index - end
            if spans.isEmpty {
                spans.append(.init(offset: index32, length: 1))
            } else if gap > 2 {
                guard let gap32 = Int32(exactly: gap) else { throw OTLPHistogramError("buckets too far from each other") }
                spans.append(.init(offset: gap32, length: 1))
            } else {
                for _ in 0..<gap { buckets.append(0) }
                spans[spans.count - 1].length += UInt32(gap + 1)
            }
            buckets.append(Double(count))
            end = index + 1
        }
        return (spans, buckets)
    }
}

/// A histogram that cannot be kept.
struct OTLPHistogramError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
