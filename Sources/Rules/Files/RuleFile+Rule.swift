internal import ConfigFile
internal import GoTemplate
internal import LogQL
internal import PromQL
internal import QueryModel
internal import TelemetryModel

/// One rule.
extension RuleFileReader {
    func rule(_ node: ConfigNode, number: Int, in group: GroupContext) throws(ConfigError) -> Rule {
        try node.mapping { (mapping) throws(ConfigError) in
            var faults = FaultCollection()
            let written = read(&mapping, &faults)
            if options.ignoresUnknownKeys { _ = mapping.remaining() }
            let prefix = "group \"\(group.name)\", rule \(number), \"\(written.alert.isEmpty ? written.record : written.alert)\": "
            var errors = faults.errors
            errors += check(written, mapping).map { $0.with(prefix: prefix) }
            let expression = expression(written, node, group.language, prefix, &errors)
            if let joined = ConfigError.joining(errors) { throw joined }
            guard let expression else { throw node.error("\(prefix)field 'expr' must be set in rule") }
            var labels = Dictionary(group.labels.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
            for (label, _) in written.labels { labels[label.name] = label.value }
            let kind: Rule.Kind =
                written.alert.isEmpty
                ? .recording
                : .alerting(
                    Rule.AlertingTerms(
                        holdMilliseconds: written.hold, keepFiringMilliseconds: written.keepFiring,
                        annotations: written.annotations.map(\.label)))
            let expressionNode = written.expression ?? node
            return Rule(
                kind, name: written.alert.isEmpty ? written.record : written.alert, expression: expression,
                labels: labels.map { Label(name: $0.key, value: $0.value) }, place: RulePlace(line: node.line, column: node.column),
                expressionPlace: RulePlace(line: expressionNode.line, column: expressionNode.column))
        }
    }

    private struct WrittenRule {
        var record = ""
        var alert = ""
        var expression: ConfigNode?
        var expressionText = ""
        var hold: Int64 = 0
        var keepFiring: Int64 = 0
        var labels: [(label: Label, node: ConfigNode)] = []
        var annotations: [(label: Label, node: ConfigNode)] = []
    }

    private func read(_ mapping: inout ConfigMapping, _ faults: inout FaultCollection) -> WrittenRule {
        var rule = WrittenRule()
        rule.record = faults.collect { () throws(ConfigError) in try mapping.optional("record", default: "") } ?? ""
        rule.alert = faults.collect { () throws(ConfigError) in try mapping.optional("alert", default: "") } ?? ""
        rule.expression = mapping.node("expr")
        if let node = rule.expression {
            rule.expressionText = faults.collect { () throws(ConfigError) in try node.string() } ?? ""
        }
        let hold = faults.collect { () throws(ConfigError) in try mapping.optional("for", as: ConfigDuration.self) } ?? nil
        let keep = faults.collect { () throws(ConfigError) in try mapping.optional("keep_firing_for", as: ConfigDuration.self) } ?? nil
        rule.hold = hold?.milliseconds ?? 0
        rule.keepFiring = keep?.milliseconds ?? 0
        rule.labels = (faults.collect { () throws(ConfigError) in try mapping.optional("labels", reading: labels(in:)) } ?? nil) ?? []
        rule.annotations =
            (faults.collect { () throws(ConfigError) in try mapping.optional("annotations", reading: annotations(in:)) } ?? nil) ?? []
        return rule
    }

    private func annotations(in node: ConfigNode) throws(ConfigError) -> [(label: Label, node: ConfigNode)] {
        try node.entries { (name, value) throws(ConfigError) in
            if name.isEmpty { throw value.error("invalid annotation name: \(name)") }
            return (label: Label(name: name, value: value.kind == .nothing ? "" : try value.string()), node: value)
        }.map(\.value)
    }

    /// What Prometheus' `rulefmt` objects to, in its words.
    private func check(_ rule: WrittenRule, _ mapping: ConfigMapping) -> [ConfigError] {
        var errors: [ConfigError] = []
        if !rule.record.isEmpty, !rule.alert.isEmpty {
            errors.append(mapping.error(atKey: "alert", "only one of 'record' and 'alert' must be set"))
        }
        if rule.record.isEmpty, rule.alert.isEmpty {
            errors.append(mapping.node.error("one of 'record' or 'alert' must be set"))
        }
        if !rule.record.isEmpty {
            if !rule.annotations.isEmpty {
                errors.append(mapping.error(atKey: "annotations", "invalid field 'annotations' in recording rule"))
            }
            if rule.hold != 0 { errors.append(mapping.error(atKey: "for", "invalid field 'for' in recording rule")) }
            if rule.keepFiring != 0 {
                errors.append(mapping.error(atKey: "keep_firing_for", "invalid field 'keep_firing_for' in recording rule"))
            }
            if rule.record.utf8.contains(where: { $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: "}") }) {
                errors.append(
                    mapping.error(
                        atKey: "record", "braces present in the recording rule name; should it be in expr?: \(rule.record)"))
            }
        }
        guard !rule.alert.isEmpty else { return errors }
        for (label, node) in rule.labels {
            if let fault = RuleTemplate.fault(in: label.value, alert: rule.alert) {
                errors.append(node.error("label \(GoQuoting.string(label.name)): \(fault)"))
            }
        }
        for (annotation, node) in rule.annotations {
            if let fault = RuleTemplate.fault(in: annotation.value, alert: rule.alert) {
                errors.append(node.error("annotation \(GoQuoting.string(annotation.name)): \(fault)"))
            }
        }
        return errors
    }

    private func expression(
        _ rule: WrittenRule, _ node: ConfigNode, _ language: RuleLanguage, _ prefix: String, _ errors: inout [ConfigError]
    ) -> RuleExpression? {
        guard let expression = rule.expression, !rule.expressionText.isEmpty else {
            // A value of another type was objected to already.
            if rule.expression == nil || rule.expression?.kind == .scalar {
                errors.append((rule.expression ?? node).error("\(prefix)field 'expr' must be set in rule"))
            }
            return nil
        }
        do throws(QueryError) {
            return try RuleExpression(parsing: rule.expressionText, language, features: options.features)
        } catch {
            let place = source.place(of: error.range?.start ?? 0, in: rule.expressionText, of: expression)
            errors.append(
                ConfigError(
                    file: expression.file, line: place.line, column: place.column,
                    message: "\(prefix)could not parse expression: \(error.message)\(hint(rule.expressionText, language))"))
            return nil
        }
    }

    /// Where an expression is none in its group's language, but one in another.
    private func hint(_ text: String, _ language: RuleLanguage) -> String {
        for other in RuleLanguage.allCases where other != language {
            if (try? RuleExpression(parsing: text, other, features: options.features)) != nil {
                return "; the expression is \(other.rawValue): say so in the group with language: \(other.rawValue)"
            }
        }
        return ""
    }
}

extension ConfigError {
    fileprivate func with(prefix: String) -> ConfigError {
        ConfigError(file: file, line: line, column: column, message: prefix + message)
    }
}
