public import TelemetryModel

/// What a walk over an `ExportTraceServiceRequest` found: where its spans lie in its bytes, and what is needed of each to sort it, to count
/// it, and to find it again. Offsets count from the start of the message.
public struct SpanScan: Sendable {
    /// The resources with spans that are taken, in the order of the message.
    public internal(set) var resources: [ScannedOrigin] = []
    /// Likewise the scopes.
    public internal(set) var scopes: [ScannedOrigin] = []
    /// The spans that are taken, in the order of the message.
    public internal(set) var spans: [ScannedSpan] = []
    /// The spans that are not, and why.
    public internal(set) var rejected = SpanRejections()

    init() {}
}

/// A resource or a scope of a message: who made the spans below it.
public struct ScannedOrigin: Sendable, Hashable {
    /// Where the `Resource` or `InstrumentationScope` lies, without tag and length; empty where it was not sent.
    public var body: Range<Int> = 0..<0
    /// Where the text of its schema URL lies.
    public var schemaURL: Range<Int> = 0..<0

    public init() {}
}

/// A span of a message.
public struct ScannedSpan: Sendable, Hashable {
    public var traceID: TraceID
    public var spanID: SpanID
    /// ``TelemetryModel/SpanID/none`` for a root.
    public var parentSpanID: SpanID
    public var start: UnixNanoseconds
    public var end: UnixNanoseconds
    /// Where the `Span` lies, without tag and length.
    public var body: Range<Int>
    /// Where the text of its name lies.
    public var name: Range<Int>
    public var kind: SpanKind
    public var statusCode: SpanStatusCode
    /// Place in ``SpanScan/resources``.
    public var resource: Int32
    /// Place in ``SpanScan/scopes``.
    public var scope: Int32
}

/// How many spans of a message were not taken, by reason.
public struct SpanRejections: Sendable, Hashable {
    /// Ids that are zero or of a wrong length, of the span itself or its parent.
    public var invalidIDs = 0
    /// More attributes, events or links than may be, in the span, its resource or its scope.
    public var tooMany = 0
    /// More bytes than a span may have.
    public var tooLarge = 0
    /// Values nested in values deeper than may be.
    public var tooDeep = 0

    public init() {}

    public var count: Int { invalidIDs + tooMany + tooLarge + tooDeep }

    /// What to tell the sender; empty where nothing was rejected.
    public var message: String {
        let parts: [(Int, String)] = [
            (invalidIDs, "with a trace id, span id or parent that is zero or of a wrong length"),
            (tooMany, "with more attributes, events or links than are taken"), (tooLarge, "larger than is taken"),
            (tooDeep, "with values nested deeper than is taken"),
        ]
        let said = parts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        return said.isEmpty ? "" : "spans rejected: " + said.joined(separator: ", ")
    }
}

/// What a scan lets pass.
public struct SpanScanLimits: Sendable, Hashable {
    /// Attributes that a span, event, link, resource or scope may have, each.
    public var attributesMax = 1024
    /// Events that a span may have, and links.
    public var eventsMax = 8192
    /// Bytes that a span may have.
    public var spanBytesMax = 4 << 20
    /// How deep arrays and maps may be nested in each other.
    public var depthMax = 32
    /// Spans that a message may have; more are refused with the whole message (``SpanScanError/tooManySpans``).
    public var spansMax = 262_144
    /// Whether spans are taken whose ids are no ids.
    var mayLackIDs = false

    public init() {}

    /// For messages that were scanned before and are read back.
    public static let none: SpanScanLimits = {
        var limits = SpanScanLimits()
        limits.attributesMax = .max
        limits.eventsMax = .max
        limits.spanBytesMax = .max
        limits.depthMax = 64
        limits.spansMax = .max
        return limits
    }()

    /// For messages that are read for what they say, whatever that is.
    static let reading: SpanScanLimits = {
        var limits = SpanScanLimits.none
        limits.depthMax = OTLPLimits.valueDepthMax - 1
        limits.mayLackIDs = true
        return limits
    }()
}
