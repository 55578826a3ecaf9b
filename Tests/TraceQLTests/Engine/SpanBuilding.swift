internal import QueryModel
internal import TelemetryModel
internal import TraceQL

/// Short ways to write spans down, and to ask about them.
struct SpanBuilder {
    var batch = SpanBatch()
    private var resources: [String: Int] = [:]
    /// The time 0 of these spans: milliseconds.
    static let offset: UInt64 = 100

    init() { batch.scopes.append(ScopeRecord()) }

    /// A span; ids, starts and durations are small numbers, the latter in milliseconds.
    @discardableResult
    mutating func add(
        _ id: UInt64, parent: UInt64 = 0, trace: UInt64 = 1, _ name: String = "op", service: String = "shop", at: UInt64 = 1,
        lasts: UInt64 = 1,
        _ attributes: [Attribute] = [], status: SpanStatusCode = .unset, change: (inout SpanRecord) -> Void = { _ in }
    ) -> SpanRecord {
        var span = SpanRecord(traceID: TraceID(high: 0, low: trace), spanID: SpanID(id))
        span.parentSpanID = SpanID(parent)
        span.name = name
        span.start = (SpanBuilder.offset + at) * 1_000_000
        span.end = span.start + lasts * 1_000_000
        span.attributes = attributes
        span.statusCode = status
        if resources[service] == nil {
            resources[service] = batch.resources.count
            var resource = ResourceRecord()
            resource.attributes = [Attribute("service.name", .string(service))]
            batch.resources.append(resource)
        }
        span.resource = resources[service] ?? 0
        change(&span)
        batch.spans.append(span)
        return span
    }

    var source: ArraySpanSource { ArraySpanSource(all: [ArraySpanTable(batch)]) }

    /// The ids of the spans that a query finds, set by set.
    func find(_ text: String) throws -> [[UInt64]] {
        try search(text).traces.flatMap { $0.spanSets.map { $0.spans.map(\.spanID.bits) } }
    }

    func search(_ text: String, _ change: (inout SearchOptions) -> Void = { _ in }) throws -> SearchResult {
        var options = SearchOptions()
        options.spansPerSpanSet = 100
        change(&options)
        let engine = TraceQLEngine()
        return try engine.search(engine.parse(text), options, source: source, budget: QueryBudget())
    }

    /// Series over milliseconds 0 to 30 by steps of 10, as text: labels, times and values.
    func series(_ text: String, _ change: (inout MetricsOptions) -> Void = { _ in }) throws -> [String] {
        try metrics(text, change).series.map { series in
            let labels = series.labels.map { "\($0.key)=\(shown($0.value))" }.joined(separator: " ")
            return "\(labels): " + series.samples.map { "\($0.timestamp - Int64(SpanBuilder.offset))=\($0.value)" }.joined(separator: " ")
        }
    }

    func metrics(_ text: String, _ change: (inout MetricsOptions) -> Void = { _ in }) throws -> MetricsResult {
        var options = MetricsOptions(range: NanosecondRange(start: 110_000_000, end: 130_000_000))
        options.step = 10_000_000
        change(&options)
        let engine = TraceQLEngine()
        return try engine.metricsRange(engine.parse(text), options, source: source, budget: QueryBudget())
    }

    private func shown(_ value: AttributeValue) -> String {
        switch value {
        case .string(let text): text
        case .int(let number): "\(number)"
        case .double(let number): "\(number)"
        case .bool(let flag): "\(flag)"
        default: "other"
        }
    }
}
