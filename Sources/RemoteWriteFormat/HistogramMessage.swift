internal import ByteCoding
internal import TelemetryModel

/// The message `Histogram`, which is the same in both versions.
enum HistogramMessage {
    /// Reads one histogram. Counts of integer histograms come as differences and are summed up. Nothing is validated.
    ///
    /// - Returns: the histogram and when it began to be counted, 0 where it does not say.
    static func read(_ message: consuming ProtobufReader) throws(ByteCodingError) -> (sample: HistogramSample, start: Timestamp) {
        var start: Timestamp = 0
        var histogram = NativeHistogram(isFloat: false)
        var timestamp: Timestamp = 0
        var deltas = (negative: [Int64](), positive: [Int64]())
        while let field = try message.nextField() {
            switch field.number {
            case 1: histogram.count = Double(try message.readUInt64(field))
            case 2:
                histogram.count = try message.readDouble(field)
                histogram.isFloat = true
            case 3: histogram.sum = try message.readDouble(field)
            case 4: histogram.schema = Int32(truncatingIfNeeded: try message.readSInt64(field))
            case 5: histogram.zeroThreshold = try message.readDouble(field)
            case 6: histogram.zeroCount = Double(try message.readUInt64(field))
            case 7: histogram.zeroCount = try message.readDouble(field)
            case 8: histogram.negativeSpans.append(try readSpan(try message.readMessage(field)))
            case 9: try readDeltas(field, &message, into: &deltas.negative)
            case 10: try readDoubles(field, &message, into: &histogram.negativeBuckets)
            case 11: histogram.positiveSpans.append(try readSpan(try message.readMessage(field)))
            case 12: try readDeltas(field, &message, into: &deltas.positive)
            case 13: try readDoubles(field, &message, into: &histogram.positiveBuckets)
            case 14: histogram.resetHint = resetHint(try message.readUInt64(field))
            case 15: timestamp = try message.readInt64(field)
            case 16: try readDoubles(field, &message, into: &histogram.customBounds)
            case 17: start = try message.readInt64(field)
            default: try message.skip(field)
            }
        }
        if !histogram.isFloat {
            histogram.negativeBuckets = counts(deltas.negative)
            histogram.positiveBuckets = counts(deltas.positive)
        }
        return (HistogramSample(timestamp: timestamp, histogram: histogram), start)
    }

    /// 1 says that a reset is known, 2 that none is, 3 that there are none since it is a gauge.
    private static func resetHint(_ number: UInt64) -> NativeHistogram.ResetHint {
        number <= 3 ? NativeHistogram.ResetHint(rawValue: UInt8(number)) ?? .unknown : .unknown
    }

    private static func readSpan(_ message: consuming ProtobufReader) throws(ByteCodingError) -> NativeHistogram.BucketSpan {
        var span = NativeHistogram.BucketSpan(offset: 0, length: 0)
        while let field = try message.nextField() {
            switch field.number {
            case 1: span.offset = Int32(truncatingIfNeeded: try message.readSInt64(field))
            case 2: span.length = UInt32(truncatingIfNeeded: try message.readUInt64(field))
            default: try message.skip(field)
            }
        }
        return span
    }

    private static func readDeltas(
        _ field: ProtobufField, _ message: inout ProtobufReader, into deltas: inout [Int64]
    ) throws(ByteCodingError) {
        try message.readRepeated(field) { (element: inout ProtobufReader) throws(ByteCodingError) in
            deltas.append(try element.readPackedSInt64())
        }
    }

    private static func readDoubles(
        _ field: ProtobufField, _ message: inout ProtobufReader, into doubles: inout [Double]
    ) throws(ByteCodingError) {
        try message.readRepeated(field) { (element: inout ProtobufReader) throws(ByteCodingError) in
            doubles.append(try element.readPackedDouble())
        }
    }

    /// Running sums. Absurd differences wrap around; the negative counts that come of it are refused by validation.
    private static func counts(_ deltas: [Int64]) -> [Double] {
        var count: Int64 = 0
        return deltas.map { delta in
            count &+= delta
            return Double(count)
        }
    }

    // MARK: - Writing

    static func write(_ sample: HistogramSample, start: Timestamp = 0, to writer: inout ProtobufWriter) {
        let histogram = sample.histogram
        if histogram.isFloat {
            writer.write(2, double: histogram.count)
            writer.write(7, double: histogram.zeroCount)
        } else {
            writer.write(1, uint64: whole(histogram.count))
            writer.write(6, uint64: whole(histogram.zeroCount))
        }
        writer.write(3, double: histogram.sum)
        writer.write(4, sint64: Int64(histogram.schema))
        writer.write(5, double: histogram.zeroThreshold)
        writeBuckets(histogram.negativeSpans, histogram.negativeBuckets, isFloat: histogram.isFloat, first: 8, to: &writer)
        writeBuckets(histogram.positiveSpans, histogram.positiveBuckets, isFloat: histogram.isFloat, first: 11, to: &writer)
        writer.write(14, uint64: UInt64(histogram.resetHint.rawValue))
        writer.write(15, int64: sample.timestamp)
        if !histogram.customBounds.isEmpty { writer.write(16, bytes: packed(histogram.customBounds)) }
        if start != 0 { writer.write(17, int64: start) }
    }

    private static func writeBuckets(
        _ spans: [NativeHistogram.BucketSpan], _ counts: [Double], isFloat: Bool, first: Int, to writer: inout ProtobufWriter
    ) {
        for span in spans {
            writer.write(first) { message in
                message.write(1, sint64: Int64(span.offset))
                message.write(2, uint64: UInt64(span.length))
            }
        }
        if counts.isEmpty { return }
        guard !isFloat else { return writer.write(first + 2, bytes: packed(counts)) }
        var bytes: [UInt8] = []
        var previous: Int64 = 0
        for count in counts {
            let count = Int64(clamping: whole(count))
            bytes.appendZigZag(count - previous)
            previous = count
        }
        writer.write(first + 1, bytes: bytes)
    }

    private static func packed(_ doubles: [Double]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(doubles.count * 8)
        for double in doubles { bytes.appendDouble(double) }
        return bytes
    }

    /// A count as an integer; what is none (negative, not a number, too large) is cut to the nearest.
    private static func whole(_ count: Double) -> UInt64 {
        if !(count > 0) { return 0 }
        return count >= 0x1p64 ? .max : UInt64(count)
    }
}
