internal import TelemetryModel

extension SpanBatch {
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
