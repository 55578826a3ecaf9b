public import ByteCoding
public import TelemetryModel

/// OTLP in JSON (the OTLP specification, "JSON Protobuf Encoding").
public enum OTLPJSON {
    /// The `ExportTraceServiceRequest` in protobuf that says what a JSON text says.
    ///
    /// The text is walked once and written field by field, so memory stays within a small multiple of its bytes. Ids are hexadecimal; what is
    /// none becomes an id of a wrong length. Numbers of 64 bits may be numbers or strings, enumerations numbers or
    /// names; members that are not known are stepped over.
    ///
    /// - Throws: ``ByteCoding/JSONError`` with line and column.
    public static func transcode(_ text: [UInt8]) throws(JSONError) -> [UInt8] {
        var transcoder = OTLPJSONTranscoder(text)
        return try transcoder.traces()
    }

    /// The same for an `ExportLogsServiceRequest`.
    public static func transcodeLogs(_ text: [UInt8]) throws(JSONError) -> [UInt8] {
        var transcoder = OTLPJSONTranscoder(text)
        return try transcoder.logs()
    }

    /// The same for an `ExportMetricsServiceRequest`.
    public static func transcodeMetrics(_ text: [UInt8]) throws(JSONError) -> [UInt8] {
        var transcoder = OTLPJSONTranscoder(text)
        return try transcoder.metrics()
    }
}

extension SpanBatch {
    /// Reads OTLP/JSON.
    public init(otlpJSON text: [UInt8]) throws(JSONError) {
        let message = try OTLPJSON.transcode(text)
        do throws(ByteCodingError) {
            try self.init(otlp: message)
        } catch {
            preconditionFailure("BUG: the transcoder wrote what cannot be read: \(error)")
        }
    }
}
