internal import TelemetryModel

/// Spans in columns, in the order they came. Everything that an OTLP message says is in here; texts stand once.
///
/// This is the form in which spans are held in memory, from which blocks are encoded, and into which they are decoded.
struct SpanColumns: Sendable {
    var texts = TextTable()
    /// Each a resource: the length of the OTLP `Resource` (LEB128), the `Resource`, its schema URL.
    var resources = TextTable()
    /// Each an instrumentation scope, likewise.
    var scopes = TextTable()
    var traces = TraceNumbers()

    // One element for each span.
    var traceOf: [UInt32] = []
    var spanIDs: [UInt64] = []
    var parentIDs: [UInt64] = []
    var starts: [UInt64] = []
    var ends: [UInt64] = []
    var resourceOf: [UInt32] = []
    /// Where the events of each span begin in ``events``, and the links in ``links``.
    var eventStarts: [UInt32] = []
    var linkStarts: [UInt32] = []
    var spans = AttributedRows(fields: SpanKindField.count)

    /// The events of all spans, each span's in a row.
    var events = AttributedRows(fields: EventKindField.count)
    var eventTimes: [UInt64] = []

    var links = AttributedRows(fields: LinkKindField.count)
    var linkTraceIDs: [TraceID] = []
    var linkSpanIDs: [UInt64] = []

    init() {}

    var count: Int { spanIDs.count }

    @inline(__always)
    func eventRange(_ span: Int) -> Range<Int> {
        let start = Int(eventStarts[span])
        return start..<start + Int(spans.field(SpanKindField.events, span))
    }

    @inline(__always)
    func linkRange(_ span: Int) -> Range<Int> {
        let start = Int(linkStarts[span])
        return start..<start + Int(spans.field(SpanKindField.links, span))
    }

    /// The identity of a span beside its trace: halves of one call that share an id, as Zipkin's do, are two spans.
    @inline(__always)
    func isSameSpan(_ a: Int, _ b: Int) -> Bool {
        spanIDs[a] == spanIDs[b] && spans.field(SpanKindField.role, a) == spans.field(SpanKindField.role, b)
    }

    /// Bytes of memory, about.
    var memoryBytes: Int {
        texts.memoryBytes + resources.memoryBytes + scopes.memoryBytes + traces.memoryBytes + spans.memoryBytes + events.memoryBytes
            + links.memoryBytes + spanIDs.capacity * 32 + traceOf.capacity * 16 + eventTimes.capacity * 8 + linkSpanIDs.capacity * 24
    }
}
