internal import ByteCoding

extension OTLPJSONTranscoder {
    /// Names of severities as protobuf's own JSON has them, in the order of their numbers.
    private static let severityNames =
        ["SEVERITY_NUMBER_UNSPECIFIED"]
        + ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"].flatMap { name in
            ["", "2", "3", "4"].map { "SEVERITY_NUMBER_" + name + $0 }
        }

    mutating func logs() throws(JSONError) -> [UInt8] {
        var writer = ProtobufWriter()
        try object { (transcoder, key) throws(JSONError) in
            guard key == "resourceLogs" else { return try transcoder.reader.skipValue() }
            try transcoder.messages(1, &writer) { (transcoder, writer) throws(JSONError) in try transcoder.resourceLogs(&writer) }
        }
        try reader.finish()
        return writer.bytes
    }

    private mutating func resourceLogs(_ writer: inout ProtobufWriter) throws(JSONError) {
        try object { (transcoder, key) throws(JSONError) in
            switch key {
            case "resource":
                try transcoder.message(1, &writer) { (transcoder, writer) throws(JSONError) in try transcoder.resource(&writer) }
            case "scopeLogs":
                try transcoder.messages(2, &writer) { (transcoder, writer) throws(JSONError) in try transcoder.scopeLogs(&writer) }
            case "schemaUrl": try transcoder.text(3, &writer)
            default: try transcoder.reader.skipValue()
            }
        }
    }

    private mutating func scopeLogs(_ writer: inout ProtobufWriter) throws(JSONError) {
        try object { (transcoder, key) throws(JSONError) in
            switch key {
            case "scope": try transcoder.message(1, &writer) { (transcoder, writer) throws(JSONError) in try transcoder.scope(&writer) }
            case "logRecords":
                try transcoder.messages(2, &writer) { (transcoder, writer) throws(JSONError) in try transcoder.logRecord(&writer) }
            case "schemaUrl": try transcoder.text(3, &writer)
            default: try transcoder.reader.skipValue()
            }
        }
    }

    private mutating func logRecord(_ writer: inout ProtobufWriter) throws(JSONError) {
        try object { (transcoder, key) throws(JSONError) in
            switch key {
            case "timeUnixNano": writer.write(1, fixed64: try transcoder.reader.readInteger())
            case "observedTimeUnixNano": writer.write(11, fixed64: try transcoder.reader.readInteger())
            case "severityNumber": try transcoder.enumeration(2, Self.severityNames, &writer)
            case "severityText": try transcoder.text(3, &writer)
            case "body": try transcoder.message(5, &writer) { (transcoder, writer) throws(JSONError) in try transcoder.value(&writer) }
            case "attributes": try transcoder.attributes(6, &writer)
            case "droppedAttributesCount": try transcoder.count(7, &writer)
            case "flags": writer.write(8, fixed32: try transcoder.reader.readInteger())
            case "traceId": try transcoder.identifier(9, bytes: 16, &writer)
            case "spanId": try transcoder.identifier(10, bytes: 8, &writer)
            case "eventName": try transcoder.text(12, &writer)
            default: try transcoder.reader.skipValue()
            }
        }
    }
}
