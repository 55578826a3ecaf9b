public import TelemetryModel

/// How long the spans of some resources are kept.
public struct TraceRetentionRule: Sendable {
    /// Whether the rule speaks of the spans of a resource, by the resource's attributes. It has to say the same each time.
    public var covers: @Sendable (_ attributes: [Attribute]) -> Bool
    /// Age in nanoseconds, by their start, at which these spans go; nil keeps them for ever.
    public var keep: UnixNanoseconds?

    public init(keep: UnixNanoseconds?, covers: @escaping @Sendable (_ attributes: [Attribute]) -> Bool) {
        self.covers = covers
        self.keep = keep
    }
}
