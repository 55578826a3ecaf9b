internal import ByteCoding
public import TelemetryModel

extension ProtobufWriter {
    /// Writes the fields of a `Span`.
    mutating func writeFields(of span: SpanRecord) {
        write(1, traceID: span.traceID)
        write(2, spanID: span.spanID)
        write(3, text: span.traceState)
        if span.parentSpanID.isValid { write(4, spanID: span.parentSpanID) }
        write(5, text: span.name)
        if span.kind != .unspecified { write(6, int64: Int64(span.kind.rawValue)) }
        if span.start != 0 { write(7, fixed64: span.start) }
        if span.end != 0 { write(8, fixed64: span.end) }
        write(9, attributes: span.attributes)
        write(10, count: span.droppedAttributesCount)
        for event in span.events {
            write(11) { message in
                if event.time != 0 { message.write(1, fixed64: event.time) }
                message.write(2, text: event.name)
                message.write(3, attributes: event.attributes)
                message.write(4, count: event.droppedAttributesCount)
            }
        }
        write(12, count: span.droppedEventsCount)
        for link in span.links {
            write(13) { message in
                message.write(1, traceID: link.traceID)
                message.write(2, spanID: link.spanID)
                message.write(3, text: link.traceState)
                message.write(4, attributes: link.attributes)
                message.write(5, count: link.droppedAttributesCount)
                if link.flags != 0 { message.write(6, fixed32: link.flags) }
            }
        }
        write(14, count: span.droppedLinksCount)
        write(15) { message in
            message.write(2, text: span.statusMessage)
            if span.statusCode != .unset { message.write(3, int64: Int64(span.statusCode.rawValue)) }
        }
        if span.flags != 0 { write(16, fixed32: span.flags) }
    }

    mutating func write(_ number: Int, attributes: [Attribute]) {
        for attribute in attributes { write(number) { $0.writeFields(of: attribute) } }
    }

    private mutating func writeFields(of attribute: Attribute) {
        write(1, text: attribute.key)
        write(2) { $0.writeFields(of: attribute.value) }
    }

    /// Writes the one field of an `AnyValue`, also where it is the default of its type: which field is there says the type.
    private mutating func writeFields(of value: AttributeValue) {
        switch value {
        case .empty: break
        case .string(let text): write(1, string: text)
        case .bool(let truth): write(2, bool: truth)
        case .int(let number): write(3, int64: number)
        case .double(let number): write(4, double: number)
        case .array(let values): write(5) { list in for value in values { list.write(1) { $0.writeFields(of: value) } } }
        case .map(let attributes): write(6) { $0.write(1, attributes: attributes) }
        case .bytes(let bytes): write(7, bytes: bytes)
        }
    }

    /// Writes a text that is left out where it is empty.
    mutating func write(_ number: Int, text: String) {
        if !text.isEmpty { write(number, string: text) }
    }

    /// Writes a number that is left out where it is 0.
    mutating func write(_ number: Int, count: UInt32) {
        if count != 0 { write(number, uint64: UInt64(count)) }
    }

    private mutating func write(_ number: Int, traceID: TraceID) {
        if traceID.isValid { write(number, bytes: traceID.bytes) }
    }

    private mutating func write(_ number: Int, spanID: SpanID) {
        if spanID.isValid { write(number, bytes: spanID.bytes) }
    }
}

extension TraceID {
    /// The bytes of the id, as OTLP has them.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(16)
        bytes.appendBigEndian(high)
        bytes.appendBigEndian(low)
        return bytes
    }
}

extension SpanID {
    /// The bytes of the id, as OTLP has them.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendBigEndian(bits)
        return bytes
    }
}
