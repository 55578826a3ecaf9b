internal import Testing

@testable internal import Dashboards

/// Dashboards that several tests need.
enum Samples {
    /// A dashboard without a fault and without a note, with places for more.
    static func dashboard(
        panels: String = panel(), variables: String = "", annotations: String = "", links: String = "", extra: String = ""
    ) -> String {
        """
        {
          "title": "Shop",
          "uid": "shop",
          "schemaVersion": 39,\(extra)
          "time": {"from": "now-1h", "to": "now"},
          "annotations": {"list": [\(annotations)]},
          "links": [\(links)],
          "templating": {"list": [
            {"type": "datasource", "name": "prometheus", "query": "prometheus"}\(variables.isEmpty ? "" : ", " + variables)
          ]},
          "panels": [\(panels)]
        }
        """
    }

    static func panel(
        id: Int = 1, title: String = "Requests", grid: String = #"{"x": 0, "y": 0, "w": 12, "h": 8}"#,
        source: String = #"{"type": "prometheus", "uid": "${prometheus}"}"#,
        targets: String = #"{"refId": "A", "expr": "sum(rate(http_requests_total[$__rate_interval]))"}"#, extra: String = ""
    ) -> String {
        """
        {"id": \(id), "type": "timeseries", "title": "\(title)", "description": "What it shows.", "gridPos": \(grid),
         "datasource": \(source), \(extra)"targets": [\(targets)]}
        """
    }

    static func check(_ text: String) -> DashboardCheck { DashboardCheck(text, file: "shop.json") }
    static func errors(_ text: String) -> [String] { check(text).findings.filter { $0.severity == .error }.map(\.message) }
    static func notes(_ text: String) -> [String] { check(text).findings.filter { $0.severity == .note }.map(\.message) }

    /// What the queries of a dashboard ask, variables having the values given.
    static func asks(_ text: String, _ values: [String: VariableValues.Chosen] = [:]) -> [DashboardQuery.Ask] {
        guard let dashboard = check(text).dashboard else { return [] }
        var chosen = VariableValues()
        for (name, value) in values { chosen[name] = value }
        let window = QueryWindow(start: 0, end: 900_000)
        return dashboard.queries.map { $0.ask(with: chosen, in: window, step: dashboard.context(of: $0, in: window).step) }
    }
}
