internal import OTLPFormat
internal import TelemetryModel

@testable internal import SpanMetrics

/// Builds messages of spans with few words.
struct SpanMaker {
    /// The time that tests begin at, in milliseconds.
    static let epoch: Timestamp = 1_800_000_000_000

    private(set) var batch = SpanBatch()

    /// Adds the resource that following spans belong to.
    mutating func resource(_ service: String?, _ attributes: [Attribute] = []) {
        var resource = ResourceRecord()
        if let service { resource.attributes.append(Attribute("service.name", .string(service))) }
        resource.attributes += attributes
        batch.resources.append(resource)
        if batch.scopes.isEmpty { batch.scopes.append(ScopeRecord()) }
    }

    /// Adds a span that ends at the epoch plus `end` milliseconds.
    mutating func span(
        _ name: String = "work", _ kind: SpanKind = .internal, trace: UInt64 = 1, id: UInt64 = 1, parent: UInt64 = 0, ms: Double = 10,
        end: Double = 0, status: SpanStatusCode = .unset, message: String = "", _ attributes: [Attribute] = []
    ) {
        var span = SpanRecord(traceID: TraceID(high: 0xabc, low: trace), spanID: SpanID(id))
        span.parentSpanID = SpanID(parent)
        span.name = name
        span.kind = kind
        span.end = UInt64(SpanMaker.epoch * 1_000_000 + Int64(end * 1e6))
        span.start = span.end - UInt64(ms * 1e6)
        span.statusCode = status
        span.statusMessage = message
        span.attributes = attributes
        span.resource = batch.resources.count - 1
        batch.spans.append(span)
    }

    mutating func add(_ span: SpanRecord) {
        var span = span
        span.resource = batch.resources.count - 1
        batch.spans.append(span)
    }

    static func message(_ build: (inout SpanMaker) -> Void) -> [UInt8] {
        var maker = SpanMaker()
        build(&maker)
        return maker.batch.otlp
    }
}

extension Attribute {
    static func text(_ key: String, _ value: String) -> Attribute { Attribute(key, .string(value)) }
}
