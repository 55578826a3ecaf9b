/// Something about spans that a query may ask for by name. Ids, times and parents are in every table of spans and have no name here.
public enum SpanField: Sendable, Hashable {
    case name
    /// Of type `int`: ``SpanKind``.
    case kind
    /// Of type `int`: ``SpanStatusCode``.
    case statusCode
    case statusMessage
    case traceState
    /// An attribute of the span, or of what belongs to it.
    case attribute(AttributeOwner, String)
    /// Name of the instrumentation scope.
    case scopeName
    case scopeVersion
    /// Of each event.
    case eventName
    /// Of each event, of type `int`: nanoseconds between the span's start and the event, below 0 where the event came before.
    case eventTimeSinceStart
    /// Of each link: 32 hexadecimal digits.
    case linkTraceID
    /// Of each link: 16 hexadecimal digits.
    case linkSpanID
}

/// What an attribute belongs to.
public enum AttributeOwner: Sendable, Hashable, CaseIterable {
    case span, resource, scope, event, link
}

/// The values of one field of the spans of a table, in the order of its rows. Values stand once, so that a condition is tried on each
/// distinct value and not on each span.
public enum SpanColumn: Sendable {
    /// No span has the field.
    case absent
    /// At most one value each: places in `values`, -1 where a span has none.
    case single(codes: [Int32], values: [AttributeValue])
    /// Any number each, such as of events: row `r` has `codes[starts[r]..<starts[r + 1]]`; `starts` has one element more than there are rows.
    case multiple(starts: [Int32], codes: [Int32], values: [AttributeValue])
}
