/// Variables: defined once, used, and used only where they are defined.
enum VariableCheck {
    static func run(_ dashboard: Dashboard, _ findings: inout Findings) {
        var names: Set<String> = []
        for variable in dashboard.variables {
            let offset = variable.node["name"]?.offset ?? variable.node.offset
            if !names.insert(variable.name).inserted { findings.error("is there twice", at: offset, in: variable.subject) }
            if variable.name.hasPrefix("__") || BuiltInVariable.isKnown(variable.name) {
                findings.error("has a name that Grafana keeps for itself", at: offset, in: variable.subject)
            }
            if VariableReference.all(in: "${\(variable.name)}").first?.name != variable.name {
                findings.error("a name has letters, digits and underscores only", at: offset, in: variable.subject)
            }
            checkDefinition(variable, &findings)
        }
        checkUses(dashboard, &findings)
        checkCycles(dashboard, &findings)
    }

    private static func checkDefinition(_ variable: DashboardVariable, _ findings: inout Findings) {
        let node = variable.node
        switch variable.kind {
        case .custom, .interval:
            if variable.values.isEmpty || variable.values.allSatisfy(\.isEmpty) {
                findings.error("has no values to choose from", at: node.offset, in: variable.subject)
            }
            if variable.kind == .interval {
                for value in variable.values where QueryWindow.milliseconds(value) == nil {
                    findings.error("“\(value)” is no duration", at: node["query"]?.offset ?? node.offset, in: variable.subject)
                }
            }
        case .datasource:
            if node["query"]?.string?.isEmpty ?? true {
                findings.error("does not say of which type the data sources are", at: node.offset, in: variable.subject)
            }
        default: break
        }
    }

    /// All texts of the dashboard in which variables may stand, that is, all but what defines them.
    private static func checkUses(_ dashboard: Dashboard, _ findings: inout Findings) {
        var used: Set<String> = []
        for member in dashboard.root.members where member.name != "templating" { collect(member.value, &used) }
        for variable in dashboard.variables {
            for member in variable.node.members where ["query", "definition", "datasource", "regex", "allValue"].contains(member.name) {
                collect(member.value, &used)
            }
            if let error = unknown(in: variable.node["query"], dashboard) { findings.error(error.0, at: error.1, in: variable.subject) }
        }
        for panel in dashboard.panels {
            if let name = panel.repeatVariable {
                used.insert(name)
                if dashboard.variable(name) == nil {
                    findings.error(
                        "is repeated by “\(name)”, and there is no such variable", at: panel.node["repeat"]?.offset ?? 0, in: panel.subject)
                }
            }
            for name in ["title", "targets", "interval", "timeFrom", "links", "transformations"] {
                if let error = unknown(in: panel.node[name], dashboard) { findings.error(error.0, at: error.1, in: panel.subject) }
            }
            if let error = unknown(in: panel.node["fieldConfig"]?["defaults"]?["links"], dashboard) {
                findings.error(error.0, at: error.1, in: panel.subject)
            }
        }
        for variable in dashboard.variables where !used.contains(variable.name) && variable.kind != .adhoc && variable.kind != .groupby {
            findings.note("is not used", at: variable.node.offset, in: variable.subject)
        }
    }

    private static func collect(_ node: JSONNode, _ used: inout Set<String>) {
        switch node.value {
        case .string(let text): for reference in VariableReference.all(in: text) { used.insert(reference.name) }
        case .array(let elements): for element in elements { collect(element, &used) }
        case .object(let members): for member in members { collect(member.value, &used) }
        default: break
        }
    }

    /// The first variable that nobody defines, in words, and the text with it.
    private static func unknown(in node: JSONNode?, _ dashboard: Dashboard) -> (String, Int)? {
        guard let node else { return nil }
        switch node.value {
        case .string(let text):
            for reference in VariableReference.all(in: text) {
                if let format = reference.format, !BuiltInVariable.isKnown(reference.name), !VariableFormat.isKnown(format) {
                    return ("there is no format “\(format)” of variables", node.offset)
                }
                // `$1` stands for what a regular expression found.
                if reference.name.allSatisfy(\.isNumber) || BuiltInVariable.isKnown(reference.name) { continue }
                if dashboard.variable(reference.name) == nil { return ("there is no variable “\(reference.name)”", node.offset) }
            }
            return nil
        case .array(let elements): return elements.lazy.compactMap { unknown(in: $0, dashboard) }.first
        case .object(let members):
            return members.lazy.compactMap { $0.name == "datasource" ? nil : unknown(in: $0.value, dashboard) }.first
        default: return nil
        }
    }

    private static func checkCycles(_ dashboard: Dashboard, _ findings: inout Findings) {
        let order = dashboard.variableOrder
        for (index, variable) in dashboard.variables.enumerated() where !order.contains(index) {
            findings.error(
                "waits for itself: its values depend on a variable that depends on it", at: variable.node.offset, in: variable.subject)
        }
    }
}

extension Dashboard {
    /// The numbers of variables in an order in which each comes behind those that its values depend on. Without those that wait for each other.
    public var variableOrder: [Int] {
        let needs = variables.map { variable in
            var used: Set<String> = []
            for name in ["query", "datasource", "regex"] {
                guard let node = variable.node[name] else { continue }
                for text in DashboardVariable.texts(node) {
                    for reference in VariableReference.all(in: text) { used.insert(reference.name) }
                }
            }
            return used.intersection(variables.map(\.name))
        }
        var order: [Int] = []
        var done: Set<String> = []
        var hasMoved = true
        while hasMoved {
            hasMoved = false
            for index in variables.indices where !order.contains(index) && needs[index].isSubset(of: done) {
                order.append(index)
                done.insert(variables[index].name)
                hasMoved = true
            }
        }
        return order
    }
}

extension DashboardVariable {
    /// All texts of a value.
    fileprivate static func texts(_ node: JSONNode) -> [String] {
        switch node.value {
        case .string(let text): [text]
        case .array(let elements): elements.flatMap(texts)
        case .object(let members): members.flatMap { texts($0.value) }
        default: []
        }
    }
}
