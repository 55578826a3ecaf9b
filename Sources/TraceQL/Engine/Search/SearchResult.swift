public import TelemetryModel

/// What a search asks for beside its query.
public struct SearchOptions: Sendable, Hashable {
    /// Traces are found that overlap this range, whole.
    public var range = NanosecondRange.all
    /// The most traces that are answered.
    public var tracesMax = 20
    /// The most spans that are told of each span set; ``SpanSetResult/matched`` counts all.
    public var spansPerSpanSet = 3
    /// Whether the newest traces are wanted, not any. A query says the same by `with (most_recent=true)`.
    public var mostRecent = false

    public init() {}
}

/// The answer to a search: traces with the spans that were found in them, the newest first.
public struct SearchResult: Sendable, Hashable {
    public var traces: [TraceSummary] = []
    public var statistics = TraceQueryStatistics()

    public init() {}
}

/// What an answer took.
public struct TraceQueryStatistics: Sendable, Hashable {
    /// Traces that were looked at span by span.
    public var inspectedTraces = 0
    public var inspectedSpans = 0
    /// Stored bytes of the tables that were looked at.
    public var inspectedBytes = 0
    /// Tables that the source named, and those of them that were looked at.
    public var tableCount = 0
    public var inspectedTables = 0
    /// Stored bytes of all tables.
    public var tableBytes = 0

    public init() {}

    mutating func add(_ other: TraceQueryStatistics) {
        inspectedTraces += other.inspectedTraces
        inspectedSpans += other.inspectedSpans
        inspectedBytes += other.inspectedBytes
        tableCount += other.tableCount
        inspectedTables += other.inspectedTables
        tableBytes += other.tableBytes
    }
}

/// A trace in the answer to a search.
public struct TraceSummary: Sendable, Hashable {
    public var traceID: TraceID
    /// Service of the root span; a text that says so where the root has not come yet.
    public var rootServiceName: String
    /// Name of the root span, likewise.
    public var rootTraceName: String
    /// Of the whole trace: the earliest start of its spans.
    public var start: UnixNanoseconds
    /// Of the whole trace: nanoseconds from its start to the latest end of its spans.
    public var duration: UInt64
    /// What matched; more than one where the query groups.
    public var spanSets: [SpanSetResult]
    /// Spans of the whole trace by service, sorted by name.
    public var serviceStatistics: [ServiceStatistics]

    public var durationMilliseconds: UInt64 { duration / 1_000_000 }

    public init(
        traceID: TraceID, rootServiceName: String, rootTraceName: String, start: UnixNanoseconds, duration: UInt64,
        spanSets: [SpanSetResult] = [], serviceStatistics: [ServiceStatistics] = []
    ) {
        self.traceID = traceID
        self.rootServiceName = rootServiceName
        self.rootTraceName = rootTraceName
        self.start = start
        self.duration = duration
        self.spanSets = spanSets
        self.serviceStatistics = serviceStatistics
    }

    /// What stands for the service and the name of a root span that is not there.
    public static let missingRoot = "<root span not yet received>"
}

/// How many spans a service has in a trace.
public struct ServiceStatistics: Sendable, Hashable {
    public var service: String
    public var spanCount: Int
    /// Those of status `error`.
    public var errorCount: Int

    public init(service: String, spanCount: Int, errorCount: Int) {
        self.service = service
        self.spanCount = spanCount
        self.errorCount = errorCount
    }
}

/// Spans of one trace that a query found together.
public struct SpanSetResult: Sendable, Hashable {
    /// What the query computed of them, such as `by(name)` and `count()`, in the order of its stages.
    public var attributes: [Attribute]
    /// Spans found, of which no more than asked for are in ``spans``.
    public var matched: Int
    public var spans: [SpanResult]

    public init(attributes: [Attribute] = [], matched: Int, spans: [SpanResult] = []) {
        self.attributes = attributes
        self.matched = matched
        self.spans = spans
    }
}

/// A span in the answer to a search.
public struct SpanResult: Sendable, Hashable {
    public var spanID: SpanID
    /// Empty where the query does not ask for names.
    public var name: String
    public var start: UnixNanoseconds
    /// Nanoseconds.
    public var duration: UInt64
    /// Values of what the query names in its conditions and in `select()`, under their names without a scope.
    public var attributes: [Attribute]

    public init(spanID: SpanID, name: String = "", start: UnixNanoseconds, duration: UInt64, attributes: [Attribute] = []) {
        self.spanID = spanID
        self.name = name
        self.start = start
        self.duration = duration
        self.attributes = attributes
    }
}
