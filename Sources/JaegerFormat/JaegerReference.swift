internal import TelemetryModel

/// A `SpanRef`: what a span says of another.
struct JaegerReference {
    var isChildOf = true
    var traceID = TraceID(high: 0, low: 0)
    var spanID = SpanID.none

    /// The first span of the same trace that a span is a child of is its parent, where it names none itself; all others become links.
    static func apply(_ references: [JaegerReference], to span: inout SpanRecord) {
        if !span.parentSpanID.isValid {
            let parent = references.first { $0.isChildOf && $0.traceID == span.traceID }
            span.parentSpanID = parent?.spanID ?? .none
        }
        for reference in references where reference.traceID.isValid && reference.spanID.isValid {
            if reference.isChildOf && reference.traceID == span.traceID && reference.spanID == span.parentSpanID { continue }
            var link = SpanLink(traceID: reference.traceID, spanID: reference.spanID)
            link.attributes = [Attribute("opentracing.ref_type", .string(reference.isChildOf ? "child_of" : "follows_from"))]
            span.links.append(link)
        }
    }
}
