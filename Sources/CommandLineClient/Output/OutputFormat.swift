/// How an answer is written.
public enum OutputFormat: String, Sendable, CaseIterable {
    case table, json, csv, graph
}
