public import LabelMatching

/// A parsed query.
public struct LogQuery: Sendable, Hashable {
    public enum Root: Sendable, Hashable {
        /// Asks for log lines.
        case logs(LogSelector)
        /// Asks for numbers.
        case metric(MetricExpression)
    }

    /// As it was written.
    public var text: String
    public var root: Root

    public init(text: String, root: Root) {
        self.text = text
        self.root = root
    }
}

/// Streams, and what is done with their lines: `{app="shop"} |= "error" | json`.
public struct LogSelector: Sendable, Hashable {
    public var matchers: [LabelMatcher]
    /// In the order in which they were written.
    public var stages: [PipelineStage]

    public init(matchers: [LabelMatcher], stages: [PipelineStage] = []) {
        self.matchers = matchers
        self.stages = stages
    }
}
