public import ByteCoding
public import TelemetryModel

/// Spans as Jaeger's clients send them: a `Batch` of jaeger.thrift.
public enum JaegerBatch {
    /// Takes one span after the other with whom it comes from.
    public typealias Sink = (SpanRecord, ResourceRecord, ScopeRecord) -> Void

    /// Reads what a client sends to an agent in one datagram: the call `emitBatch` with a batch.
    ///
    /// - Throws: ``ByteCoding/ByteCodingError`` with the offset of what is malformed; spans may have gone to the sink before.
    public static func readAgentMessage(
        _ bytes: [UInt8], _ encoding: ThriftEncoding, into sink: Sink
    ) throws(ByteCodingError) {
        var reader = ThriftReader(bytes, encoding)
        guard try reader.readMessageHead() == "emitBatch" else { throw ByteCodingError(.invalidValue, at: 0) }
        try reader.structure { (reader, field, type) throws(ByteCodingError) in
            if field == 1, type == .structure { try readBatch(&reader, into: sink) } else { try reader.skip(type) }
        }
    }

    /// Reads a batch alone, as clients send it to a collector over HTTP.
    ///
    /// - Throws: ``ByteCoding/ByteCodingError`` with the offset of what is malformed; spans may have gone to the sink before.
    public static func read(_ bytes: [UInt8], _ encoding: ThriftEncoding, into sink: Sink) throws(ByteCodingError) {
        var reader = ThriftReader(bytes, encoding)
        try readBatch(&reader, into: sink)
        guard reader.reader.isAtEnd else { throw ByteCodingError(.invalidValue, at: reader.reader.position) }
    }

    private static func readBatch(_ reader: inout ThriftReader, into sink: Sink) throws(ByteCodingError) {
        var resource: ResourceRecord?
        // Where the spans lie, should they come before the process that they belong to.
        var waiting: [ThriftReader] = []
        try reader.structure { (reader, field, type) throws(ByteCodingError) in
            switch (field, type) {
            case (1, .structure): resource = try reader.readProcess()
            case (2, .list):
                guard let resource else {
                    waiting.append(reader)
                    return try reader.skip(type)
                }
                try readSpans(&reader, of: resource, into: sink)
            default: try reader.skip(type)
            }
        }
        for var spans in waiting { try readSpans(&spans, of: resource ?? ResourceRecord(), into: sink) }
    }

    private static func readSpans(_ reader: inout ThriftReader, of resource: ResourceRecord, into sink: Sink) throws(ByteCodingError) {
        try reader.structures(.list) { (reader) throws(ByteCodingError) in
            let (span, scope) = try reader.readSpan()
            sink(span, resource, scope)
        }
    }
}
