internal import TelemetryModel
internal import TestSupport

/// Spans of every shape that OTLP knows, from a seed.
struct RandomSpans {
    var generator: SeededGenerator
    /// The start of the next trace.
    var now: UnixNanoseconds

    init(seed: UInt64, now: UnixNanoseconds = TraceFixture.noon) {
        generator = SeededGenerator(seed: seed)
        self.now = now
    }

    private mutating func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &generator) == 0 }
    private mutating func number(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &generator) }

    mutating func traceID() -> TraceID {
        // Some share their first bytes, or all but the last.
        switch number(4) {
        case 0: TraceID(high: 0, low: UInt64(1 + number(1 << 40)))
        case 1: TraceID(high: 7, low: generator.next() | 1)
        default: TraceID(high: generator.next(), low: generator.next() | 1)
        }
    }

    /// Some traces with a few spans each.
    mutating func batch(traces: Int) -> SpanBatch {
        var batch = SpanBatch()
        for _ in 0..<1 + number(3) { batch.resources.append(resource()) }
        for _ in 0..<1 + number(2) { batch.scopes.append(scope()) }
        for _ in 0..<traces {
            now += UInt64(number(1_000_000_000))
            append(spans: 1 + number(chance(8) ? 60 : 6), of: traceID(), to: &batch)
        }
        return batch
    }

    /// Spans of one trace.
    mutating func append(spans count: Int, of trace: TraceID, to batch: inout SpanBatch) {
        var ids: [SpanID] = []
        for index in 0..<count {
            var span = SpanRecord(traceID: trace, spanID: SpanID(generator.next() | 1))
            if index > 0 || chance(6) {
                span.parentSpanID = chance(12) ? SpanID(generator.next() | 1) : ids.randomElement(using: &generator) ?? .none
            }
            ids.append(span.spanID)
            span.start = now + UInt64(number(5_000_000))
            span.end = chance(20) ? span.start - UInt64(number(1000)) : span.start + generator.spreadUInt64() % 100_000_000_000
            span.name = ["GET", "GET /api/users/{id}", "SELECT users", "", "päckchen"].randomElement(using: &generator) ?? ""
            span.kind = SpanKind(rawValue: chance(15) ? -5 : Int32(number(7)))
            span.statusCode = SpanStatusCode(rawValue: chance(20) ? 77 : Int32(number(3)))
            if chance(4) { span.statusMessage = "upstream \(number(3))" }
            if chance(5) { span.traceState = "vendor=\(number(9)),other=1" }
            if chance(3) { span.flags = UInt32(number(1024)) }
            if chance(9) { span.droppedAttributesCount = UInt32(number(9)) }
            if chance(9) { span.droppedEventsCount = .max }
            if chance(9) { span.droppedLinksCount = UInt32(number(9)) }
            span.attributes = attributes()
            if chance(3) { span.events = (0..<number(4)).map { _ in event(near: span.start) } }
            if chance(5) { span.links = (0..<number(3)).map { _ in link() } }
            span.resource = number(batch.resources.count)
            span.scope = number(batch.scopes.count)
            batch.spans.append(span)
        }
    }

    private mutating func event(near time: UnixNanoseconds) -> SpanEvent {
        var event = SpanEvent(time: chance(9) ? 0 : time - 50 + UInt64(number(1_000_000)), name: chance(7) ? "" : "exception")
        event.attributes = attributes()
        if chance(5) { event.droppedAttributesCount = UInt32(number(9)) }
        return event
    }

    private mutating func link() -> SpanLink {
        var link = SpanLink(traceID: traceID(), spanID: SpanID(generator.next()))
        if chance(3) { link.traceState = "a=b" }
        if chance(3) { link.flags = 257 }
        link.attributes = attributes()
        if chance(5) { link.droppedAttributesCount = 1 }
        return link
    }

    private mutating func resource() -> ResourceRecord {
        var resource = ResourceRecord()
        resource.attributes = [Attribute("service.name", .string("service-\(number(4))"))] + attributes()
        if chance(3) { resource.schemaURL = "https://opentelemetry.io/schemas/1.\(number(30)).0" }
        if chance(5) { resource.droppedAttributesCount = 3 }
        if chance(4) {
            var entity = EntityReference()
            (entity.type, entity.schemaURL, entity.idKeys, entity.descriptionKeys) = (
                "service", "https://e.x", ["service.name"], ["", "a"]
            )
            resource.entities = [entity]
        }
        return resource
    }

    private mutating func scope() -> ScopeRecord {
        var scope = ScopeRecord()
        if chance(2) { scope.name = "shop.http" }
        if chance(2) { scope.version = "0.\(number(9))" }
        if chance(3) { scope.attributes = attributes() }
        if chance(3) { scope.schemaURL = "https://opentelemetry.io/schemas/1.2.0" }
        if chance(5) { scope.droppedAttributesCount = 2 }
        return scope
    }

    mutating func attributes() -> [Attribute] {
        if chance(4) { return [] }
        return (0..<number(7)).map { _ in
            // Names repeat, also with another type, and one is empty.
            let key =
                ["http.route", "user.id", "db.rows", "url.full", "flag", "", "rate", "trace.ref"].randomElement(using: &generator) ?? ""
            return Attribute(key, value(depth: 0))
        }
    }

    mutating func value(depth: Int) -> AttributeValue {
        switch number(depth < 3 ? 12 : 8) {
        case 0: .empty
        case 1: .bool(chance(2))
        case 2: .int(Int64(bitPattern: generator.spreadUInt64()))
        case 3: .int(Int64(number(50)))
        case 4: .double([0.5, -0.0, .infinity, 1e300, 3.25].randomElement(using: &generator) ?? 0)
        case 5: .bytes(generator.bytes(number(20)))
        case 6: .string("/api/users/\(number(100_000))")
        case 7: .string(text())
        case 8: .array((0..<number(4)).map { _ in value(depth: depth + 1) })
        case 9: .map((0..<number(4)).map { _ in Attribute("k\(number(3))", value(depth: depth + 1)) })
        default: .string(["", "us-\(number(200_000))", "order 00\(number(99))", "GET"].randomElement(using: &generator) ?? "")
        }
    }

    private mutating func text() -> String {
        let digits = String(generator.next(), radix: 16)
        return [
            digits, "\u{1}\u{2}", "ünïcode \(digits)",
            "6f9619ff-8b86-d011-b42d-\(String(repeating: "0", count: 12 - min(12, digits.count)))\(digits.prefix(12))",
            String(repeating: "x", count: number(300)), "0", "007", "12345678901234567890123",
        ].randomElement(using: &generator) ?? ""
    }
}
