internal import ByteCoding
internal import TelemetryModel

extension MetricFamilyParser {
    /// A `Histogram`.
    struct HistogramBody {
        var count: UInt64 = 0
        var floatCount: Double = 0
        var sum: Double = 0
        var buckets: [Bucket] = []
        var schema: Int32 = 0
        var zeroThreshold: Double = 0
        var zeroCount: UInt64 = 0
        var floatZeroCount: Double = 0
        var positive = Side()
        var negative = Side()
        /// Of the native histogram; those without a time are left out.
        var timedExemplars: [Range<Int>] = []

        /// What there is on one side of zero.
        struct Side {
            var spans: [NativeHistogram.BucketSpan] = []
            var deltas: [Int64] = []
            var counts: [Double] = []
        }

        struct Bucket {
            var count: Double = 0
            var bound: Double = 0
            var exemplar: Range<Int>?
        }

        var wholeCount: Double { floatCount == 0 ? Double(count) : floatCount }

        /// Whether it is a native histogram, by what its sender has to say of one.
        var isNative: Bool {
            !positive.spans.isEmpty || !negative.spans.isEmpty || zeroThreshold > 0 || zeroCount > 0
        }

        var native: NativeHistogram {
            let isFloat = floatCount > 0 || floatZeroCount > 0
            var histogram = NativeHistogram(
                schema: schema, zeroThreshold: zeroThreshold, zeroCount: isFloat ? floatZeroCount : Double(zeroCount),
                count: isFloat ? floatCount : Double(count), sum: sum, positiveSpans: positive.spans, negativeSpans: negative.spans,
                isFloat: isFloat)
            histogram.positiveBuckets = isFloat ? positive.counts : HistogramBody.absolute(positive.deltas)
            histogram.negativeBuckets = isFloat ? negative.counts : HistogramBody.absolute(negative.deltas)
            return histogram
        }

        private static func absolute(_ deltas: [Int64]) -> [Double] {
            var count: Int64 = 0
            return deltas.map {
                count &+= $0
                return Double(count)
            }
        }
    }

    mutating func beginHistogram() throws(ByteCodingError) {
        var histogram = HistogramBody()
        if let body = metric.value { try read(body, into: &histogram) }
        metric.histogram = histogram
        let isNative = options.readsNative && histogram.isNative
        if isNative { pending.append(.native) }
        let convertsClassic = options.convertsClassic && !isNative
        if !isNative && !convertsClassic || options.readsClassicToo && (!isNative || !histogram.buckets.isEmpty) {
            pending += [.count, .sum]
            for (index, bucket) in histogram.buckets.enumerated() {
                pending.append(.bucket(index))
                if bucket.bound == .infinity { break }
            }
            if histogram.buckets.last?.bound != .infinity { pending.append(.infinity) }
        }
        if convertsClassic { pending.append(.converted) }
    }

    private mutating func read(_ body: Range<Int>, into histogram: inout HistogramBody) throws(ByteCodingError) {
        var cursor = ProtobufCursor(page, in: body)
        while let tag = try cursor.nextTag() {
            switch tag {
            case 0x08: histogram.count = try cursor.readVarint()
            case 0x11: histogram.sum = Double(bitPattern: try cursor.readFixed64())
            case 0x1a: try readBucket(try cursor.readRange(), into: &histogram)
            case 0x21: histogram.floatCount = Double(bitPattern: try cursor.readFixed64())
            case 0x28: histogram.schema = Int32(truncatingIfNeeded: Self.signed(try cursor.readVarint()))
            case 0x31: histogram.zeroThreshold = Double(bitPattern: try cursor.readFixed64())
            case 0x38: histogram.zeroCount = try cursor.readVarint()
            case 0x41: histogram.floatZeroCount = Double(bitPattern: try cursor.readFixed64())
            case 0x4a: try readSpan(try cursor.readRange(), into: &histogram.negative.spans)
            case 0x50: try readDelta(&cursor, isPacked: false, into: &histogram.negative.deltas)
            case 0x52: try readDelta(&cursor, isPacked: true, into: &histogram.negative.deltas)
            case 0x59: try readCount(&cursor, isPacked: false, into: &histogram.negative.counts)
            case 0x5a: try readCount(&cursor, isPacked: true, into: &histogram.negative.counts)
            case 0x62: try readSpan(try cursor.readRange(), into: &histogram.positive.spans)
            case 0x68: try readDelta(&cursor, isPacked: false, into: &histogram.positive.deltas)
            case 0x6a: try readDelta(&cursor, isPacked: true, into: &histogram.positive.deltas)
            case 0x71: try readCount(&cursor, isPacked: false, into: &histogram.positive.counts)
            case 0x72: try readCount(&cursor, isPacked: true, into: &histogram.positive.counts)
            case 0x7a: start = try milliseconds(try cursor.readRange()) ?? 0
            case 0x82:
                let range = try cursor.readRange()
                if try hasTime(range) { histogram.timedExemplars.append(range) }
            default: try cursor.skip(tag, known: 0x1fffe)
            }
        }
    }

