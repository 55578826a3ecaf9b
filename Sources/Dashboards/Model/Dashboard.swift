/// A Grafana dashboard, as far as it is checked.
public struct Dashboard: Sendable {
    public var title: String?
    public var uid: String?
    public var schemaVersion: Int?
    /// Rows and all panels, those of collapsed rows behind their row.
    public var panels: [DashboardPanel] = []
    public var variables: [DashboardVariable] = []
    public var annotations: [DashboardAnnotation] = []
    /// Of panels, variables and annotations, in this order.
    public var queries: [DashboardQuery] = []
    /// The uids of dashboards that links lead to, and where the links stand.
    public internal(set) var destinations: [(uid: String, line: Int, column: Int)] = []
    let root: JSONNode

    init(root: JSONNode) { self.root = root }

    /// The variable of a name.
    public func variable(_ name: String) -> DashboardVariable? { variables.first { $0.name == name } }
}

/// A panel or a row.
public struct DashboardPanel: Sendable {
    public var id: Int?
    public var title: String
    /// The plugin that draws it: `timeseries`, `stat`, `row`, …
    public var type: String
    /// The title of the row that it is in.
    public var row: String?
    public var dataSource: DataSourceReference?
    /// The variable for each of whose values there is one.
    public var repeatVariable: String?
    /// What it shows where there is no data, if its author says so.
    public var noValue: String?
    /// The shortest step, as it is written.
    public var minInterval: String?
    public var maxDataPoints: Int?
    /// How far back it looks, where that is not the dashboard's time.
    public var timeFrom: String?
    let node: JSONNode

    public var isRow: Bool { type == "row" }

    /// How it is called in findings.
    public var subject: String {
        if isRow { return "row “\(title)”" }
        return title.isEmpty ? "panel \(id.map(String.init) ?? "without title")" : "panel “\(title)”"
    }

    /// Whether it shows what queries bring.
    var needsQueries: Bool { !DashboardPanel.withoutQueries.contains(type) && node["libraryPanel"] == nil }

    /// Panels that bring their own data or need none.
    private static let withoutQueries: Set<String> = [
        "row", "text", "news", "dashlist", "alertlist", "annolist", "welcome", "gettingstarted", "pluginlist", "live", "canvas",
    ]
}

/// A variable of a dashboard.
public struct DashboardVariable: Sendable {
    public enum Kind: String, Sendable {
        case query, custom, constant, textbox, interval, datasource, adhoc, groupby, snapshot, system, `switch`
    }

    public var name: String
    public var kind: Kind
    public var dataSource: DataSourceReference?
    /// Whether several values may be chosen.
    public var isMulti: Bool
    /// Whether all values may be chosen at once.
    public var hasAll: Bool
    /// What stands for all values, instead of them.
    public var allValue: String?
    /// Of a query variable, which of the values it takes and what of them: `/…/`.
    public var pattern: String
    /// What was chosen when it was saved.
    public var current: [String]
    /// The values of a custom, interval, constant or text variable, from its definition.
    public var values: [String]
    let node: JSONNode

    public var subject: String { "variable “\(name)”" }

    /// The value that means all.
    public static let all = "$__all"
}

/// Events drawn over the panels.
public struct DashboardAnnotation: Sendable {
    public var name: String
    public var dataSource: DataSourceReference?
    let node: JSONNode

    public var subject: String { "annotation “\(name)”" }
}
