internal import ByteCoding
internal import TelemetryModel

/// What of a native histogram is the same for long: everything but its numbers.
///
///     flags            u8: reset hint (bits 0 and 1), 0x04 float counts
///     schema           zig-zag varint
///     zero threshold   8 bytes
///     positive, negative  each: number of spans (varint), spans as offset (zig-zag varint) and length (varint), number of buckets (varint)
///     custom bounds    number (varint), 8 bytes each
struct HistogramLayout {
    private static let floatFlag: UInt8 = 0x04

    var resetHint: NativeHistogram.ResetHint
    var schema: Int32
    var zeroThreshold: Double
    var positiveSpans: [NativeHistogram.BucketSpan]
    var negativeSpans: [NativeHistogram.BucketSpan]
    var positiveBucketCount: Int
    var negativeBucketCount: Int
    var customBounds: [Double]
    var isFloat: Bool

    init(_ histogram: NativeHistogram) {
        resetHint = histogram.resetHint
        schema = histogram.schema
        zeroThreshold = histogram.zeroThreshold
        positiveSpans = histogram.positiveSpans
        negativeSpans = histogram.negativeSpans
        positiveBucketCount = histogram.positiveBuckets.count
        negativeBucketCount = histogram.negativeBuckets.count
        customBounds = histogram.customBounds
        isFloat = histogram.isFloat
    }

    /// Whether a histogram has this layout, bit for bit.
    func matches(_ histogram: NativeHistogram) -> Bool {
        resetHint == histogram.resetHint && schema == histogram.schema && isFloat == histogram.isFloat
            && zeroThreshold.bitPattern == histogram.zeroThreshold.bitPattern && positiveSpans == histogram.positiveSpans
            && negativeSpans == histogram.negativeSpans && positiveBucketCount == histogram.positiveBuckets.count
            && negativeBucketCount == histogram.negativeBuckets.count
            && customBounds.elementsEqual(histogram.customBounds) { $0.bitPattern == $1.bitPattern }
    }

    func append(to bytes: inout [UInt8]) {
        bytes.append(resetHint.rawValue | (isFloat ? HistogramLayout.floatFlag : 0))
        bytes.appendZigZag(Int64(schema))
        bytes.appendDouble(zeroThreshold)
        for (spans, buckets) in [(positiveSpans, positiveBucketCount), (negativeSpans, negativeBucketCount)] {
            bytes.appendVarint(count: spans.count)
            for span in spans {
                bytes.appendZigZag(Int64(span.offset))
                bytes.appendVarint(UInt64(span.length))
            }
            bytes.appendVarint(count: buckets)
        }
        bytes.appendVarint(count: customBounds.count)
        for bound in customBounds { bytes.appendDouble(bound) }
    }

    /// - Parameter bucketsMax: the most buckets of one sign that a histogram may have.
    init(reading reader: inout ByteReader, bucketsMax: Int) throws(ByteCodingError) {
        let start = reader.position
        let flags = try reader.readUInt8()
        guard flags < 8, let hint = NativeHistogram.ResetHint(rawValue: flags & 3),
            let storedSchema = Int32(exactly: try reader.readZigZag())
        else { throw ByteCodingError(.invalidValue, at: start) }
        resetHint = hint
        isFloat = flags & HistogramLayout.floatFlag != 0
        schema = storedSchema
        zeroThreshold = try reader.readDouble()
        positiveSpans = try HistogramLayout.readSpans(&reader)
        positiveBucketCount = try reader.readCount(limit: bucketsMax)
        negativeSpans = try HistogramLayout.readSpans(&reader)
        negativeBucketCount = try reader.readCount(limit: bucketsMax)
        let bounds = try reader.readCount(limit: reader.remaining / 8)
        customBounds = []
        customBounds.reserveCapacity(bounds)
        for _ in 0..<bounds { customBounds.append(try reader.readDouble()) }
    }

    private static func readSpans(_ reader: inout ByteReader) throws(ByteCodingError) -> [NativeHistogram.BucketSpan] {
        let count = try reader.readCount(limit: reader.remaining / 2)
        var spans: [NativeHistogram.BucketSpan] = []
        spans.reserveCapacity(count)
        for _ in 0..<count {
            let start = reader.position
            guard let offset = Int32(exactly: try reader.readZigZag()), let length = UInt32(exactly: try reader.readVarint()) else {
                throw ByteCodingError(.invalidValue, at: start)
            }
            spans.append(.init(offset: offset, length: length))
        }
        return spans
    }

    /// The indices of the buckets that spans describe; nil where they do not rise or are not `count`.
    static func bucketIndices(_ spans: [NativeHistogram.BucketSpan], count: Int) -> [Int64]? {
        var indices: [Int64] = []
        indices.reserveCapacity(count)
        var next: Int64 = 0
        for (place, span) in spans.enumerated() {
            next += Int64(span.offset)
            if place > 0, span.offset < 0 { return nil }
            guard Int(span.length) <= count - indices.count else { return nil }
            for _ in 0..<span.length {
                indices.append(next)
                next += 1
            }
        }
        return indices.count == count ? indices : nil
    }
}
