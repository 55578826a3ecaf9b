/// Collects all queries of a dashboard.
struct QueryExtraction {
    private let dashboard: Dashboard
    private let resolver: DataSourceResolver
    private var findings: Findings
    private var queries: [DashboardQuery] = []

    static func run(_ dashboard: Dashboard, _ findings: inout Findings) -> [DashboardQuery] {
        var extraction = QueryExtraction(dashboard: dashboard, resolver: DataSourceResolver(dashboard: dashboard), findings: findings)
        for index in dashboard.panels.indices { extraction.addPanel(index) }
        for index in dashboard.variables.indices { extraction.addVariable(index) }
        for index in dashboard.annotations.indices { extraction.addAnnotation(index) }
        findings = extraction.findings
        return extraction.queries
    }

    private mutating func addPanel(_ index: Int) {
        let panel = dashboard.panels[index]
        let targets = panel.node["targets"]?.elements ?? []
        if let library = panel.node["libraryPanel"] {
            let name = library["name"]?.string ?? library["uid"]?.string ?? "?"
            findings.note(
                "is the library panel “\(name)”, which only Grafana has; its queries are not checked", at: library.offset, in: panel.subject
            )
            return
        }
        if panel.type == "alertlist" {
            return append(
                DashboardQuery(
                    origin: .panel(index), reference: "", ask: .alertRules, isHidden: false, text: "alerting rules",
                    offset: panel.node.offset))
        }
        guard panel.needsQueries || !targets.isEmpty, !panel.isRow else { return }
        if targets.isEmpty { return findings.error("has no query", at: panel.node.offset, in: panel.subject) }
        // Where each query names its own data source, Grafana does not look at the panel's.
        let own = resolver.resolve(panel.dataSource, for: targets.first)
        let isNamedByTargets = targets.allSatisfy { DataSourceReference($0["datasource"]) != nil }
        if panel.dataSource != nil || !isNamedByTargets { tell(own, at: panel.dataSource?.offset ?? panel.node.offset, panel.subject) }
        if own.kind == .dashboard { return }
        var references: Set<String> = []
        for target in targets where target.isObject {
            let reference = target["refId"]?.string ?? ""
            if reference.isEmpty {
                findings.note("a query has no refId", at: target.offset, in: panel.subject)
            } else if !references.insert(reference).inserted {
                findings.error("has two queries \(reference)", at: target["refId"]?.offset ?? target.offset, in: panel.subject)
            }
            var resolution = own
            if let named = DataSourceReference(target["datasource"]) {
                resolution = resolver.resolve(named, for: target)
                if named
                    != panel.dataSource.map({
                        var same = $0; same.offset = named.offset; return same
                    })
                {
                    tell(resolution, at: named.offset, panel.subject)
                }
            } else if own.kind == .mixed {
                resolution = resolver.resolve(nil, for: target)
                tell(resolution, at: target.offset, panel.subject)
            }
            add(target, resolution.kind, .panel(index), reference, panel.subject)
        }
    }

    private mutating func tell(_ resolution: DataSourceResolver.Resolution, at offset: Int, _ subject: String) {
        if let error = resolution.error { findings.error(error, at: offset, in: subject) }
        if let note = resolution.note { findings.note(note, at: offset, in: subject) }
    }

    private mutating func add(
        _ target: JSONNode, _ kind: DataSourceKind, _ origin: DashboardQuery.Origin, _ reference: String, _ subject: String
    ) {
        switch kind {
        case .expression, .dashboard, .grafana, .mixed: return
        case .other(let plugin):
            return findings.note("asks a data source of type \(plugin), which is not checked", at: target.offset, in: subject)
        default: break
        }
        let isHidden = target["hide"]?.bool ?? false
        guard let found = TargetQuery.ask(target, of: kind) else {
            if !isHidden { findings.error("query \(reference) is empty", at: target.offset, in: subject) }
            return
        }
        append(
            DashboardQuery(
                origin: origin, reference: reference, ask: found.ask, isHidden: isHidden, text: found.text, offset: found.offset))
    }

    private mutating func append(_ query: DashboardQuery) { queries.append(query) }

    private mutating func addVariable(_ index: Int) {
        let variable = dashboard.variables[index]
        guard variable.kind == .query else { return }
        let definition = variable.node["query"] ?? variable.node["definition"]
        let resolution = resolver.resolve(variable.dataSource, for: definition)
        tell(resolution, at: variable.dataSource?.offset ?? variable.node.offset, variable.subject)
        if case .other(let plugin) = resolution.kind {
            return findings.note(
                "asks a data source of type \(plugin), which is not checked", at: variable.node.offset, in: variable.subject)
        }
        guard let definition, let found = VariableQuery.ask(definition, of: resolution.kind) else {
            return findings.error("has no query", at: definition?.offset ?? variable.node.offset, in: variable.subject)
        }
        append(
            DashboardQuery(
                origin: .variable(index), reference: "", ask: found.ask, isHidden: false, text: found.text, offset: definition.offset))
    }

    private mutating func addAnnotation(_ index: Int) {
        let annotation = dashboard.annotations[index]
        let node = annotation.node
        if node["builtIn"]?.int == 1 || node["type"]?.string == "dashboard" { return }
        let resolution = resolver.resolve(annotation.dataSource, for: node["target"] ?? node)
        tell(resolution, at: annotation.dataSource?.offset ?? node.offset, annotation.subject)
        guard node["enable"]?.bool ?? true else { return }
        let target = node["expr"] != nil ? node : node["target"] ?? node
        add(target, resolution.kind, .annotation(index), "", annotation.subject)
    }
}
