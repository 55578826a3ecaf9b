public import TelemetryModel

extension SeededGenerator {
    /// A batch that says something in every place where spans can: all types of values, events, links, statuses, flags, counts; with
    /// every resource and scope in use, and in the order of their spans.
    public mutating func spanBatch(spans: Int) -> SpanBatch {
        var batch = SpanBatch()
        while batch.spans.count < spans {
            var resource = ResourceRecord()
            resource.attributes = [Attribute("service.name", .string("service-\(below(5))"))] + attributes()
            resource.droppedAttributesCount = UInt32(below(3))
            for _ in 0..<below(3) { resource.entities.append(entity()) }
            resource.schemaURL = chance() ? "https://schemas.example/\(below(3))" : ""
            batch.resources.append(resource)
            for _ in 0...below(3) {
                var scope = ScopeRecord()
                scope.name = chance() ? "library.\(below(4))" : ""
                scope.version = chance() ? "1.\(below(4))" : ""
                scope.attributes = attributes()
                scope.droppedAttributesCount = UInt32(below(3))
                scope.schemaURL = chance() ? "https://schemas.example/\(below(3))" : ""
                batch.scopes.append(scope)
                for _ in 0...below(4) {
                    var span = span()
                    span.resource = batch.resources.count - 1
                    span.scope = batch.scopes.count - 1
                    batch.spans.append(span)
                }
            }
        }
        return batch
    }

    /// One span, valid, of resource and scope 0.
    public mutating func span() -> SpanRecord {
        var span = SpanRecord(traceID: TraceID(high: next(), low: next() | 1), spanID: SpanID(next() | 1))
        if chance() { span.parentSpanID = SpanID(next() | 1) }
        if chance() { span.traceState = "vendor=\(below(100))" }
        span.flags = chance() ? UInt32(below(1 << 10)) : 0
        span.name = text()
        span.kind = SpanKind(rawValue: Int32(below(6)))
        span.start = 1_700_000_000_000_000_000 + UInt64(below(1 << 40))
        span.end = chance() ? span.start + UInt64(below(1 << 32)) : span.start - UInt64(below(1 << 10))
        span.attributes = attributes()
        span.droppedAttributesCount = UInt32(below(3))
        for _ in 0..<below(3) {
            var event = SpanEvent(time: span.start + UInt64(below(1 << 20)), name: text())
            event.attributes = attributes()
            event.droppedAttributesCount = UInt32(below(3))
            span.events.append(event)
        }
        span.droppedEventsCount = UInt32(below(3))
        for _ in 0..<below(3) {
            var link = SpanLink(traceID: TraceID(high: next(), low: next() | 1), spanID: SpanID(next() | 1))
            link.traceState = chance() ? "vendor=\(below(100))" : ""
            link.flags = chance() ? UInt32(below(1 << 10)) : 0
            link.attributes = attributes()
            link.droppedAttributesCount = UInt32(below(3))
            span.links.append(link)
        }
        span.droppedLinksCount = UInt32(below(3))
        span.statusCode = SpanStatusCode(rawValue: Int32(below(3)))
        span.statusMessage = chance() ? text() : ""
        return span
    }

    private mutating func entity() -> EntityReference {
        var entity = EntityReference()
        if chance() { entity.schemaURL = "https://schemas.example/\(below(3))" }
        if chance() { entity.type = ["service", "host"][below(2)] }
        entity.idKeys = (0..<below(3)).map { ["service.name", "host.id", ""][$0] }
        entity.descriptionKeys = (0..<below(3)).map { "key.\($0)" }
        return entity
    }

    /// A few attributes of any type.
    public mutating func attributes() -> [Attribute] { (0..<below(4)).map { _ in Attribute("key.\(below(8))", value(depth: 0)) } }

    private mutating func value(depth: Int) -> AttributeValue {
        switch below(depth < 3 ? 8 : 6) {
        case 0: .string(text())
        case 1: .bool(chance())
        case 2: .int(Int64(bitPattern: spreadUInt64()))
        case 3: .double([0, -0.0, 1.5, -1e300, 4.9e-300, .infinity, -.infinity, Double(below(1000))][below(8)])
        case 4: .bytes(bytes(below(6)))
        case 5: .empty
        case 6: .array((0..<below(4)).map { _ in value(depth: depth + 1) })
        default: .map((0..<below(4)).map { _ in Attribute("inner.\(below(8))", value(depth: depth + 1)) })
        }
    }

    private mutating func text() -> String {
        ["", "GET /", "näme", "quote \" and \\ and \n", "\u{1}\u{7f}", "日本語 🦅", String(repeating: "long ", count: 60)][below(7)]
    }

    private mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }
    private mutating func chance() -> Bool { Bool.random(using: &self) }
}
