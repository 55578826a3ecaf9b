internal import ByteCoding

extension OTLPMetricPoint {
    /// Reads a `NumberDataPoint`.
    mutating func readNumber(
        _ message: UnsafeRawBufferPointer, _ body: Range<Int>, _ limits: OTLPMetricDecoder.Limits
    ) throws(ByteCodingError) {
        var cursor = ProtobufCursor(message, in: body)
        while let tag = try cursor.nextTag() {
            switch tag {
            case 0x3a: try takeAttribute(&cursor, limits)
            case 0x11: start = try cursor.readFixed64()
            case 0x19: time = try cursor.readFixed64()
            case 0x21: value = Double(bitPattern: try cursor.readFixed64())
            case 0x31: value = Double(Int64(bitPattern: try cursor.readFixed64()))
            case 0x2a: try takeExemplar(&cursor, message, limits)
            case 0x40: takeFlags(try cursor.readVarint())
            default: try cursor.skip(tag, known: 0b1_1111_1100)
            }
        }
    }

    /// Reads a `HistogramDataPoint`.
    mutating func readHistogram(
        _ message: UnsafeRawBufferPointer, _ body: Range<Int>, _ limits: OTLPMetricDecoder.Limits
    ) throws(ByteCodingError) {
        var cursor = ProtobufCursor(message, in: body)
        while let tag = try cursor.nextTag() {
            switch tag {
            case 0x4a: try takeAttribute(&cursor, limits)
            case 0x11: start = try cursor.readFixed64()
            case 0x19: time = try cursor.readFixed64()
            case 0x21: count = try cursor.readFixed64()
            case 0x29: takeSum(try cursor.readFixed64())
            case 0x32:
                let outer = try cursor.enter()
                while !cursor.isAtEnd { if !Self.append(try cursor.readFixed64(), to: &bucketCounts, limits) { flaw = .tooManyBuckets } }
                cursor.leave(outer)
            case 0x31: if !Self.append(try cursor.readFixed64(), to: &bucketCounts, limits) { flaw = .tooManyBuckets }
            case 0x3a:
                let outer = try cursor.enter()
                while !cursor.isAtEnd {
                    if !Self.append(Double(bitPattern: try cursor.readFixed64()), to: &bounds, limits) { flaw = .tooManyBuckets }
                }
                cursor.leave(outer)
            case 0x39: if !Self.append(Double(bitPattern: try cursor.readFixed64()), to: &bounds, limits) { flaw = .tooManyBuckets }
            case 0x42: try takeExemplar(&cursor, message, limits)
            case 0x50: takeFlags(try cursor.readVarint())
            case 0x59, 0x61: _ = try cursor.readFixed64()
            default: try cursor.skip(tag, known: 0b1_1111_1111_1100 & ~0b10)
            }
        }
    }

    /// Reads an `ExponentialHistogramDataPoint`.
    mutating func readExponentialHistogram(
        _ message: UnsafeRawBufferPointer, _ body: Range<Int>, _ limits: OTLPMetricDecoder.Limits
    ) throws(ByteCodingError) {
        var cursor = ProtobufCursor(message, in: body)
        while let tag = try cursor.nextTag() {
            switch tag {
            case 0x0a: try takeAttribute(&cursor, limits)
            case 0x11: start = try cursor.readFixed64()
            case 0x19: time = try cursor.readFixed64()
            case 0x21: count = try cursor.readFixed64()
            case 0x29: takeSum(try cursor.readFixed64())
            case 0x30: scale = OTLPMetricPoint.signed(try cursor.readVarint())
            case 0x39: zeroCount = try cursor.readFixed64()
            case 0x42: try takeSide(&cursor, limits, \.positive)
            case 0x4a: try takeSide(&cursor, limits, \.negative)
            case 0x50: takeFlags(try cursor.readVarint())
            case 0x5a: try takeExemplar(&cursor, message, limits)
            case 0x61, 0x69: _ = try cursor.readFixed64()
            case 0x71: zeroThreshold = Double(bitPattern: try cursor.readFixed64())
            default: try cursor.skip(tag, known: 0b111_1111_1111_1110)
            }
        }
    }

    /// Reads a `SummaryDataPoint`.
    mutating func readSummary(
        _ message: UnsafeRawBufferPointer, _ body: Range<Int>, _ limits: OTLPMetricDecoder.Limits
    ) throws(ByteCodingError) {
        hasSum = true
        var cursor = ProtobufCursor(message, in: body)
        while let tag = try cursor.nextTag() {
            switch tag {
            case 0x3a: try takeAttribute(&cursor, limits)
            case 0x11: start = try cursor.readFixed64()
            case 0x19: time = try cursor.readFixed64()
            case 0x21: count = try cursor.readFixed64()
            case 0x29: takeSum(try cursor.readFixed64())
            case 0x32: try takeQuantile(&cursor, limits)
            case 0x40: takeFlags(try cursor.readVarint())
            default: try cursor.skip(tag, known: 0b1_1111_1100)
            }
        }
    }

