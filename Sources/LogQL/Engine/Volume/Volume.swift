public import LabelMatching
public import TelemetryModel

/// How much there is of some streams.
public struct IndexStatistics: Sendable, Hashable {
    public var streams = 0
    /// Tables with entries of the streams.
    public var chunks = 0
    /// Of lines.
    public var bytes = 0
    public var entries = 0

    public init() {}
}

/// Which volumes are wanted.
public struct VolumeOptions: Sendable {
    public enum Aggregation: Sendable, Hashable {
        /// By the values of the labels together.
        case series
        /// By the name of each label.
        case labels
    }

    public var matchers: [LabelMatcher]
    /// Nanoseconds since 1970; `end` is exclusive.
    public var start: Int64
    public var end: Int64
    /// So many volumes at most.
    public var limit: Int
    /// The labels that count; empty for those that the matchers name.
    public var targetLabels: [String]
    public var aggregation: Aggregation

    public init(
        matchers: [LabelMatcher], start: Int64, end: Int64, limit: Int = 100, targetLabels: [String] = [],
        aggregation: Aggregation = .series
    ) {
        self.matchers = matchers
        self.start = start
        self.end = end
        self.limit = limit
        self.targetLabels = targetLabels
        self.aggregation = aggregation
    }
}

/// Bytes of lines.
public struct Volume: Sendable {
    /// With ``VolumeOptions/Aggregation/labels`` one label without value.
    public var labels: LabelSet
    public var bytes: Int
    /// By steps, at their starts; empty where nobody asked for steps.
    public var samples = SampleColumns()
}
