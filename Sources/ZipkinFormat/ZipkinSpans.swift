public import ByteCoding
public import TelemetryModel

/// Spans as Zipkin's clients send them: a JSON array of spans, version 2 of the API.
public enum ZipkinSpans {
    /// Takes one span after the other with whom it comes from.
    public typealias Sink = (SpanRecord, ResourceRecord, ScopeRecord) -> Void

    /// Reads an array of spans. Ids that are wrong become zero, which is invalid; members that are not known are stepped over.
    ///
    /// - Parameter now: the start of spans that neither say when they began nor have an annotation, as attributes then tell.
    /// - Throws: ``ByteCoding/JSONError`` with line and column; spans may have gone to the sink before.
    public static func read(_ text: [UInt8], now: UnixNanoseconds, into sink: Sink) throws(JSONError) {
        var reader = JSONReader(text, depthMax: 32)
        try reader.beginArray()
        while try reader.nextElement() {
            var span = try ZipkinSpan(&reader)
            let (record, resource, scope) = span.finish(now: now)
            sink(record, resource, scope)
        }
        try reader.finish()
    }
}
