/// Reads a dashboard out of JSON, and tells of what is of another kind than it should be.
struct DashboardReader {
    private var findings: Findings
    private var dashboard: Dashboard

    static func read(_ root: JSONNode, _ findings: inout Findings) -> Dashboard? {
        var root = root
        if let inner = root["dashboard"], inner.isObject, root["panels"] == nil {
            findings.note(
                "the dashboard is wrapped as the API has it; provisioning and import take what is in “dashboard”", at: inner.offset)
            root = inner
        }
        guard root.isObject else {
            findings.error("a dashboard is an object, not \(root.kind)", at: root.offset)
            return nil
        }
        if root["apiVersion"] != nil || root["elements"] != nil {
            findings.error("this is the form of Grafana's Kubernetes API; export it as classic JSON", at: root.offset)
            return nil
        }
        guard root["panels"] != nil || root["rows"] != nil else {
            findings.error("there is no list “panels”; is this a dashboard?", at: root.offset)
            return nil
        }
        var reader = DashboardReader(findings: findings, dashboard: Dashboard(root: root))
        reader.readAll()
        findings = reader.findings
        return reader.dashboard
    }

    private mutating func readAll() {
        let root = dashboard.root
        dashboard.title = text(root, "title")
        dashboard.uid = text(root, "uid")
        dashboard.schemaVersion = whole(root, "schemaVersion")
        for panel in list(root, "panels") { add(panel, row: nil) }
        // Before schema version 16 panels were in rows.
        for row in list(root, "rows") {
            for panel in list(row, "panels") { add(panel, row: row["title"]?.string) }
        }
        if let templating = root["templating"] {
            for variable in list(templating, "list") { addVariable(variable) }
        }
        if let annotations = root["annotations"] {
            for node in list(annotations, "list") where node.isObject {
                dashboard.annotations.append(
                    DashboardAnnotation(
                        name: text(node, "name") ?? "",
                        dataSource: DataSourceReference(node["datasource"] ?? node["target"]?["datasource"]),
                        node: node))
            }
        }
    }

    private mutating func add(_ node: JSONNode, row: String?) {
        guard node.isObject else { return findings.error("a panel is an object, not \(node.kind)", at: node.offset) }
        let title = text(node, "title") ?? ""
        let panel = DashboardPanel(
            id: whole(node, "id", in: title), title: title,
            type: text(node, "type") ?? (node["libraryPanel"] == nil ? "" : "library-panel"),
            row: row, dataSource: DataSourceReference(node["datasource"]),
            repeatVariable: text(node, "repeat").flatMap { $0.isEmpty ? nil : $0 },
            noValue: node["fieldConfig"]?["defaults"]?["noValue"]?.string, minInterval: text(node, "interval"),
            maxDataPoints: node["maxDataPoints"]?.int ?? node["maxDataPoints"]?.string.flatMap { Int($0) },
            timeFrom: text(node, "timeFrom"),
            node: node)
        let current = dashboard.panels.last { $0.isRow }
        dashboard.panels.append(panel)
        if row == nil, !panel.isRow, let current, current.node["panels"]?.elements.isEmpty ?? true {
            dashboard.panels[dashboard.panels.count - 1].row = current.title
        }
        if panel.isRow {
            for inner in list(node, "panels") { add(inner, row: title) }
        }
    }

    private mutating func addVariable(_ node: JSONNode) {
        guard node.isObject else { return findings.error("a variable is an object, not \(node.kind)", at: node.offset) }
        guard let name = text(node, "name"), !name.isEmpty else { return findings.error("a variable has no name", at: node.offset) }
        let subject = "variable “\(name)”"
        let type = text(node, "type") ?? "query"
        guard let kind = DashboardVariable.Kind(rawValue: type) else {
            return findings.error("there is no type “\(type)” of variables", at: node["type"]?.offset ?? node.offset, in: subject)
        }
        let allValue = text(node, "allValue")
        let current = node["current"]?["value"]
        dashboard.variables.append(
            DashboardVariable(
                name: name, kind: kind, dataSource: DataSourceReference(node["datasource"]), isMulti: node["multi"]?.bool ?? false,
                hasAll: node["includeAll"]?.bool ?? false, allValue: allValue.flatMap { $0.isEmpty ? nil : $0 },
                pattern: node["regex"]?.string ?? "",
                current: (current?.string).map { $0.isEmpty ? [] : [$0] } ?? current?.elements.compactMap(\.string) ?? [],
                values: VariableDefinition.values(kind, node), node: node))
    }

    // MARK: Members

    private mutating func text(_ node: JSONNode, _ name: String) -> String? {
        guard let member = node[name] else { return nil }
        if let text = member.string { return text }
        // `repeat` is false in old dashboards, `uid` null in others.
        if member.bool != false { findings.error("“\(name)” is \(member.kind), and has to be a text", at: member.offset) }
        return nil
    }

    private mutating func whole(_ node: JSONNode, _ name: String, in title: String = "") -> Int? {
        guard let member = node[name] else { return nil }
        if let number = member.int { return number }
        findings.error(
            "“\(name)” has to be a whole number", at: member.offset, in: title.isEmpty ? "" : "panel “\(title)”")
        return nil
    }

    private mutating func list(_ node: JSONNode, _ name: String) -> [JSONNode] {
        guard let member = node[name] else { return [] }
        if case .array(let elements) = member.value { return elements }
        findings.error("“\(name)” is \(member.kind), and has to be a list", at: member.offset)
        return []
    }
}

/// The values that the definition of a variable says.
enum VariableDefinition {
    static func values(_ kind: DashboardVariable.Kind, _ node: JSONNode) -> [String] {
        let query = node["query"]?.string ?? ""
        switch kind {
        case .custom, .interval: return parts(query).filter { $0 != "$__auto_interval" && !$0.isEmpty }
        case .constant, .textbox: return [query]
        case .switch: return [node["enabledValue"]?.string ?? "true", node["disabledValue"]?.string ?? "false"]
        default: return []
        }
    }

    /// `a,b : c\,d`: parted by commas unless a backslash is in front; of `text : value` the value.
    private static func parts(_ text: String) -> [String] {
        var parts: [String] = []
        var part = ""
        var isEscaped = false
        for character in text {
            if isEscaped {
                if character != "," { part.append("\\") }
                part.append(character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == "," {
                parts.append(part)
                part = ""
            } else {
                part.append(character)
            }
        }
        if isEscaped { part.append("\\") }
        parts.append(part)
        return parts.map { part in
            let value = part.range(ofSeparator: " : ").map { String(part[$0...]) } ?? part
            return trimmed(value)
        }
    }

    static func trimmed(_ text: some StringProtocol) -> String {
        var text = text[...]
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}

extension String {
    /// Where what stands behind a separator begins.
    fileprivate func range(ofSeparator separator: String) -> String.Index? {
        var index = startIndex
        while index < endIndex {
            if self[index...].hasPrefix(separator) { return self.index(index, offsetBy: separator.count) }
            index = self.index(after: index)
        }
        return nil
    }
}
