internal import ConfigFile
internal import Relabeling

extension ConfigurationReader {
    /// Reads a list of relabelling rules; faults of all rules are reported together, each at its setting.
    func relabelRules(in node: ConfigNode) throws(ConfigError) -> RelabelRules {
        let rules = try node.list { (element) throws(ConfigError) in
            guard element.kind == .mapping else { throw element.mismatch(expected: "a relabelling rule") }
            return try element.mapping { (mapping) throws(ConfigError) in try readRelabelRule(&mapping) }
        }
        do throws(RelabelRuleError) {
            return try RelabelRules(rules)
        } catch {
            throw node.error("\(error)")
        }
    }

    private func readRelabelRule(_ mapping: inout ConfigMapping) throws(ConfigError) -> RelabelRule {
        var rule = RelabelRule()
        rule.action = try mapping.optional("action", reading: action(in:)) ?? rule.action
        rule.sourceLabels =
            try mapping.optional("source_labels") { (node) throws(ConfigError) in
                try node.list { (name) throws(ConfigError) in
                    let text = try name.string()
                    if text.isEmpty { throw name.error("a label needs a name") }
                    return text
                }
            } ?? []
        rule.separator = try mapping.optional("separator", default: rule.separator)
        rule.regex = try mapping.optional("regex", default: rule.regex)
        rule.modulus = UInt64(try count("modulus", &mapping) ?? 0)
        rule.targetLabel = try mapping.optional("target_label", default: rule.targetLabel)
        rule.replacement = try mapping.optional("replacement", default: rule.replacement)
        do throws(RelabelRuleError) {
            _ = try RelabelRules([rule])
        } catch {
            let message = error.setting == .regex ? "bad regular expression: \(error.message)" : error.message
            if let value = mapping.node(error.setting.rawValue) { throw value.error(error.setting == .regex ? message : error.message) }
            throw mapping.error(atKey: error.setting.rawValue, message)
        }
        return rule
    }

    private func action(in node: ConfigNode) throws(ConfigError) -> RelabelRule.Action {
        guard let action = RelabelRule.Action(rawValue: try node.string().lowercased()) else {
            throw node.mismatch(expected: "one of \(RelabelRule.Action.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return action
    }
}
