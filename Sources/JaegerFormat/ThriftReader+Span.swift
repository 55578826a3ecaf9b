internal import ByteCoding
internal import TelemetryModel

/// The structs of jaeger.thrift, field by field, as OpenTelemetry maps them ("OpenTelemetry to Jaeger Transformation", read backwards).
extension ThriftReader {
    mutating func readProcess() throws(ByteCodingError) -> ResourceRecord {
        var resource = ResourceRecord()
        var serviceName = ""
        try structure { (reader, field, type) throws(ByteCodingError) in
            switch (field, type) {
            case (1, .string): serviceName = try reader.readString()
            case (2, .list): resource.attributes = try reader.readTags()
            default: try reader.skip(type)
            }
        }
        // Exporters of OpenTelemetry send the name as a tag as well.
        resource.attributes.removeAll { $0.key == "service.name" && !serviceName.isEmpty }
        if !serviceName.isEmpty { resource.attributes.insert(Attribute("service.name", .string(serviceName)), at: 0) }
        return resource
    }

    mutating func readSpan() throws(ByteCodingError) -> (SpanRecord, ScopeRecord) {
        var span = SpanRecord(traceID: TraceID(high: 0, low: 0), spanID: .none)
        var references: [JaegerReference] = []
        var startMicroseconds: Int64 = 0
        var durationMicroseconds: Int64 = 0
        try structure { (reader, field, type) throws(ByteCodingError) in
            switch (field, type) {
            case (1, .int64): span.traceID.low = UInt64(bitPattern: try reader.readInteger(type))
            case (2, .int64): span.traceID.high = UInt64(bitPattern: try reader.readInteger(type))
            case (3, .int64): span.spanID.bits = UInt64(bitPattern: try reader.readInteger(type))
            case (4, .int64): span.parentSpanID.bits = UInt64(bitPattern: try reader.readInteger(type))
            case (5, .string): span.name = try reader.readString()
            case (6, .list):
                try reader.structures(type) { (reader) throws(ByteCodingError) in references.append(try reader.readReference()) }
            // Of Jaeger's flags only the lowest, sampled, means the same in OTLP.
            case (7, .int32): span.flags = UInt32(truncatingIfNeeded: try reader.readInteger(type)) & 1
            case (8, .int64): startMicroseconds = try reader.readInteger(type)
            case (9, .int64): durationMicroseconds = try reader.readInteger(type)
            case (10, .list): span.attributes = try reader.readTags()
            case (11, .list): try reader.structures(type) { (reader) throws(ByteCodingError) in span.events.append(try reader.readLog()) }
            default: try reader.skip(type)
            }
        }
        span.start = nanoseconds(startMicroseconds)
        span.end = nanoseconds(startMicroseconds.addingReportingOverflow(durationMicroseconds).partialValue)
        JaegerReference.apply(references, to: &span)
        let scope = JaegerTags.apply(to: &span)
        return (span, scope)
    }

    private mutating func readReference() throws(ByteCodingError) -> JaegerReference {
        var reference = JaegerReference()
        try structure { (reader, field, type) throws(ByteCodingError) in
            switch (field, type) {
            case (1, .int32): reference.isChildOf = try reader.readInteger(type) == 0
            case (2, .int64): reference.traceID.low = UInt64(bitPattern: try reader.readInteger(type))
            case (3, .int64): reference.traceID.high = UInt64(bitPattern: try reader.readInteger(type))
            case (4, .int64): reference.spanID.bits = UInt64(bitPattern: try reader.readInteger(type))
            default: try reader.skip(type)
            }
        }
        return reference
    }

    private mutating func readLog() throws(ByteCodingError) -> SpanEvent {
        var event = SpanEvent(time: 0, name: "")
        try structure { (reader, field, type) throws(ByteCodingError) in
            switch (field, type) {
            case (1, .int64): event.time = nanoseconds(try reader.readInteger(type))
            case (2, .list): event.attributes = try reader.readTags()
            default: try reader.skip(type)
            }
        }
        JaegerTags.apply(to: &event)
        return event
    }

    /// Reads a list of tags; one without a name says nothing and is left out.
    private mutating func readTags() throws(ByteCodingError) -> [Attribute] {
        var attributes: [Attribute] = []
        try structures(.list) { (reader) throws(ByteCodingError) in
            let tag = try reader.readTag()
            if !tag.key.isEmpty { attributes.append(tag) }
        }
        return attributes
    }

    private mutating func readTag() throws(ByteCodingError) -> Attribute {
        var key = ""
        var kind: Int64 = 0
        var text = ""
        var double = 0.0
        var bool = false
        var long: Int64 = 0
        var binary: [UInt8] = []
        try structure { (reader, field, type) throws(ByteCodingError) in
            switch (field, type) {
            case (1, .string): key = try reader.readString()
            case (2, .int32): kind = try reader.readInteger(type)
            case (3, .string): text = try reader.readString()
            case (4, .double): double = try reader.readDouble()
            case (5, .bool): bool = try reader.readBool(type)
            case (6, .int64): long = try reader.readInteger(type)
            case (7, .string): binary = Array(reader.reader.bytes[try reader.readBytes()])
            default: try reader.skip(type)
            }
        }
        let value: AttributeValue =
            switch kind {
            case 1: .double(double)
            case 2: .bool(bool)
            case 3: .int(long)
            case 4: .bytes(binary)
            default: .string(text)
            }
        return Attribute(key, value)
    }
}

/// A time; those before 1970 and beyond 2554 do not exist in OTLP.
private func nanoseconds(_ microseconds: Int64) -> UnixNanoseconds {
    guard microseconds > 0 else { return 0 }
    let (product, overflow) = UInt64(microseconds).multipliedReportingOverflow(by: 1000)
    return overflow ? .max : product
}
