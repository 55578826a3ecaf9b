internal import ByteCoding
internal import TelemetryModel

extension SpanBatch {
    /// The batch as an `ExportTraceServiceRequest`, written field by field as the schema says. A span that follows another one of the same resource and
    /// scope is put beside it.
    func message() -> [UInt8] {
        var writer = ProtobufWriter()
        var index = 0
        while index < spans.count {
            let first = spans[index]
            var end = index
            while end < spans.count, spans[end].resource == first.resource, spans[end].scope == first.scope { end += 1 }
            let run = spans[index..<end]
            writer.write(1) { writer in
                writer.write(1) { resources[first.resource].write(to: &$0) }
                writer.write(2) { writer in
                    writer.write(1) { scopes[first.scope].write(to: &$0) }
                    for span in run { writer.write(2) { span.write(to: &$0) } }
                    if !scopes[first.scope].schemaURL.isEmpty { writer.write(3, string: scopes[first.scope].schemaURL) }
                }
                if !resources[first.resource].schemaURL.isEmpty { writer.write(3, string: resources[first.resource].schemaURL) }
            }
            index = end
        }
        return writer.bytes
    }

    /// The batch with its spans in a fixed order and with resources and scopes in the order of their first use, for comparing.
    var normalized: SpanBatch {
        var result = SpanBatch()
        let sorted = spans.sorted {
            ($0.traceID.high, $0.traceID.low, $0.start, $0.spanID.bits, $0.kind.rawValue)
                < ($1.traceID.high, $1.traceID.low, $1.start, $1.spanID.bits, $1.kind.rawValue)
        }
        for var span in sorted {
            let (resource, scope) = (resources[span.resource], scopes[span.scope])
            span.resource = result.resources.firstIndex(of: resource) ?? result.resources.count
            if span.resource == result.resources.count { result.resources.append(resource) }
            span.scope = result.scopes.firstIndex(of: scope) ?? result.scopes.count
            if span.scope == result.scopes.count { result.scopes.append(scope) }
            result.spans.append(span)
        }
        return result
    }
}

extension ResourceRecord {
    fileprivate func write(to writer: inout ProtobufWriter) {
        for attribute in attributes { writer.write(1) { attribute.write(to: &$0) } }
        if droppedAttributesCount > 0 { writer.write(2, uint64: UInt64(droppedAttributesCount)) }
    }
}

extension ScopeRecord {
    fileprivate func write(to writer: inout ProtobufWriter) {
        if !name.isEmpty { writer.write(1, string: name) }
        if !version.isEmpty { writer.write(2, string: version) }
        for attribute in attributes { writer.write(3) { attribute.write(to: &$0) } }
        if droppedAttributesCount > 0 { writer.write(4, uint64: UInt64(droppedAttributesCount)) }
    }
}

extension SpanRecord {
    fileprivate func write(to writer: inout ProtobufWriter) {
        writer.write(1, bytes: traceID.bytes)
        writer.write(2, bytes: spanID.bytes)
        if !traceState.isEmpty { writer.write(3, string: traceState) }
        if parentSpanID.isValid { writer.write(4, bytes: parentSpanID.bytes) }
        writer.write(5, string: name)
        writer.write(6, int64: Int64(kind.rawValue))
        writer.write(7, fixed64: start)
        writer.write(8, fixed64: end)
        for attribute in attributes { writer.write(9) { attribute.write(to: &$0) } }
        if droppedAttributesCount > 0 { writer.write(10, uint64: UInt64(droppedAttributesCount)) }
        for event in events {
            writer.write(11) { writer in
                writer.write(1, fixed64: event.time)
                writer.write(2, string: event.name)
                for attribute in event.attributes { writer.write(3) { attribute.write(to: &$0) } }
                if event.droppedAttributesCount > 0 { writer.write(4, uint64: UInt64(event.droppedAttributesCount)) }
            }
        }
        if droppedEventsCount > 0 { writer.write(12, uint64: UInt64(droppedEventsCount)) }
        for link in links {
            writer.write(13) { writer in
                writer.write(1, bytes: link.traceID.bytes)
                writer.write(2, bytes: link.spanID.bytes)
                if !link.traceState.isEmpty { writer.write(3, string: link.traceState) }
                for attribute in link.attributes { writer.write(4) { attribute.write(to: &$0) } }
                if link.droppedAttributesCount > 0 { writer.write(5, uint64: UInt64(link.droppedAttributesCount)) }
                if link.flags > 0 { writer.write(6, fixed32: link.flags) }
            }
        }
        if droppedLinksCount > 0 { writer.write(14, uint64: UInt64(droppedLinksCount)) }
        if statusCode != .unset || !statusMessage.isEmpty {
            writer.write(15) { writer in
                if !statusMessage.isEmpty { writer.write(2, string: statusMessage) }
                writer.write(3, int64: Int64(statusCode.rawValue))
            }
        }
        if flags > 0 { writer.write(16, fixed32: flags) }
    }
}

extension Attribute {
    fileprivate func write(to writer: inout ProtobufWriter) {
        writer.write(1, string: key)
        writer.write(2) { value.write(to: &$0) }
    }
}

extension AttributeValue {
    fileprivate func write(to writer: inout ProtobufWriter) {
        switch self {
        case .empty: break
        case .string(let text): writer.write(1, string: text)
        case .bool(let value): writer.write(2, bool: value)
        case .int(let value): writer.write(3, int64: value)
        case .double(let value): writer.write(4, double: value)
        case .array(let values): writer.write(5) { writer in for value in values { writer.write(1) { value.write(to: &$0) } } }
        case .map(let entries): writer.write(6) { writer in for entry in entries { writer.write(1) { entry.write(to: &$0) } } }
        case .bytes(let bytes): writer.write(7, bytes: bytes)
        }
    }
}

extension TraceID {
    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendBigEndian(high)
        bytes.appendBigEndian(low)
        return bytes
    }
}

extension SpanID {
    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendBigEndian(bits)
        return bytes
    }
}
