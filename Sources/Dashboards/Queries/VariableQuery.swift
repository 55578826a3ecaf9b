/// The little language in which variables ask: `label_values(up, job)`, `query_result(…)`, `metrics(…)`, a selector.
enum VariableQuery {
    /// nil where the data source has no such queries, or the text is empty.
    static func ask(_ node: JSONNode, of kind: DataSourceKind) -> (ask: DashboardQuery.Ask, text: String)? {
        switch kind {
        case .prometheus: prometheus(VariableDefinition.trimmed(node.string ?? node["query"]?.string ?? node["expr"]?.string ?? ""))
        case .loki: loki(node)
        case .tempo: tempo(node)
        case .jaeger: jaeger(VariableDefinition.trimmed(node.string ?? node["query"]?.string ?? ""))
        default: nil
        }
    }

    private static func prometheus(_ text: String) -> (DashboardQuery.Ask, String)? {
        if text.isEmpty { return nil }
        if let arguments = call("label_names", text) { return (.labelNames(selector: arguments.isEmpty ? nil : arguments), text) }
        if let arguments = call("label_values", text) {
            let parted = lastArgument(arguments)
            return (.labelValues(label: parted.last, selector: parted.rest), text)
        }
        if let arguments = call("metrics", text) { return (.metricNames(pattern: arguments), text) }
        if let arguments = call("query_result", text) { return (.queryResult(arguments), text) }
        return (.queryResult(text), text)
    }

    private static func loki(_ node: JSONNode) -> (DashboardQuery.Ask, String)? {
        if node.isObject, node["expr"] == nil, node["query"] == nil {
            if node["type"]?.int == 0 { return (.logLabelNames, "label names") }
            guard let label = node["label"]?.string, !label.isEmpty else { return nil }
            let stream = node["stream"]?.string.flatMap { $0.isEmpty ? nil : $0 }
            return (.logLabelValues(label: label, selector: stream), "label_values(\(stream.map { $0 + ", " } ?? "")\(label))")
        }
        let text = VariableDefinition.trimmed(node.string ?? node["query"]?.string ?? node["expr"]?.string ?? "")
        if text.isEmpty { return nil }
        if call("label_names", text) != nil { return (.logLabelNames, text) }
        if let arguments = call("label_values", text) {
            let parted = lastArgument(arguments)
            return (.logLabelValues(label: parted.last, selector: parted.rest), text)
        }
        return (.logQL(text, .instant, lines: 1), text)
    }

    private static func tempo(_ node: JSONNode) -> (DashboardQuery.Ask, String)? {
        if node.isObject {
            if node["type"]?.int == 0 { return (.traceTagNames, "tag names") }
            guard let label = node["label"]?.string, !label.isEmpty else { return nil }
            return (.traceTagValues(tag: label), "values of \(label)")
        }
        let text = VariableDefinition.trimmed(node.string ?? "")
        if text.isEmpty { return nil }
        if call("label_names", text) != nil { return (.traceTagNames, text) }
        return call("label_values", text).map { (.traceTagValues(tag: $0), text) }
    }

    private static func jaeger(_ text: String) -> (DashboardQuery.Ask, String)? {
        if text == "services()" || text == "services" { return (.jaegerServices, text) }
        return call("operations", text).map { (.jaegerOperations(service: $0), text) }
    }

    /// What stands in the brackets of a call that is the whole text.
    private static func call(_ name: String, _ text: String) -> String? {
        guard text.hasPrefix(name), text.hasSuffix(")") else { return nil }
        let rest = VariableDefinition.trimmed(text.dropFirst(name.count))
        guard rest.hasPrefix("(") else { return nil }
        return VariableDefinition.trimmed(rest.dropFirst().dropLast())
    }

    /// What stands behind the last comma that is in no braces or quotes, and what stands in front of it.
    private static func lastArgument(_ text: String) -> (rest: String?, last: String) {
        guard let comma = text.lastIndex(of: ","), !text[comma...].contains(where: { "}\")".contains($0) }) else { return (nil, text) }
        return (VariableDefinition.trimmed(text[..<comma]), VariableDefinition.trimmed(text[text.index(after: comma)...]))
    }
}
