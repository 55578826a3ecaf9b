internal import TelemetryModel

/// How durations are counted.
public enum HistogramMode: Sendable, Hashable, CaseIterable {
    case classic, native, both

    var hasClassic: Bool { self != .native }
    var hasNative: Bool { self != .classic }
}

/// What holds for all metrics that are made of spans.
public struct MetricGenerationOptions: Sendable, Hashable {
    /// Time between two writings of the metrics.
    public var intervalMilliseconds: Int64 = 15_000
    /// Series that no span belonged to for so long end.
    public var staleMilliseconds: Int64 = 15 * 60_000
    /// Spans that ended longer ago than this, or end further in the future, are left out.
    public var slackMilliseconds: Int64 = 30_000
    /// Series that may be active at a time; what would be new beyond is counted in series with the label `metric_overflow="true"`.
    public var activeSeriesMax = 100_000
    public var histograms = HistogramMode.both
    /// The schema of native histograms: 3 means 8 buckets for each power of two, so that each is 9 % wider than the one before.
    public var nativeSchema: Int32 = 3
    /// The label that exemplars carry the trace id in.
    public var traceIDLabel = "traceID"

    public init() {}
}

/// Counters and durations of spans by service and operation.
public struct SpanMetricsOptions: Sendable, Hashable {
    /// A label made of several attributes.
    public struct DimensionMapping: Sendable, Hashable {
        public var name: String
        public var sourceLabels: [String]
        public var join: String

        public init(name: String, sourceLabels: [String], join: String = "") {
            self.name = name
            self.sourceLabels = sourceLabels
            self.join = join
        }
    }

    public var isEnabled = true
    /// Upper bounds of classic buckets in seconds: 2 ms to 16.384 s.
    public var bounds: [Double] = (0..<14).map { 0.002 * Double(1 << $0) }
    // Which labels there are beside the dimensions.
    public var hasService = true
    public var hasSpanName = true
    public var hasSpanKind = true
    public var hasStatusCode = true
    public var hasStatusMessage = false
    /// Attributes of resource or span that become labels.
    public var dimensions: [String] = []
    public var dimensionMappings: [DimensionMapping] = []
    /// Whether there is `traces_target_info`, and labels `job` and `instance` to join it by.
    public var hasTargetInfo = false
    public var hasInstanceLabel = true
    /// Attributes of the resource that `traces_target_info` leaves out.
    public var targetInfoExcluded: [String] = []
    public var multiplier = SpanMultiplier()
    public var filters: [SpanFilterPolicy] = []

    public init() {}
}

/// Requests between services.
public struct ServiceGraphOptions: Sendable, Hashable {
    public var isEnabled = true
    /// Upper bounds of classic buckets in seconds: 0.1 s to 12.8 s.
    public var bounds: [Double] = (0..<8).map { 0.1 * Double(1 << $0) }
    /// How long one side of a request waits for the other.
    public var waitMilliseconds: Int64 = 10_000
    /// How many requests may wait.
    public var waitingMax = 100_000
    /// Attributes of resource or span that become labels.
    public var dimensions: [String] = []
    /// Whether each dimension becomes two labels, `client_…` and `server_…`.
    public var prefixesDimensions = false
    /// Whether the time between the end of sending and the start of receiving a message is counted too.
    public var hasMessagingLatency = false
    /// Whether a label `virtual_node` says which side sent no spans.
    public var hasVirtualNodeLabel = false
    /// Whether a root span of a server counts as a request of a client called `user`.
    public var hasUserNode = true
    /// Attributes that name what a client called, where that sends no spans; the first that is there counts.
    public var peerAttributes = ["peer.service", "db.name", "db.system", "db.system.name"]
    /// Attributes that say that a span is a request to a database; the first that is there names it.
    public var databaseNameAttributes = ["db.namespace", "db.name", "db.system", "db.system.name"]
    public var multiplier = SpanMultiplier()
    public var filters: [SpanFilterPolicy] = []

    public init() {}
}

/// How many spans a span stands for, where others like it were sampled out.
public struct SpanMultiplier: Sendable, Hashable {
    /// An attribute with the probability that the span was kept: it counts as often as one over that.
    public var attribute: String?
    /// Whether the threshold in the trace state counts (`ot=th:…`, OpenTelemetry's consistent probability sampling); it goes first.
    public var usesTraceState = false

    public init() {}

    var isUsed: Bool { attribute != nil || usesTraceState }
}

/// How attributes are called as labels.
public enum DimensionLabel {
    /// Labels with a meaning of their own, which a dimension of the same name steps aside of.
    static let reserved: Set<String> = [
        "service", "span_name", "span_kind", "status_code", "status_message", LabelName.metricName, LabelName.bucketBound,
    ]
    /// The same for `traces_target_info`.
    static let reservedInTargetInfo = reserved.union(["job", "instance"])

    /// The label of an attribute: every character that labels cannot have becomes an underscore.
    public static func sanitized(_ attribute: String) -> String {
        var label = ""
        for (index, character) in attribute.unicodeScalars.enumerated() {
            switch character {
            case "a"..."z", "A"..."Z", "_": label.unicodeScalars.append(character)
            case "0"..."9" where index > 0: label.unicodeScalars.append(character)
            default: label += "_"
            }
        }
        return label
    }

    /// The same, with two underscores before a label that has a meaning of its own.
    public static func distinct(_ attribute: String) -> String { distinct(attribute, reserved) }

    static func distinct(_ attribute: String, _ reserved: Set<String>) -> String {
        let label = sanitized(attribute)
        return reserved.contains(label) ? "__" + label : label
    }
}