    // MARK: - Parts

    private mutating func takeAttribute(_ cursor: inout ProtobufCursor, _ limits: OTLPMetricDecoder.Limits) throws(ByteCodingError) {
        let range = try cursor.readRange()
        if attributes.count < limits.attributesMax { attributes.append(range) } else { flaw = .tooMany }
    }

    private mutating func takeSum(_ bits: UInt64) {
        sum = Double(bitPattern: bits)
        hasSum = true
    }

    /// `DataPointFlags`: the lowest bit says that no value was recorded.
    private mutating func takeFlags(_ flags: UInt64) { hasNoValue = flags & 1 != 0 }

    /// Adds a bucket; false where there are too many.
    private static func append<Value>(_ value: Value, to list: inout [Value], _ limits: OTLPMetricDecoder.Limits) -> Bool {
        if list.count > limits.bucketsMax { return false }
        list.append(value)
        return true
    }

    private mutating func takeSide(
        _ cursor: inout ProtobufCursor, _ limits: OTLPMetricDecoder.Limits, _ side: WritableKeyPath<OTLPMetricPoint, Buckets>
    ) throws(ByteCodingError) {
        let outer = try cursor.enter()
        while let tag = try cursor.nextTag() {
            switch tag {
            case 0x08: self[keyPath: side].offset = OTLPMetricPoint.signed(try cursor.readVarint())
            case 0x12:
                let inner = try cursor.enter()
                while !cursor.isAtEnd { takeCount(try cursor.readVarint(), side, limits) }
                cursor.leave(inner)
            case 0x10: takeCount(try cursor.readVarint(), side, limits)
            default: try cursor.skip(tag, known: 0b110)
            }
        }
        cursor.leave(outer)
    }

    private mutating func takeCount(
        _ count: UInt64, _ side: WritableKeyPath<OTLPMetricPoint, Buckets>, _ limits: OTLPMetricDecoder.Limits
    ) {
        if self[keyPath: side].counts.count < limits.bucketsMax {
            self[keyPath: side].counts.append(count)
        } else {
            flaw = .tooManyBuckets
        }
    }

    private mutating func takeQuantile(_ cursor: inout ProtobufCursor, _ limits: OTLPMetricDecoder.Limits) throws(ByteCodingError) {
        let outer = try cursor.enter()
        var quantile = Quantile()
        while let tag = try cursor.nextTag() {
            switch tag {
            case 0x09: quantile.quantile = Double(bitPattern: try cursor.readFixed64())
            case 0x11: quantile.value = Double(bitPattern: try cursor.readFixed64())
            default: try cursor.skip(tag, known: 0b110)
            }
        }
        cursor.leave(outer)
        if quantiles.count < limits.bucketsMax { quantiles.append(quantile) } else { flaw = .tooManyBuckets }
    }

    private mutating func takeExemplar(
        _ cursor: inout ProtobufCursor, _ message: UnsafeRawBufferPointer, _ limits: OTLPMetricDecoder.Limits
    ) throws(ByteCodingError) {
        let outer = try cursor.enter()
        let first = exemplarAttributes.count
        var exemplar = ExemplarPlace()
        while let tag = try cursor.nextTag() {
            switch tag {
            case 0x3a:
                let range = try cursor.readRange()
                if exemplarAttributes.count - first < limits.attributesMax { exemplarAttributes.append(range) }
            case 0x11: exemplar.time = try cursor.readFixed64()
            case 0x19: exemplar.value = Double(bitPattern: try cursor.readFixed64())
            case 0x31: exemplar.value = Double(Int64(bitPattern: try cursor.readFixed64()))
            case 0x22:
                let range = try cursor.readRange()
                if range.count == 8 { exemplar.spanID = range }
            case 0x2a:
                let range = try cursor.readRange()
                if range.count == 16 { exemplar.traceID = range }
            default: try cursor.skip(tag, known: 0b1111_1100)
            }
        }
        cursor.leave(outer)
        exemplar.attributes = first..<exemplarAttributes.count
        if exemplars.count < limits.attributesMax { exemplars.append(exemplar) } else { flaw = .tooMany }
    }

    /// A `sint32`.
    private static func signed(_ value: UInt64) -> Int32 {
        let value = UInt32(truncatingIfNeeded: value)
        return Int32(bitPattern: value >> 1) ^ -Int32(bitPattern: value & 1)
    }
}
