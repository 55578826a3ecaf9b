internal import TelemetryModel

/// Tags that stand for what spans have places for in OTLP; they leave the attributes for these.
enum JaegerTags {
    /// - Returns: the scope that the tags name.
    static func apply(to span: inout SpanRecord) -> ScopeRecord {
        var scope = ScopeRecord()
        var isError = false
        var code: SpanStatusCode?
        var rest: [Attribute] = []
        rest.reserveCapacity(span.attributes.count)
        for tag in span.attributes {
            switch (tag.key, tag.value) {
            case ("span.kind", .string(let word)):
                if let kind = kinds[word] { span.kind = kind } else { rest.append(tag) }
            case ("error", .bool(true)), ("error", .string("true")): isError = true
            case ("otel.status_code", .string(let word)):
                if let known = statusCodes[word.uppercased()] { code = known } else { rest.append(tag) }
            case ("otel.status_description", .string(let text)): span.statusMessage = text
            case ("otel.library.name", .string(let text)), ("otel.scope.name", .string(let text)): scope.name = text
            case ("otel.library.version", .string(let text)), ("otel.scope.version", .string(let text)): scope.version = text
            case ("w3c.tracestate", .string(let text)): span.traceState = text
            case ("otel.dropped_attributes_count", .int(let count)): span.droppedAttributesCount = UInt32(clamping: count)
            case ("otel.dropped_events_count", .int(let count)): span.droppedEventsCount = UInt32(clamping: count)
            case ("otel.dropped_links_count", .int(let count)): span.droppedLinksCount = UInt32(clamping: count)
            default: rest.append(tag)
            }
        }
        span.attributes = rest
        span.statusCode = isError ? .error : code ?? .unset
        return scope
    }

    /// A log's name stands in its field `event`. Some clients write `message` instead, which stays, since it may as well be meant as one.
    static func apply(to event: inout SpanEvent) {
        if let place = event.attributes.firstIndex(where: { $0.key == "event" }), case .string(let name) = event.attributes[place].value {
            event.name = name
            event.attributes.remove(at: place)
        } else if case .string(let message)? = event.attributes[key: "message"] {
            event.name = message
        }
        if let place = event.attributes.firstIndex(where: { $0.key == "otel.dropped_attributes_count" }),
            case .int(let count) = event.attributes[place].value
        {
            event.droppedAttributesCount = UInt32(clamping: count)
            event.attributes.remove(at: place)
        }
    }

    private static let kinds: [String: SpanKind] = [
        "internal": .internal, "server": .server, "client": .client, "producer": .producer, "consumer": .consumer,
    ]

    private static let statusCodes: [String: SpanStatusCode] = ["OK": .ok, "ERROR": .error, "UNSET": .unset]
}
