/// What the queries of panels and annotations ask, by data source.
enum TargetQuery {
    /// The most lines that Grafana asks for where nothing is said.
    private static let linesDefault = 1000
    private static let tracesDefault = 20

    /// nil where there is nothing to ask: an empty query, or one that cannot be asked of these APIs.
    static func ask(_ node: JSONNode, of kind: DataSourceKind) -> (ask: DashboardQuery.Ask, text: String, offset: Int)? {
        switch kind {
        case .prometheus:
            guard let expression = node["expr"] ?? node["query"], let text = expression.string, !isBlank(text) else { return nil }
            return (.promQL(text, form(node)), text, expression.offset)
        case .loki:
            guard let expression = node["expr"] ?? node["query"], let text = expression.string, !isBlank(text) else { return nil }
            let lines = node["maxLines"]?.int ?? linesDefault
            return (.logQL(text, form(node), lines: lines > 0 ? lines : linesDefault), text, expression.offset)
        case .tempo: return tempo(node)
        case .jaeger: return jaeger(node)
        case .alertmanager:
            let filters = node["filters"]?.string ?? ""
            let parts = filters.split(separator: ",").map { VariableDefinition.trimmed($0) }.filter { !$0.isEmpty }
            return (.alerts(filters: parts), filters, node.offset)
        default: return nil
        }
    }

    private static func form(_ node: JSONNode) -> DashboardQuery.Form {
        if let type = node["queryType"]?.string, type == "instant" || type == "range" { return type == "instant" ? .instant : .range }
        if node["instant"]?.bool == true && node["range"]?.bool != true { return .instant }
        return .range
    }

    private static func isBlank(_ text: String) -> Bool { text.allSatisfy(\.isWhitespace) }

    private static func tempo(_ node: JSONNode) -> (DashboardQuery.Ask, String, Int)? {
        let limit = node["limit"]?.int ?? tracesDefault
        let form: DashboardQuery.Form = node["metricsQueryType"]?.string == "instant" ? .instant : .range
        switch node["queryType"]?.string ?? "traceql" {
        case "serviceMap": return (.serviceMap, "service map", node.offset)
        case "traceqlSearch":
            let text = traceQL(node["filters"]?.elements ?? [])
            return (.traceQL(text, form, limit: limit), text, node["filters"]?.offset ?? node.offset)
        case "traceId", "traceID":
            guard let query = node["query"], let id = query.string, !isBlank(id) else { return nil }
            return (.trace(id: id), id, query.offset)
        default:
            guard let query = node["query"], let text = query.string, !isBlank(text) else { return nil }
            let isTraceID = text.allSatisfy { $0.isASCII && $0.isHexDigit }
            return (isTraceID ? .trace(id: text) : .traceQL(text, form, limit: limit), text, query.offset)
        }
    }

    /// The filters of the search form, as TraceQL.
    private static func traceQL(_ filters: [JSONNode]) -> String {
        var conditions: [String] = []
        for filter in filters {
            guard let tag = filter["tag"]?.string, !tag.isEmpty, let value = filter["value"] else { continue }
            let values = value.string.map { [$0] } ?? value.elements.compactMap(\.string)
            if values.isEmpty || values == [""] { continue }
            let prefix: String
            switch filter["scope"]?.string {
            case "intrinsic": prefix = ""
            case "span", "resource", "event", "instrumentation", "link": prefix = (filter["scope"]?.string ?? "") + "."
            default: prefix = tag == "name" || tag == "status" || tag == "duration" || tag == "kind" ? "" : "."
            }
            let sign = values.count > 1 ? "=~" : filter["operator"]?.string ?? "="
            let isText = filter["valueType"]?.string.map { $0 == "string" } ?? true
            let text = values.joined(separator: "|")
            conditions.append(prefix + tag + sign + (isText || values.count > 1 ? "\"\(text)\"" : text))
        }
        return "{" + conditions.joined(separator: " && ") + "}"
    }

    private static func jaeger(_ node: JSONNode) -> (DashboardQuery.Ask, String, Int)? {
        switch node["queryType"]?.string {
        case "dependencyGraph": return (.jaegerDependencies, "dependency graph", node.offset)
        case "search":
            guard let service = node["service"]?.string, !service.isEmpty else { return nil }
            let operation = node["operation"]?.string ?? ""
            let tags = node["tags"]?.string ?? ""
            let text = [service, operation, tags].filter { !$0.isEmpty }.joined(separator: " ")
            return (
                .jaegerSearch(service: service, operation: operation, tags: tags, limit: node["limit"]?.int ?? tracesDefault), text,
                node.offset
            )
        case "upload": return nil
        default:
            guard let query = node["query"], let id = query.string, !isBlank(id) else { return nil }
            return (.trace(id: id), id, query.offset)
        }
    }
}
