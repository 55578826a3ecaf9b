/// Spans, of one trace or of many, with the resources and scopes that they refer to. Everything that an OTLP message says is in here.
public struct SpanBatch: Sendable, Hashable {
    public var resources: [ResourceRecord] = []
    public var scopes: [ScopeRecord] = []
    public var spans: [SpanRecord] = []

    public init() {}
}

/// Who sent spans (`opentelemetry.proto.resource.v1.Resource`), and the schema its names follow.
public struct ResourceRecord: Sendable, Hashable {
    public var attributes: [Attribute] = []
    public var droppedAttributesCount: UInt32 = 0
    public var schemaURL = ""
    /// What the resource is made of, by names of its attributes.
    public var entities: [EntityReference] = []

    public init() {}

    /// `service.name` where it is a string.
    public var serviceName: String? {
        if case .string(let name)? = attributes[key: "service.name"] { return name }
        return nil
    }
}

/// An entity that a resource tells of (`opentelemetry.proto.common.v1.EntityRef`): a type, and which attributes of the resource say which one it is.
public struct EntityReference: Sendable, Hashable {
    public var schemaURL = ""
    /// `service`, `host`.
    public var type = ""
    /// Names of the attributes that tell it from others of its type.
    public var idKeys: [String] = []
    /// Names of attributes that only describe it.
    public var descriptionKeys: [String] = []

    public init() {}
}

/// Which library made spans (`opentelemetry.proto.common.v1.InstrumentationScope`), and the schema its names follow.
public struct ScopeRecord: Sendable, Hashable {
    public var name = ""
    public var version = ""
    public var attributes: [Attribute] = []
    public var droppedAttributesCount: UInt32 = 0
    public var schemaURL = ""

    public init() {}
}

/// The role of a span (`Span.SpanKind`); unknown numbers are kept.
public struct SpanKind: RawRepresentable, Sendable, Hashable {
    public var rawValue: Int32
    @inlinable public init(rawValue: Int32) { self.rawValue = rawValue }

    public static let unspecified = SpanKind(rawValue: 0)
    public static let `internal` = SpanKind(rawValue: 1)
    public static let server = SpanKind(rawValue: 2)
    public static let client = SpanKind(rawValue: 3)
    public static let producer = SpanKind(rawValue: 4)
    public static let consumer = SpanKind(rawValue: 5)
}

/// How the work of a span ended (`Status.StatusCode`); unknown numbers are kept.
public struct SpanStatusCode: RawRepresentable, Sendable, Hashable {
    public var rawValue: Int32
    @inlinable public init(rawValue: Int32) { self.rawValue = rawValue }

    public static let unset = SpanStatusCode(rawValue: 0)
    public static let ok = SpanStatusCode(rawValue: 1)
    public static let error = SpanStatusCode(rawValue: 2)
}

/// One span (`opentelemetry.proto.trace.v1.Span`).
public struct SpanRecord: Sendable, Hashable {
    public var traceID: TraceID
    public var spanID: SpanID
    /// ``SpanID/none`` for the root of a trace.
    public var parentSpanID = SpanID.none
    /// The `tracestate` header (W3C Trace Context, section 3.3), as it came.
    public var traceState = ""
    /// Trace flags in the low 8 bits, whether the parent is remote in bits 8 and 9.
    public var flags: UInt32 = 0
    public var name = ""
    public var kind = SpanKind.unspecified
    public var start: UnixNanoseconds = 0
    /// May lie before ``start`` where a sender's clock went back.
    public var end: UnixNanoseconds = 0
    public var attributes: [Attribute] = []
    public var droppedAttributesCount: UInt32 = 0
    public var events: [SpanEvent] = []
    public var droppedEventsCount: UInt32 = 0
    public var links: [SpanLink] = []
    public var droppedLinksCount: UInt32 = 0
    public var statusCode = SpanStatusCode.unset
    public var statusMessage = ""
    /// Place of the span's resource in ``SpanBatch/resources``.
    public var resource = 0
    /// Place of the span's scope in ``SpanBatch/scopes``.
    public var scope = 0

    public init(traceID: TraceID, spanID: SpanID) {
        self.traceID = traceID
        self.spanID = spanID
    }

    /// Nanoseconds that the span took; 0 where it ends before it starts.
    public var duration: UInt64 { end > start ? end - start : 0 }
}

/// Something that happened while a span lasted (`Span.Event`).
public struct SpanEvent: Sendable, Hashable {
    public var time: UnixNanoseconds
    public var name: String
    public var attributes: [Attribute] = []
    public var droppedAttributesCount: UInt32 = 0

    public init(time: UnixNanoseconds, name: String) {
        self.time = time
        self.name = name
    }
}

/// A span of this or another trace that a span has to do with (`Span.Link`).
public struct SpanLink: Sendable, Hashable {
    public var traceID: TraceID
    public var spanID: SpanID
    public var traceState = ""
    public var flags: UInt32 = 0
    public var attributes: [Attribute] = []
    public var droppedAttributesCount: UInt32 = 0

    public init(traceID: TraceID, spanID: SpanID) {
        self.traceID = traceID
        self.spanID = spanID
    }
}
