/// Whom a query is put to.
public enum DataSourceKind: Sendable, Hashable {
    case prometheus, loki, tempo, jaeger, alertmanager
    /// Expressions over other queries, which Grafana's server works out.
    case expression
    /// Each query of the panel names its own.
    case mixed
    /// Answers that another panel of the dashboard has.
    case dashboard
    /// Grafana's own: annotations, test data.
    case grafana
    /// Another plugin.
    case other(String)

    /// The kind of a plugin's id.
    init(plugin: String) {
        switch plugin {
        case "prometheus", "grafana-amazonprometheus-datasource", "grafana-azureprometheus-datasource": self = .prometheus
        case "loki": self = .loki
        case "tempo": self = .tempo
        case "jaeger": self = .jaeger
        case "alertmanager", "camptocamp-prometheus-alertmanager-datasource": self = .alertmanager
        case "__expr__": self = .expression
        case "mixed": self = .mixed
        case "dashboard": self = .dashboard
        case "grafana", "datasource": self = .grafana
        default: self = .other(plugin)
        }
    }

    /// One of the kinds that need no data source of their own, by the names that dashboards write.
    init?(reserved name: String) {
        switch name {
        case "-- Mixed --": self = .mixed
        case "-- Dashboard --": self = .dashboard
        case "-- Grafana --", "grafana": self = .grafana
        case "__expr__", "-100": self = .expression
        default: return nil
        }
    }

    public var name: String {
        switch self {
        case .prometheus: "prometheus"
        case .loki: "loki"
        case .tempo: "tempo"
        case .jaeger: "jaeger"
        case .alertmanager: "alertmanager"
        case .expression: "__expr__"
        case .mixed: "mixed"
        case .dashboard: "dashboard"
        case .grafana: "grafana"
        case .other(let plugin): plugin
        }
    }
}

/// How a dashboard names a data source.
public struct DataSourceReference: Sendable, Hashable {
    public enum Form: Sendable, Hashable {
        /// `{"type": "prometheus", "uid": "…"}`
        case object
        /// A name, as dashboards before schema version 33 have it.
        case name
    }

    public var form: Form
    /// The plugin, where it is said.
    public var type: String?
    /// The uid or name, which may be a variable; nil where only the type is said.
    public var identifier: String?
    public var offset: Int

    /// nil where nothing is said, which means the default data source.
    init?(_ node: JSONNode?) {
        guard let node else { return nil }
        offset = node.offset
        if let name = node.string {
            if name.isEmpty || name == "default" { return nil }
            form = .name
            identifier = name
            return
        }
        guard node.isObject else { return nil }
        form = .object
        type = node["type"]?.string
        identifier = node["uid"]?.string
        if type == nil && identifier == nil { return nil }
    }
}
