/// A query that was parsed and checked.
public struct TraceQuery: Sendable {
    public enum Root: Sendable, Hashable {
        case search([PipelineStage])
        case metrics(MetricsExpression)
    }

    /// As it was written.
    public let text: String
    public let root: Root
    /// Of `with (…)`, in order.
    public let hints: [QueryHint]

    /// A query made of its parts, which are taken to be sound.
    public init(_ root: Root, hints: [QueryHint] = []) {
        self.root = root
        self.hints = hints
        text = QueryPrinter.text(root, hints)
    }

    init(text: String, root: Root, hints: [QueryHint]) {
        self.text = text
        self.root = root
        self.hints = hints
    }

    /// Whether it is to be asked for metrics; else it is a search.
    public var isMetrics: Bool {
        if case .metrics = root { return true }
        return false
    }

    /// The query in its plain form: parsed again it gives the same query.
    public var printed: String { QueryPrinter.text(root, hints) }

    /// The first hint of a name that is a boolean.
    func flag(_ name: String) -> Bool? {
        for hint in hints where hint.name == name {
            if case .bool(let value) = hint.value { return value }
        }
        return nil
    }

    /// The first hint of a name that is an int.
    func int(_ name: String) -> Int? {
        for hint in hints where hint.name == name {
            if case .int(let value) = hint.value { return Int(value) }
        }
        return nil
    }
}
