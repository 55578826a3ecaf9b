internal import PromQL

/// Queries as the servers' own parsers read them, variables standing for what the dashboard has saved.
enum QueryCheck {
    /// The queries with their places.
    static func run(_ dashboard: Dashboard, _ findings: inout Findings) -> [DashboardQuery] {
        var values = VariableValues()
        for variable in dashboard.variables { values[variable.name] = variable.offlineChoice }
        let window = QueryWindow(start: 0, end: 3_600_000)
        return dashboard.queries.map { query in
            let (subject, step) = dashboard.context(of: query, in: window)
            let ask = query.ask(with: values, in: window, step: step)
            let name = query.reference.isEmpty ? "" : "query \(query.reference): "
            if let fault = QuerySyntax.fault(ask) { findings.error(name + fault, at: query.offset, in: subject) }
            if case .promQL(let text, _) = query.ask, hasRateOverStep(text) {
                findings.note(
                    name + "a rate over $__interval is empty where the step is shorter than two scrapes; $__rate_interval is not",
                    at: query.offset, in: subject)
            }
            var query = query
            (query.line, query.column) = findings.place(query.offset)
            return query
        }
    }

    private static func hasRateOverStep(_ text: String) -> Bool {
        guard text.contains("[$__interval]") || text.contains("[${__interval}]") else { return false }
        return ["rate(", "increase("].contains { text.contains($0) }
    }
}

extension Dashboard {
    /// How whoever asks a query is called, and the step of its panel in milliseconds.
    public func context(of query: DashboardQuery, in window: QueryWindow) -> (subject: String, step: Int64) {
        switch query.origin {
        case .panel(let index): (panels[index].subject, step(of: panels[index], in: window))
        case .variable(let index): (variables[index].subject, window.step(minInterval: nil, maxDataPoints: nil))
        case .annotation(let index): (annotations[index].subject, window.step(minInterval: nil, maxDataPoints: nil))
        }
    }
}
