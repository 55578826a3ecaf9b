internal import CivilCalendar
public import ConfigFile
internal import TelemetryModel

extension UnitTestFile {
    /// Reads a file. Series, expressions and labels in it are read when the tests run.
    ///
    /// - Throws: `ConfigError` with the place of the first fault, and all further ones.
    public static func parse(_ text: String, file: String) throws(ConfigError) -> UnitTestFile {
        try UnitTestFileReader().file(try ConfigDocument(parsing: text, file: file).root)
    }
}

private struct UnitTestFileReader {
    func file(_ root: ConfigNode) throws(ConfigError) -> UnitTestFile {
        var file = UnitTestFile(path: root.file)
        if root.kind == .nothing { return file }
        try root.mapping { (mapping) throws(ConfigError) in
            file.rulePatterns = try mapping.optional("rule_files", default: [])
            if let interval = try mapping.optional("evaluation_interval", as: ConfigDuration.self), interval.milliseconds > 0 {
                file.evaluationInterval = interval.milliseconds
            }
            file.groupOrder = try mapping.optional("group_eval_order") { (node) throws(ConfigError) in try groupOrder(node) } ?? []
            file.comparesFuzzily = try mapping.optional("fuzzy_compare", default: false)
            let interval = file.evaluationInterval
            file.groups =
                try mapping.optional("tests") { (node) throws(ConfigError) in
                    try node.list { (element) throws(ConfigError) in try group(element, interval: interval) }
                } ?? []
        }
        return file
    }

    private func groupOrder(_ node: ConfigNode) throws(ConfigError) -> [String] {
        var names: Set<String> = []
        return try node.list { (element) throws(ConfigError) in
            let name = try element.string()
            if !names.insert(name).inserted { throw element.error("group name repeated in evaluation order: \(name)") }
            return name
        }
    }

    private func place(_ node: ConfigNode) -> UnitTestPlace { UnitTestPlace(line: node.line, column: node.column) }

    private func group(_ node: ConfigNode, interval: Int64) throws(ConfigError) -> UnitTestGroup {
        try node.mapping { (mapping) throws(ConfigError) in
            var group = UnitTestGroup(name: try mapping.optional("name", default: ""), place: place(node), interval: interval)
            if let own = try mapping.optional("interval", as: ConfigDuration.self), own.milliseconds > 0 {
                group.interval = own.milliseconds
            }
            group.inputs = try mapping.optional("input_series") { (list) throws(ConfigError) in try list.list(input(_:)) } ?? []
            group.alertTests = try mapping.optional("alert_rule_test") { (list) throws(ConfigError) in try list.list(alertTest(_:)) } ?? []
            group.expressionTests =
                try mapping.optional("promql_expr_test") { (list) throws(ConfigError) in try list.list(expressionTest(_:)) } ?? []
            let labels = try mapping.optional("external_labels") { (node) throws(ConfigError) in try self.labels(node) } ?? []
            group.externalLabels = LabelSet(labels.map { ($0.name, $0.value) })
            group.externalURL = try mapping.optional("external_url", default: "")
            group.start = try mapping.optional("start_timestamp") { (node) throws(ConfigError) in try time(node) } ?? 0
            return group
        }
    }

    private func input(_ node: ConfigNode) throws(ConfigError) -> UnitTestGroup.Input {
        try node.mapping { (mapping) throws(ConfigError) in
            UnitTestGroup.Input(
                series: try mapping.optional("series", default: ""), values: try mapping.optional("values", default: ""), place: place(node)
            )
        }
    }

    private func alertTest(_ node: ConfigNode) throws(ConfigError) -> UnitTestGroup.AlertTest {
        try node.mapping { (mapping) throws(ConfigError) in
            let time = try mapping.optional("eval_time", as: ConfigDuration.self)?.milliseconds ?? 0
            let name = try mapping.optional("alertname", default: "")
            let expected =
                try mapping.optional("exp_alerts") { (list) throws(ConfigError) in
                    try list.list { (element) throws(ConfigError) in try firingAlert(element, named: name) }
                } ?? []
            return UnitTestGroup.AlertTest(time: time, alertName: name, expected: expected, place: place(node))
        }
    }

    private func firingAlert(_ node: ConfigNode, named name: String) throws(ConfigError) -> FiringAlert {
        if node.kind == .nothing { return FiringAlert(labels: [Label(name: "alertname", value: name)], annotations: []) }
        return try node.mapping { (mapping) throws(ConfigError) in
            var labels = try mapping.optional("exp_labels") { (node) throws(ConfigError) in try self.labels(node) } ?? []
            let annotations = try mapping.optional("exp_annotations") { (node) throws(ConfigError) in try self.labels(node) } ?? []
            // The name of the rule is the alert's, whatever is written here.
            labels.removeAll { $0.name == "alertname" }
            labels.append(Label(name: "alertname", value: name))
            return FiringAlert(labels: labels, annotations: annotations)
        }
    }

    private func expressionTest(_ node: ConfigNode) throws(ConfigError) -> UnitTestGroup.ExpressionTest {
        try node.mapping { (mapping) throws(ConfigError) in
            UnitTestGroup.ExpressionTest(
                expression: try mapping.optional("expr", default: ""),
                time: try mapping.optional("eval_time", as: ConfigDuration.self)?.milliseconds ?? 0,
                expected: try mapping.optional("exp_samples") { (list) throws(ConfigError) in try list.list(sample(_:)) } ?? [],
                place: place(node))
        }
    }

    private func sample(_ node: ConfigNode) throws(ConfigError) -> UnitTestGroup.Sample {
        if node.kind == .nothing { return UnitTestGroup.Sample(labels: "", value: 0, histogram: "") }
        return try node.mapping { (mapping) throws(ConfigError) in
            UnitTestGroup.Sample(
                labels: try mapping.optional("labels", default: ""), value: try mapping.optional("value", default: 0.0),
                histogram: try mapping.optional("histogram", default: ""))
        }
    }

    private func labels(_ node: ConfigNode) throws(ConfigError) -> [Label] {
        try node.entries { (_, value) throws(ConfigError) in value.kind == .nothing ? "" : try value.string() }
            .map { Label(name: $0.key, value: $0.value) }
    }

    /// Seconds since 1970, or RFC 3339.
    private func time(_ node: ConfigNode) throws(ConfigError) -> Timestamp {
        let text = try node.string()
        if let time = RFC3339.parse(text) { return time.millisecondsSince1970 }
        guard let seconds = Double(text), let milliseconds = Int64(exactly: (seconds * 1000).rounded()),
            milliseconds.magnitude < 1 << 53
        else { throw node.mismatch(expected: "a time: Unix seconds or RFC 3339") }
        return milliseconds
    }
}
