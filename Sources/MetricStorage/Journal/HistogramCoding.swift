internal import ByteCoding
internal import TelemetryModel

/// Native histograms and exemplars as bytes, in the journal and in shards.
///
/// A histogram: time (zig-zag), flags (bits 0-1 the reset hint, bit 2 floats), schema (zig-zag), zero threshold, zero count, count and
/// sum (doubles), then for each side spans and buckets, then the custom bounds. Counts of whole numbers go as varints.
enum HistogramCoding {
    /// More buckets than any sender makes; a guard before memory is taken.
    private static let bucketsMax = 1 << 20

    static func encode(_ sample: HistogramSample, into bytes: inout [UInt8]) {
        let histogram = sample.histogram
        bytes.appendZigZag(sample.timestamp)
        bytes.append(histogram.resetHint.rawValue | (histogram.isFloat ? 4 : 0))
        bytes.appendZigZag(Int64(histogram.schema))
        bytes.appendDouble(histogram.zeroThreshold)
        bytes.appendDouble(histogram.zeroCount)
        bytes.appendDouble(histogram.count)
        bytes.appendDouble(histogram.sum)
        encode(histogram.positiveSpans, histogram.positiveBuckets, into: &bytes)
        encode(histogram.negativeSpans, histogram.negativeBuckets, into: &bytes)
        bytes.appendVarint(count: histogram.customBounds.count)
        for bound in histogram.customBounds { bytes.appendDouble(bound) }
    }

    private static func encode(_ spans: [NativeHistogram.BucketSpan], _ buckets: [Double], into bytes: inout [UInt8]) {
        bytes.appendVarint(count: spans.count)
        for span in spans {
            bytes.appendZigZag(Int64(span.offset))
            bytes.appendVarint(UInt64(span.length))
        }
        bytes.appendVarint(count: buckets.count)
        // Differences of neighbours where all counts are whole, as they nearly always are; else the doubles.
        let isWhole = buckets.allSatisfy { $0.magnitude <= 0x1p53 && $0.rounded(.towardZero) == $0 && !($0 == 0 && $0.sign == .minus) }
        bytes.append(isWhole ? 1 : 0)
        var previous: Int64 = 0
        for bucket in buckets {
            if isWhole {
                bytes.appendZigZag(Int64(bucket) - previous)
                previous = Int64(bucket)
            } else {
                bytes.appendDouble(bucket)
            }
        }
    }

    static func decodeHistogram(_ reader: inout ByteReader) throws(ByteCodingError) -> HistogramSample {
        let timestamp = try reader.readZigZag()
        let start = reader.position
        let flags = try reader.readUInt8()
        guard flags < 8, let hint = NativeHistogram.ResetHint(rawValue: flags & 3), let schema = Int32(exactly: try reader.readZigZag())
        else { throw ByteCodingError(.invalidValue, at: start) }
        var histogram = NativeHistogram(resetHint: hint, schema: schema, isFloat: flags & 4 != 0)
        histogram.zeroThreshold = try reader.readDouble()
        histogram.zeroCount = try reader.readDouble()
        histogram.count = try reader.readDouble()
        histogram.sum = try reader.readDouble()
        (histogram.positiveSpans, histogram.positiveBuckets) = try decodeSide(&reader)
        (histogram.negativeSpans, histogram.negativeBuckets) = try decodeSide(&reader)
        let bounds = try reader.readCount(limit: min(bucketsMax, reader.remaining / 8))
        histogram.customBounds.reserveCapacity(bounds)
        for _ in 0..<bounds { histogram.customBounds.append(try reader.readDouble()) }
        return HistogramSample(timestamp: timestamp, histogram: histogram)
    }

    private static func decodeSide(
        _ reader: inout ByteReader
    ) throws(ByteCodingError) -> (spans: [NativeHistogram.BucketSpan], buckets: [Double]) {
        let spanCount = try reader.readCount(limit: min(bucketsMax, reader.remaining))
        var spans: [NativeHistogram.BucketSpan] = []
        spans.reserveCapacity(spanCount)
        for _ in 0..<spanCount {
            let start = reader.position
            guard let offset = Int32(exactly: try reader.readZigZag()), let length = UInt32(exactly: try reader.readVarint())
            else { throw ByteCodingError(.invalidValue, at: start) }
            spans.append(.init(offset: offset, length: length))
        }
        let bucketCount = try reader.readCount(limit: min(bucketsMax, reader.remaining))
        let isWhole = try reader.readUInt8() == 1
        var buckets: [Double] = []
        buckets.reserveCapacity(bucketCount)
        var previous: Int64 = 0
        for _ in 0..<bucketCount {
            if isWhole {
                previous &+= try reader.readZigZag()
                buckets.append(Double(previous))
            } else {
                buckets.append(try reader.readDouble())
            }
        }
        return (spans, buckets)
    }

    static func encode(_ exemplar: Exemplar, into bytes: inout [UInt8]) {
        bytes.appendZigZag(exemplar.timestamp)
        bytes.appendDouble(exemplar.value)
        bytes.appendLengthPrefixed(exemplar.labels.packed)
    }

    static func decodeExemplar(_ reader: inout ByteReader) throws(ByteCodingError) -> Exemplar {
        let timestamp = try reader.readZigZag()
        let value = try reader.readDouble()
        let start = reader.position
        let range = try reader.readLengthPrefixed()
        guard let labels = try? LabelSet(validating: Array(reader.bytes[range])) else { throw ByteCodingError(.invalidValue, at: start) }
        return Exemplar(labels: labels, value: value, timestamp: timestamp)
    }
}
