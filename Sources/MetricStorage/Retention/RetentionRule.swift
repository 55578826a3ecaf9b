public import LabelMatching

/// How long the samples of some series are kept.
public struct RetentionRule: Sendable, Hashable {
    /// The series that it speaks of.
    public var selector: LabelSelector
    /// Age in milliseconds at which their samples go; nil keeps them for ever.
    public var keep: Int64?

    public init(_ selector: LabelSelector, keep: Int64?) {
        self.selector = selector
        self.keep = keep
    }
}
