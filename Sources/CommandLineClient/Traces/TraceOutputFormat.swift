/// How answers about traces are written.
public enum TraceOutputFormat: String, Sendable, CaseIterable {
    case table, json
}

/// How a service graph is written.
public enum ServiceGraphFormat: String, Sendable, CaseIterable {
    case table, json
    /// For Graphviz.
    case dot
}
