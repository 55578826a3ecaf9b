/// A query that was parsed and checked.
public struct TraceQuery: Sendable {
    /// As it was written.
    public let text: String
    /// Whether it is to be asked for metrics; else it is a search.
    public let isMetrics: Bool
}
