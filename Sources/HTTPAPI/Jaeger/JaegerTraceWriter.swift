internal import TelemetryModel

extension JSONWriter {
    /// A trace in the model of the Jaeger UI: spans with tags, logs and references, and the processes that they ran in.
    mutating func jaegerTrace(_ batch: SpanBatch) {
        let order = batch.spans.indices.sorted { a, b in
            let (left, right) = (batch.spans[a], batch.spans[b])
            return left.start != right.start ? left.start < right.start : left.spanID.bits < right.spanID.bits
        }
        var processes = JaegerProcesses(batch.resources)
        beginObject()
        name("traceID")
        jaegerID(order.first.map { batch.spans[$0].traceID } ?? TraceID(high: 0, low: 0))
        name("spans")
        beginArray()
        for index in order {
            let span = batch.spans[index]
            jaegerSpan(span, scope: batch.scopes[span.scope], processID: processes.id(of: span.resource))
        }
        endArray()
        name("processes")
        beginObject()
        for (id, resource) in processes.named {
            name(id)
            jaegerProcess(batch.resources[resource])
        }
        endObject()
        name("warnings")
        null()
        endObject()
    }

    private mutating func jaegerSpan(_ span: SpanRecord, scope: ScopeRecord, processID: String) {
        beginObject()
        name("traceID")
        jaegerID(span.traceID)
        name("spanID")
        hexadecimal(span.spanID.bits)
        if span.flags & 0xff != 0 { member("flags", Int(span.flags & 0xff)) }
        member("operationName", span.name)
        name("references")
        jaegerReferences(span)
        name("startTime")
        value(span.start / 1000)
        name("duration")
        value(span.duration / 1000)
        name("tags")
        jaegerTags(span, scope)
        name("logs")
        beginArray()
        for event in span.events { jaegerLog(event) }
        endArray()
        member("processID", processID)
        name("warnings")
        null()
        endObject()
    }

    /// The parent first: clients take the first reference of type `CHILD_OF` for it.
    private mutating func jaegerReferences(_ span: SpanRecord) {
        beginArray()
        if span.parentSpanID.isValid { jaegerReference("CHILD_OF", span.traceID, span.parentSpanID) }
        for link in span.links {
            var type = "FOLLOWS_FROM"
            // What a program that spoke OpenTracing said about a reference that is not the parent.
            if case .string("child_of")? = link.attributes[key: "opentracing.ref_type"] { type = "CHILD_OF" }
            jaegerReference(type, link.traceID, link.spanID)
        }
        endArray()
    }

    private mutating func jaegerReference(_ type: String, _ trace: TraceID, _ span: SpanID) {
        beginObject()
        member("refType", type)
        name("traceID")
        jaegerID(trace)
        name("spanID")
        hexadecimal(span.bits)
        endObject()
    }

    /// The attributes, and as tags what spans of Jaeger have no fields for. Where an attribute says the same, the field counts.
    private mutating func jaegerTags(_ span: SpanRecord, _ scope: ScopeRecord) {
        let kind = JaegerWords.kind(span.kind)
        let isError = span.statusCode == .error
        beginArray()
        if !scope.name.isEmpty { jaegerTag("otel.scope.name", scope.name) }
        if !scope.version.isEmpty { jaegerTag("otel.scope.version", scope.version) }
        for attribute in span.attributes {
            if attribute.key == "span.kind" && kind != nil || attribute.key == "error" && isError { continue }
            jaegerTag(attribute)
        }
        if let kind { jaegerTag("span.kind", kind) }
        if isError { jaegerTag(Attribute("error", .bool(true))) }
        switch span.statusCode {
        case .ok: jaegerTag("otel.status_code", "OK")
        case .error: jaegerTag("otel.status_code", "ERROR")
        default: break
        }
        if !span.statusMessage.isEmpty { jaegerTag("otel.status_description", span.statusMessage) }
        if !span.traceState.isEmpty { jaegerTag("w3c.tracestate", span.traceState) }
        endArray()
    }

    private mutating func jaegerLog(_ event: SpanEvent) {
        beginObject()
        name("timestamp")
        value(event.time / 1000)
        name("fields")
        beginArray()
        if !event.name.isEmpty && event.attributes[key: "event"] == nil { jaegerTag("event", event.name) }
        for attribute in event.attributes { jaegerTag(attribute) }
        endArray()
        endObject()
    }

    private mutating func jaegerProcess(_ resource: ResourceRecord) {
        beginObject()
        member("serviceName", resource.serviceName ?? JaegerWords.unknownService)
        name("tags")
        beginArray()
        for attribute in resource.attributes where attribute.key != "service.name" { jaegerTag(attribute) }
        endArray()
        endObject()
    }

    private mutating func jaegerTag(_ key: String, _ text: String) { jaegerTag(Attribute(key, .string(text))) }

    private mutating func jaegerTag(_ attribute: Attribute) {
        beginObject()
        member("key", attribute.key)
        switch attribute.value {
        case .bool(let truth):
            member("type", "bool")
            member("value", truth)
        case .int(let number):
            member("type", "int64")
            // Beyond that, the numbers of browsers are no longer exact.
            if number.magnitude < 1 << 53 { member("value", Int(number)) } else { member("value", String(number)) }
        case .double(let number) where number.isFinite:
            member("type", "float64")
            name("value")
            value(number)
        case .bytes(let bytes):
            member("type", "binary")
            member("value", RenderedValue.base64(bytes))
        case .string, .double, .array, .map, .empty:
            member("type", "string")
            member("value", RenderedValue.text(attribute.value))
        }
        endObject()
    }

    /// 32 digits, or 16 where the first eight bytes are zero, as Jaeger writes its ids.
    mutating func jaegerID(_ id: TraceID) {
        if id.high == 0 { hexadecimal(id.low) } else { hexadecimal(id.high, id.low) }
    }
}

/// The processes of a trace: equal resources are one process, and they are numbered as spans name them.
struct JaegerProcesses {
    /// Names, and the place of a resource that has what is to be said of it.
    private(set) var named: [(id: String, resource: Int)] = []
    private let resources: [ResourceRecord]
    private var ids: [String?]

    init(_ resources: [ResourceRecord]) {
        self.resources = resources
        ids = Array(repeating: nil, count: resources.count)
    }

    mutating func id(of resource: Int) -> String {
        if let id = ids[resource] { return id }
        let attributes = resources[resource].attributes
        if let equal = named.first(where: { resources[$0.resource].attributes == attributes }) {
            ids[resource] = equal.id
            return equal.id
        }
        let id = "p\(named.count + 1)"
        named.append((id, resource))
        ids[resource] = id
        return id
    }
}

/// The words of Jaeger.
enum JaegerWords {
    /// The name of the service of spans whose resource does not say one.
    static let unknownService = "OTLPResourceNoServiceName"

    /// The value of the tag `span.kind`; nil where there is none.
    static func kind(_ kind: SpanKind) -> String? {
        switch kind {
        case .internal: "internal"
        case .server: "server"
        case .client: "client"
        case .producer: "producer"
        case .consumer: "consumer"
        default: nil
        }
    }
}
