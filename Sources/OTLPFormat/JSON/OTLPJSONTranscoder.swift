internal import ByteCoding
internal import TelemetryModel

/// Turns OTLP/JSON into protobuf.
struct OTLPJSONTranscoder {
    var reader: JSONReader
    /// How many values are around the present one.
    var valueDepth = 0

    init(_ text: [UInt8]) { reader = JSONReader(text, depthMax: OTLPLimits.jsonDepthMax) }

    mutating func traces() throws(JSONError) -> [UInt8] {
        var writer = ProtobufWriter()
        try object { (transcoder, key) throws(JSONError) in
            guard key == "resourceSpans" else { return try transcoder.reader.skipValue() }
            try transcoder.messages(1, &writer) { (transcoder, writer) throws(JSONError) in try transcoder.resourceSpans(&writer) }
        }
        try reader.finish()
        return writer.bytes
    }

    // MARK: - Messages

    private mutating func resourceSpans(_ writer: inout ProtobufWriter) throws(JSONError) {
        try object { (transcoder, key) throws(JSONError) in
            switch key {
            case "resource":
                try transcoder.message(1, &writer) { (transcoder, writer) throws(JSONError) in try transcoder.resource(&writer) }
            case "scopeSpans":
                try transcoder.messages(2, &writer) { (transcoder, writer) throws(JSONError) in try transcoder.scopeSpans(&writer) }
            case "schemaUrl": try transcoder.text(3, &writer)
            default: try transcoder.reader.skipValue()
            }
        }
    }

    mutating func resource(_ writer: inout ProtobufWriter) throws(JSONError) {
        try object { (transcoder, key) throws(JSONError) in
            switch key {
            case "attributes": try transcoder.attributes(1, &writer)
            case "droppedAttributesCount": try transcoder.count(2, &writer)
            case "entityRefs":
                try transcoder.messages(3, &writer) { (transcoder, writer) throws(JSONError) in try transcoder.entity(&writer) }
            default: try transcoder.reader.skipValue()
            }
        }
    }

    private mutating func entity(_ writer: inout ProtobufWriter) throws(JSONError) {
        try object { (transcoder, key) throws(JSONError) in
            switch key {
            case "schemaUrl": try transcoder.text(1, &writer)
            case "type": try transcoder.text(2, &writer)
            case "idKeys": try transcoder.texts(3, &writer)
            case "descriptionKeys": try transcoder.texts(4, &writer)
            default: try transcoder.reader.skipValue()
            }
        }
    }

    private mutating func scopeSpans(_ writer: inout ProtobufWriter) throws(JSONError) {
        try object { (transcoder, key) throws(JSONError) in
            switch key {
            case "scope": try transcoder.message(1, &writer) { (transcoder, writer) throws(JSONError) in try transcoder.scope(&writer) }
            case "spans": try transcoder.messages(2, &writer) { (transcoder, writer) throws(JSONError) in try transcoder.span(&writer) }
            case "schemaUrl": try transcoder.text(3, &writer)
            default: try transcoder.reader.skipValue()
            }
        }
    }

    mutating func scope(_ writer: inout ProtobufWriter) throws(JSONError) {
        try object { (transcoder, key) throws(JSONError) in
            switch key {
            case "name": try transcoder.text(1, &writer)
            case "version": try transcoder.text(2, &writer)
            case "attributes": try transcoder.attributes(3, &writer)
            case "droppedAttributesCount": try transcoder.count(4, &writer)
            default: try transcoder.reader.skipValue()
            }
        }
    }

    private mutating func span(_ writer: inout ProtobufWriter) throws(JSONError) {
        try object { (transcoder, key) throws(JSONError) in
            switch key {
            case "traceId": try transcoder.identifier(1, bytes: 16, &writer)
            case "spanId": try transcoder.identifier(2, bytes: 8, &writer)
            case "traceState": try transcoder.text(3, &writer)
            case "parentSpanId": try transcoder.identifier(4, bytes: 8, &writer)
            case "name": try transcoder.text(5, &writer)
            case "kind": try transcoder.enumeration(6, SpanKind.names, &writer)
            case "startTimeUnixNano": writer.write(7, fixed64: try transcoder.reader.readInteger())
            case "endTimeUnixNano": writer.write(8, fixed64: try transcoder.reader.readInteger())
            case "attributes": try transcoder.attributes(9, &writer)
            case "droppedAttributesCount": try transcoder.count(10, &writer)
            case "events": try transcoder.messages(11, &writer) { (transcoder, writer) throws(JSONError) in try transcoder.event(&writer) }
            case "droppedEventsCount": try transcoder.count(12, &writer)
            case "links": try transcoder.messages(13, &writer) { (transcoder, writer) throws(JSONError) in try transcoder.link(&writer) }
            case "droppedLinksCount": try transcoder.count(14, &writer)
            case "status": try transcoder.message(15, &writer) { (transcoder, writer) throws(JSONError) in try transcoder.status(&writer) }
            case "flags": writer.write(16, fixed32: try transcoder.reader.readInteger())
            default: try transcoder.reader.skipValue()
            }
        }
    }

    private mutating func event(_ writer: inout ProtobufWriter) throws(JSONError) {
        try object { (transcoder, key) throws(JSONError) in
            switch key {
            case "timeUnixNano": writer.write(1, fixed64: try transcoder.reader.readInteger())
            case "name": try transcoder.text(2, &writer)
            case "attributes": try transcoder.attributes(3, &writer)
            case "droppedAttributesCount": try transcoder.count(4, &writer)
            default: try transcoder.reader.skipValue()
            }
        }
    }

    private mutating func link(_ writer: inout ProtobufWriter) throws(JSONError) {
        try object { (transcoder, key) throws(JSONError) in
            switch key {
            case "traceId": try transcoder.identifier(1, bytes: 16, &writer)
            case "spanId": try transcoder.identifier(2, bytes: 8, &writer)
            case "traceState": try transcoder.text(3, &writer)
            case "attributes": try transcoder.attributes(4, &writer)
            case "droppedAttributesCount": try transcoder.count(5, &writer)
            case "flags": writer.write(6, fixed32: try transcoder.reader.readInteger())
            default: try transcoder.reader.skipValue()
            }
        }
    }

    private mutating func status(_ writer: inout ProtobufWriter) throws(JSONError) {
        try object { (transcoder, key) throws(JSONError) in
            switch key {
            case "message": try transcoder.text(2, &writer)
            case "code": try transcoder.enumeration(3, SpanStatusCode.names, &writer)
            default: try transcoder.reader.skipValue()
            }
        }
    }
}
