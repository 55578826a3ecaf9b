internal import Dashboards

/// What was found of dashboards as one line of JSON, members sorted by name:
///
///     {"dashboards":[{"file":…,"findings":[{"column":…,"line":…,"message":…,"severity":"error|note","subject":…}],
///       "items":[{"id":…,"kind":"panel|variable|annotation","queries":[{"column":…,"count":…,"line":…,"message":…,"query":…,
///       "reference":…,"seconds":…,"state":"data|empty|nan|failed"}],"repeat":…,"state":"data|empty|empty_allowed|failed","title":…}],
///       "panels":…,"queries":…,"title":…,"uid":…}],"errors":…,"notes":…}
enum DashboardJSON {
    static func render(_ reports: [DashboardReport]) -> String {
        var json = JSONText()
        json.object { json in
            json.member("dashboards") { $0.array(reports) { report($1, &$0) } }
            json.member("errors") { $0.raw(String(reports.reduce(0) { $0 + $1.count(.error) })) }
            json.member("notes") { $0.raw(String(reports.reduce(0) { $0 + $1.count(.note) })) }
        }
        return json.text + "\n"
    }

    private static func report(_ report: DashboardReport, _ json: inout JSONText) {
        json.object { json in
            json.member("file") { $0.string(report.file) }
            json.member("findings") { $0.array(report.findings) { finding($1, &$0) } }
            json.member("items") { $0.array(report.items) { item($1, &$0) } }
            json.member("panels") { $0.raw(String(report.panelCount)) }
            json.member("queries") { $0.raw(String(report.queryCount)) }
            json.member("title") { optional(report.dashboard?.title, &$0) }
            json.member("uid") { optional(report.dashboard?.uid, &$0) }
        }
    }

    private static func finding(_ finding: DashboardFinding, _ json: inout JSONText) {
        json.object { json in
            json.member("column") { $0.raw(String(finding.column)) }
            json.member("line") { $0.raw(String(finding.line)) }
            json.member("message") { $0.string(finding.message) }
            json.member("severity") { $0.string(finding.severity.rawValue) }
            json.member("subject") { $0.string(finding.subject) }
        }
    }

    private static func item(_ item: DashboardItemReport, _ json: inout JSONText) {
        json.object { json in
            json.member("id") { $0.raw(item.id.map(String.init) ?? "null") }
            json.member("kind") { $0.string(item.kind.rawValue) }
            json.member("queries") { $0.array(item.outcomes) { outcome($1, &$0) } }
            json.member("repeat") { optional(item.repeated, &$0) }
            json.member("state") { $0.string(item.state.rawValue) }
            json.member("title") { $0.string(item.title) }
        }
    }

    private static func outcome(_ outcome: QueryOutcome, _ json: inout JSONText) {
        var count = 0
        var message: String?
        let state: String
        switch outcome.result {
        case .found(let number): (count, state) = (number, "data")
        case .empty: state = "empty"
        case .onlyNaN: state = "nan"
        case .failed(let reason): (message, state) = (reason, "failed")
        }
        json.object { json in
            json.member("column") { $0.raw(String(outcome.column)) }
            json.member("count") { $0.raw(String(count)) }
            json.member("line") { $0.raw(String(outcome.line)) }
            json.member("message") { optional(message, &$0) }
            json.member("query") { $0.string(outcome.text) }
            json.member("reference") { $0.string(outcome.reference) }
            json.member("seconds") { $0.seconds(Int64((outcome.seconds * 1000).rounded())) }
            json.member("state") { $0.string(state) }
        }
    }

    private static func optional(_ text: String?, _ json: inout JSONText) {
        if let text { json.string(text) } else { json.raw("null") }
    }
}
