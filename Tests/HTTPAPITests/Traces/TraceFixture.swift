internal import TelemetryModel

/// Two traces: one of a shop, of three services, and one of a single span that says as little as a span may.
enum TraceFixture {
    /// Ten minutes before the clock of the test servers.
    static let base: UnixNanoseconds = 1_700_000_000_000_000_000 - 600_000_000_000
    static let shopID = TraceID(high: 0x0af7_6519_16cd_43dd, low: 0x8448_eb21_1c80_319c)
    static let bareID = TraceID(high: 0, low: 0xabc)

    /// Root `GET /` of frontend, its call of cart, and of payments, which fails; the last has an event and a link to the bare trace.
    static let shop: SpanBatch = {
        var batch = SpanBatch()
        for service in ["frontend", "cart", "payments"] {
            var resource = ResourceRecord()
            resource.attributes = [.init("service.name", .string(service)), .init("host.name", .string("h1"))]
            batch.resources.append(resource)
        }
        // The same process as the first, as another message brought it.
        batch.resources.append(batch.resources[0])
        var scope = ScopeRecord()
        scope.name = "lib"
        scope.version = "1.2"
        batch.scopes = [scope, ScopeRecord()]
        batch.spans = [
            span(shopID, 1, parent: 0, "GET /", .server, at: 0, for: 500_000_000) {
                $0.attributes = [
                    .init("http.status_code", .int(200)), .init("big", .int(9_007_199_254_740_993)), .init("ratio", .double(2.5)),
                    .init("cached", .bool(true)), .init("raw", .bytes([1, 2, 255])), .init("list", .array([.int(1), .string("a\"b")])),
                    .init("map", .map([.init("k", .empty)])),
                ]
                $0.statusCode = .ok
                $0.traceState = "v=1"
                $0.flags = 0x101
            },
            span(shopID, 2, parent: 1, "cart.get", .client, at: 10_000_000, for: 20_000_000) {
                $0.resource = 3
                $0.scope = 1
                $0.attributes = [.init("http.status_code", .string("200"))]
            },
            span(shopID, 3, parent: 2, "cart.get", .server, at: 11_000_000, for: 18_000_000) { $0.resource = 1 },
            span(shopID, 4, parent: 1, "charge", .server, at: 40_000_000, for: 300_000_000) {
                $0.resource = 2
                $0.statusCode = .error
                $0.statusMessage = "card declined"
                $0.attributes = [.init("error", .string("yes")), .init("span.kind", .string("other"))]
                var event = SpanEvent(time: base + 50_000_000, name: "exception")
                event.attributes = [.init("exception.type", .string("Declined"))]
                $0.events = [event]
                $0.links = [SpanLink(traceID: bareID, spanID: SpanID(0x10))]
            },
        ]
        return batch
    }()

    static let bare: SpanBatch = {
        var batch = SpanBatch()
        batch.resources = [ResourceRecord()]
        batch.scopes = [ScopeRecord()]
        // Ends before it starts, and its parent never came.
        batch.spans = [span(bareID, 0x10, parent: 0x99, "tick", .unspecified, at: 60_000_000_000, for: 0) { $0.end = base }]
        return batch
    }()

    static func span(
        _ trace: TraceID, _ id: UInt64, parent: UInt64, _ name: String, _ kind: SpanKind, at offset: UInt64, for duration: UInt64,
        _ change: (inout SpanRecord) -> Void = { _ in }
    ) -> SpanRecord {
        var span = SpanRecord(traceID: trace, spanID: SpanID(id))
        span.parentSpanID = SpanID(parent)
        span.name = name
        span.kind = kind
        span.start = base + offset
        span.end = span.start + duration
        change(&span)
        return span
    }
}
