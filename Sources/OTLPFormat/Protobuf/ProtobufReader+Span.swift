internal import ByteCoding
internal import TelemetryModel

extension ProtobufReader {
    mutating func readSpan(_ field: ProtobufField) throws(ByteCodingError) -> SpanRecord {
        var span = SpanRecord(traceID: TraceID(high: 0, low: 0), spanID: .none)
        let outerEnd = try enterMessage(field)
        while let field = try nextField() {
            switch field.number {
            case 1: span.traceID = try readTraceID(field)
            case 2: span.spanID = try readSpanID(field)
            case 3: span.traceState = try readText(field)
            case 4: span.parentSpanID = try readSpanID(field)
            case 5: span.name = try readText(field)
            case 6: span.kind = SpanKind(rawValue: try readInt32(field))
            case 7: span.start = try readFixed64(field)
            case 8: span.end = try readFixed64(field)
            case 9: span.attributes.append(try readAttribute(field))
            case 10: span.droppedAttributesCount = try readUInt32(field)
            case 11: span.events.append(try readEvent(field))
            case 12: span.droppedEventsCount = try readUInt32(field)
            case 13: span.links.append(try readLink(field))
            case 14: span.droppedLinksCount = try readUInt32(field)
            case 15: try readStatus(field, into: &span)
            case 16: span.flags = try readFixed32(field)
            default: try skip(field)
            }
        }
        leaveMessage(outerEnd)
        return span
    }

    private mutating func readEvent(_ field: ProtobufField) throws(ByteCodingError) -> SpanEvent {
        var event = SpanEvent(time: 0, name: "")
        let outerEnd = try enterMessage(field)
        while let field = try nextField() {
            switch field.number {
            case 1: event.time = try readFixed64(field)
            case 2: event.name = try readText(field)
            case 3: event.attributes.append(try readAttribute(field))
            case 4: event.droppedAttributesCount = try readUInt32(field)
            default: try skip(field)
            }
        }
        leaveMessage(outerEnd)
        return event
    }

    private mutating func readLink(_ field: ProtobufField) throws(ByteCodingError) -> SpanLink {
        var link = SpanLink(traceID: TraceID(high: 0, low: 0), spanID: .none)
        let outerEnd = try enterMessage(field)
        while let field = try nextField() {
            switch field.number {
            case 1: link.traceID = try readTraceID(field)
            case 2: link.spanID = try readSpanID(field)
            case 3: link.traceState = try readText(field)
            case 4: link.attributes.append(try readAttribute(field))
            case 5: link.droppedAttributesCount = try readUInt32(field)
            case 6: link.flags = try readFixed32(field)
            default: try skip(field)
            }
        }
        leaveMessage(outerEnd)
        return link
    }

    private mutating func readStatus(_ field: ProtobufField, into span: inout SpanRecord) throws(ByteCodingError) {
        let outerEnd = try enterMessage(field)
        while let field = try nextField() {
            switch field.number {
            case 2: span.statusMessage = try readText(field)
            case 3: span.statusCode = SpanStatusCode(rawValue: try readInt32(field))
            default: try skip(field)
            }
        }
        leaveMessage(outerEnd)
    }

    private mutating func readTraceID(_ field: ProtobufField) throws(ByteCodingError) -> TraceID {
        var id = ByteReader(bytes, in: try readBytes(field))
        guard id.remaining == 16 else { return TraceID(high: 0, low: 0) }
        return TraceID(high: try id.readBigEndian(), low: try id.readBigEndian())
    }

    private mutating func readSpanID(_ field: ProtobufField) throws(ByteCodingError) -> SpanID {
        var id = ByteReader(bytes, in: try readBytes(field))
        guard id.remaining == 8 else { return .none }
        return SpanID(try id.readBigEndian())
    }
}
