internal import ConfigFile
internal import LabelMatching
internal import TelemetryModel

extension InhibitRule {
    static func read(_ node: ConfigNode) throws(ConfigError) -> InhibitRule {
        try node.mapping { (mapping) throws(ConfigError) in
            let name = try mapping.optional("name", default: "")
            let source = try MatcherReading.matchers(
                &mapping, equal: "source_match", pattern: "source_match_re", list: "source_matchers")
            let target = try MatcherReading.matchers(
                &mapping, equal: "target_match", pattern: "target_match_re", list: "target_matchers")
            let equal: [String]? = try mapping.optional("equal") { (node) throws(ConfigError) in
                try node.list { (element) throws(ConfigError) in
                    let label = try element.string()
                    if label.isEmpty { throw element.error("invalid label name \"\" in equal list") }
                    return label
                }
            }
            return InhibitRule(name: name, sourceMatchers: source, targetMatchers: target, equal: equal ?? [])
        }
    }
}
