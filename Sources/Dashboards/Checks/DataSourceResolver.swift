/// Finds out of which kind the data sources are that a dashboard names.
struct DataSourceResolver {
    let dashboard: Dashboard

    /// The kind of a reference, and what is to be said of it.
    struct Resolution {
        var kind: DataSourceKind
        var error: String?
        var note: String?
    }

    /// - Parameter query: what is asked, from which the kind is guessed where nothing else says it.
    func resolve(_ reference: DataSourceReference?, for query: JSONNode?) -> Resolution {
        guard let reference else {
            return Resolution(
                kind: guess(query), note: "the data source is the default one, whichever that is; name it by a variable of type datasource")
        }
        guard let identifier = reference.identifier else {
            guard let type = reference.type else { return Resolution(kind: guess(query)) }
            return Resolution(
                kind: DataSourceKind(plugin: type), note: "the data source has a type and no uid: the default one of that type is asked")
        }
        if let kind = DataSourceKind(reserved: identifier) { return Resolution(kind: kind) }
        if let variable = VariableReference.all(in: identifier).first { return resolve(reference, by: variable.name, for: query) }
        if reference.form == .name {
            let kind = guess(named: identifier) ?? guess(query)
            return Resolution(
                kind: kind, note: "the data source is named by its name, as before schema version 33; Grafana turns it into a uid")
        }
        let kind = reference.type.map(DataSourceKind.init(plugin:)) ?? guess(named: identifier) ?? guess(query)
        switch kind {
        case .expression, .mixed, .dashboard, .grafana: return Resolution(kind: kind)
        default:
            return Resolution(
                kind: kind,
                note: "the data source is “\(identifier)” and no other; a variable of type datasource lets the dashboard work elsewhere")
        }
    }

    private func resolve(_ reference: DataSourceReference, by name: String, for query: JSONNode?) -> Resolution {
        let said = reference.type.map(DataSourceKind.init(plugin:))
        guard let variable = dashboard.variable(name) else {
            return Resolution(kind: said ?? guess(query), error: "the data source is “$\(name)”, and there is no such variable")
        }
        guard variable.kind == .datasource, let plugin = variable.node["query"]?.string else {
            return Resolution(kind: said ?? guess(query), error: "the data source is “$\(name)”, which is no variable of type datasource")
        }
        let kind = DataSourceKind(plugin: plugin)
        if let said, said != kind {
            return Resolution(
                kind: kind, error: "the data source has the type \(said.name), and “$\(name)” is one of type \(kind.name)")
        }
        return Resolution(kind: kind)
    }

    private func guess(named name: String) -> DataSourceKind? {
        let name = name.lowercased()
        for kind in [DataSourceKind.prometheus, .loki, .tempo, .jaeger, .alertmanager] where name.contains(kind.name) { return kind }
        return nil
    }

    /// By the members that queries of each kind have.
    private func guess(_ query: JSONNode?) -> DataSourceKind {
        switch query?["queryType"]?.string {
        case "traceql", "traceqlSearch", "serviceMap", "nativeSearch": return .tempo
        case "dependencyGraph": return .jaeger
        default: break
        }
        if let text = query?["expr"]?.string, text.first == "{", text.contains("|") { return .loki }
        return .prometheus
    }
}
