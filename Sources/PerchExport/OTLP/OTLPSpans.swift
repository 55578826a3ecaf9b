public import PerchTracing
internal import PerchWire
internal import Tracing

/// Writes spans as an `ExportTraceServiceRequest` (opentelemetry-proto, trace.proto).
public enum OTLPSpans {
    /// - Parameter attributeBytesMax: text values of attributes that are longer are cut.
    public static func encode(_ spans: [FinishedSpan], resource: TelemetryResource, attributeBytesMax: Int? = nil) -> [UInt8] {
        var request = ProtobufBytes()
        request.bytes.reserveCapacity(spans.count * 256 + 512)
        request.write(1) { resourceSpans in
            resourceSpans.write(1, resource: resource)
            resourceSpans.write(2) { scopeSpans in
                scopeSpans.write(1, scope: "PerchTracing")
                for span in spans { scopeSpans.write(2) { append(span, attributeBytesMax, to: &$0) } }
            }
        }
        return request.bytes
    }

    private static func append(_ span: FinishedSpan, _ bytesMax: Int?, to message: inout ProtobufBytes) {
        message.write(1, traceID: span.traceID)
        message.write(2, spanID: span.spanID)
        if !span.context.state.isEmpty { message.write(3, string: span.context.state) }
        if let parent = span.parent { message.write(4, spanID: parent.identity.spanID) }
        message.write(5, string: span.name)
        message.write(6, uint64: kind(span.kind))
        message.write(7, fixed64: span.start)
        message.write(8, fixed64: span.end)
        message.write(9, attributes: span.attributes, bytesMax: bytesMax)
        if span.droppedAttributes > 0 { message.write(10, uint64: UInt64(span.droppedAttributes)) }
        for event in span.events {
            message.write(11) { entry in
                entry.write(1, fixed64: event.nanosecondsSinceEpoch)
                entry.write(2, string: event.name)
                entry.write(3, attributes: event.attributes, bytesMax: bytesMax)
            }
        }
        if span.droppedEvents > 0 { message.write(12, uint64: UInt64(span.droppedEvents)) }
        for link in span.links {
            // A link to nothing that is traced says nothing.
            guard let target = link.context.traceContext else { continue }
            message.write(13) { entry in
                entry.write(1, traceID: target.identity.traceID)
                entry.write(2, spanID: target.identity.spanID)
                if !target.state.isEmpty { entry.write(3, string: target.state) }
                entry.write(4, attributes: link.attributes, bytesMax: bytesMax)
                entry.write(6, fixed32: flags(target))
            }
        }
        if span.droppedLinks > 0 { message.write(14, uint64: UInt64(span.droppedLinks)) }
        if let status = span.status {
            message.write(15) { entry in
                if let text = status.message { entry.write(2, string: text) }
                entry.write(3, uint64: status.code == .ok ? 1 : 2)
            }
        }
        let remote = span.parent.map { $0.isRemote ? 0x300 : 0x100 } ?? 0x100
        message.write(16, fixed32: UInt32(span.context.identity.flags) | UInt32(remote))
    }

    /// The trace flags, and that it is known whether the span is one of another process (bits 8 and 9).
    private static func flags(_ context: TraceContext) -> UInt32 { UInt32(context.identity.flags) | (context.isRemote ? 0x300 : 0x100) }

    private static func kind(_ kind: SpanKind) -> UInt64 {
        switch kind {
        case .internal: 1
        case .server: 2
        case .client: 3
        case .producer: 4
        case .consumer: 5
        }
    }
}