    private func hasTime(_ exemplar: Range<Int>) throws(ByteCodingError) -> Bool {
        var cursor = ProtobufCursor(page, in: exemplar)
        var hasTime = false
        while let tag = try cursor.nextTag() {
            if tag == 0x1a { hasTime = true }
            try cursor.skip(tag)
        }
        return hasTime
    }

    private mutating func readBucket(_ body: Range<Int>, into histogram: inout HistogramBody) throws(ByteCodingError) {
        var bucket = HistogramBody.Bucket()
        var whole: UInt64 = 0
        var cursor = ProtobufCursor(page, in: body)
        while let tag = try cursor.nextTag() {
            switch tag {
            case 0x08: whole = try cursor.readVarint()
            case 0x11: bucket.bound = Double(bitPattern: try cursor.readFixed64())
            case 0x1a: bucket.exemplar = try cursor.readRange()
            case 0x21: bucket.count = Double(bitPattern: try cursor.readFixed64())
            default: try cursor.skip(tag, known: 0b11110)
            }
        }
        if bucket.count == 0 { bucket.count = Double(whole) }
        try countBucket(at: body.lowerBound)
        histogram.buckets.append(bucket)
    }

    private mutating func readSpan(_ body: Range<Int>, into spans: inout [NativeHistogram.BucketSpan]) throws(ByteCodingError) {
        var span = NativeHistogram.BucketSpan(offset: 0, length: 0)
        var cursor = ProtobufCursor(page, in: body)
        while let tag = try cursor.nextTag() {
            switch tag {
            case 0x08: span.offset = Int32(truncatingIfNeeded: Self.signed(try cursor.readVarint()))
            case 0x10: span.length = UInt32(truncatingIfNeeded: try cursor.readVarint())
            default: try cursor.skip(tag, known: 0b110)
            }
        }
        try countBucket(at: body.lowerBound)
        spans.append(span)
    }

    private mutating func readDelta(_ cursor: inout ProtobufCursor, isPacked: Bool, into deltas: inout [Int64]) throws(ByteCodingError) {
        let outer = isPacked ? try cursor.enter() : nil
        repeat {
            if isPacked, cursor.isAtEnd { break }
            try countBucket(at: cursor.position)
            deltas.append(Self.signed(try cursor.readVarint()))
        } while isPacked && !cursor.isAtEnd
        if let outer { cursor.leave(outer) }
    }

    private mutating func readCount(_ cursor: inout ProtobufCursor, isPacked: Bool, into counts: inout [Double]) throws(ByteCodingError) {
        let outer = isPacked ? try cursor.enter() : nil
        repeat {
            if isPacked, cursor.isAtEnd { break }
            try countBucket(at: cursor.position)
            counts.append(Double(bitPattern: try cursor.readFixed64()))
        } while isPacked && !cursor.isAtEnd
        if let outer { cursor.leave(outer) }
    }

    /// A classic histogram as a native one with custom buckets.
    ///
    /// - Throws: where its buckets do not rise.
    func converted() throws(ByteCodingError) -> NativeHistogram {
        var classic = ClassicHistogram()
        for bucket in metric.histogram.buckets { classic.add(bound: bucket.bound, count: bucket.count) }
        classic.count = metric.histogram.wholeCount
        classic.sum = metric.histogram.sum
        guard var histogram = classic.converted() else { throw ByteCodingError(.invalidValue, at: metric.value?.lowerBound ?? 0) }
        if family.type == .gaugehistogram { histogram.resetHint = .gauge }
        return histogram
    }

    private static func signed(_ value: UInt64) -> Int64 { Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1) }
}
