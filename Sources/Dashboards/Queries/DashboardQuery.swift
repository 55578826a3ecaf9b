/// One question that a dashboard asks of a data source.
public struct DashboardQuery: Sendable {
    public enum Origin: Sendable, Hashable {
        /// The number of a panel in ``Dashboard/panels``.
        case panel(Int)
        /// The number of a variable in ``Dashboard/variables``.
        case variable(Int)
        /// The number of an annotation in ``Dashboard/annotations``.
        case annotation(Int)
    }

    /// Whether it is asked for one moment or for a range of time.
    public enum Form: Sendable, Hashable { case range, instant }

    /// What is asked, variables still standing in it.
    public enum Ask: Sendable, Hashable {
        case promQL(String, Form)
        case labelNames(selector: String?)
        case labelValues(label: String, selector: String?)
        /// Names of metrics that a regular expression finds.
        case metricNames(pattern: String)
        /// The elements of an instant query, as texts.
        case queryResult(String)
        case logQL(String, Form, lines: Int)
        case logLabelNames
        case logLabelValues(label: String, selector: String?)
        case traceQL(String, Form, limit: Int)
        case trace(id: String)
        case traceTagNames
        case traceTagValues(tag: String)
        /// The map of services, which Grafana makes of metrics.
        case serviceMap
        case jaegerSearch(service: String, operation: String, tags: String, limit: Int)
        case jaegerServices
        case jaegerOperations(service: String)
        case jaegerDependencies
        case alerts(filters: [String])
        /// The alerting rules, which a list of alerts shows.
        case alertRules
    }

    public var origin: Origin
    /// Of a panel, the letter of the query.
    public var reference: String
    public var ask: Ask
    /// Whether it is not shown, such as one that only an expression uses.
    public var isHidden: Bool
    /// As it stands in the file, variables and all.
    public var text: String
    /// Where it stands in the file, from 1.
    public var line = 0
    /// From 1, in bytes.
    public var column = 0
    let offset: Int

    /// Whose language it is in.
    public var kind: DataSourceKind {
        switch ask {
        case .promQL, .labelNames, .labelValues, .metricNames, .queryResult, .alertRules: .prometheus
        case .logQL, .logLabelNames, .logLabelValues: .loki
        case .traceQL, .trace, .traceTagNames, .traceTagValues, .serviceMap: .tempo
        case .jaegerSearch, .jaegerServices, .jaegerOperations, .jaegerDependencies: .jaeger
        case .alerts: .alertmanager
        }
    }

    /// What is asked once variables have values.
    ///
    /// - Parameter step: in milliseconds, of the panel.
    public func ask(with values: VariableValues, in window: QueryWindow, step: Int64) -> Ask {
        let builtIns = window.builtIns(step: step)
        func put(_ text: String) -> String { values.text(text, builtIns: builtIns, language: kind) }
        switch ask {
        case .promQL(let text, let form): return .promQL(put(text), form)
        case .labelNames(let selector): return .labelNames(selector: selector.map(put))
        case .labelValues(let label, let selector): return .labelValues(label: put(label), selector: selector.map(put))
        case .metricNames(let pattern): return .metricNames(pattern: put(pattern))
        case .queryResult(let text): return .queryResult(put(text))
        case .logQL(let text, let form, let lines): return .logQL(put(text), form, lines: lines)
        case .logLabelValues(let label, let selector): return .logLabelValues(label: put(label), selector: selector.map(put))
        case .traceQL(let text, let form, let limit): return .traceQL(put(text), form, limit: limit)
        case .trace(let id): return .trace(id: put(id))
        case .traceTagValues(let tag): return .traceTagValues(tag: put(tag))
        case .jaegerSearch(let service, let operation, let tags, let limit):
            return .jaegerSearch(service: put(service), operation: put(operation), tags: put(tags), limit: limit)
        case .jaegerOperations(let service): return .jaegerOperations(service: put(service))
        case .alerts(let filters): return .alerts(filters: filters.map(put))
        case .logLabelNames, .traceTagNames, .serviceMap, .jaegerServices, .jaegerDependencies, .alertRules: return ask
        }
    }
}

extension Dashboard {
    /// The step of a panel's queries, in milliseconds.
    public func step(of panel: DashboardPanel, in window: QueryWindow) -> Int64 {
        window.step(minInterval: panel.minInterval.flatMap(QueryWindow.milliseconds), maxDataPoints: panel.maxDataPoints)
    }
}

extension DashboardQuery.Ask {
    /// The question in words or in its language.
    public var text: String {
        switch self {
        case .promQL(let text, _), .queryResult(let text), .logQL(let text, _, _), .traceQL(let text, _, _): text
        case .labelNames(let selector): "label_names(\(selector ?? ""))"
        case .labelValues(let label, let selector), .logLabelValues(let label, let selector):
            "label_values(\(selector.map { $0 + ", " } ?? "")\(label))"
        case .metricNames(let pattern): "metrics(\(pattern))"
        case .logLabelNames: "label_names()"
        case .trace(let id): "trace \(id)"
        case .traceTagNames: "names of tags"
        case .traceTagValues(let tag): "values of \(tag)"
        case .serviceMap: "the map of services"
        case .jaegerSearch(let service, let operation, let tags, _):
            [service, operation, tags].filter { !$0.isEmpty }.joined(separator: " ")
        case .jaegerServices: "services"
        case .jaegerOperations(let service): "operations of \(service)"
        case .jaegerDependencies: "the graph of dependencies"
        case .alerts(let filters): "alerts " + filters.joined(separator: ", ")
        case .alertRules: "alerting rules"
        }
    }
}
