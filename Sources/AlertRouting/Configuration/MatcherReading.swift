internal import ConfigFile
internal import LabelMatching
internal import LinearRegex
internal import TelemetryModel

/// Matchers in the three forms that routes and inhibition rules know.
enum MatcherReading {
    /// What stands under the three keys, one list after the other.
    static func matchers(
        _ mapping: inout ConfigMapping, equal: String, pattern: String, list: String
    ) throws(ConfigError) -> [LabelMatcher] {
        var matchers =
            try mapping.optional(equal) { (node) throws(ConfigError) in
                try entries(node) { (name, value) throws(ConfigError) in
                    LabelMatcher(name, equals: value.kind == .nothing ? "" : try value.string())
                }
            } ?? []
        matchers +=
            try mapping.optional(pattern) { (node) throws(ConfigError) in
                try entries(node) { (name, value) throws(ConfigError) in
                    if value.kind == .nothing { throw value.error("invalid regexp value for \(GoQuoting.string(name))") }
                    let text = try value.string()
                    do throws(LinearPatternError) {
                        // Alertmanager keeps such a pattern with its anchors, and so it stands in keys of groups.
                        return try LabelMatcher(name, .matches, "^(?:" + text + ")$")
                    } catch {
                        throw value.error("\(error)")
                    }
                }
            } ?? []
        matchers +=
            try mapping.optional(list) { (node) throws(ConfigError) in
                try node.list { (element) throws(ConfigError) in
                    let text = try element.string()
                    do throws(MatcherSyntaxError) {
                        return try MatcherSyntax.parse(text)
                    } catch {
                        throw element.error(error.message)
                    }
                }.flatMap { $0 }
            } ?? []
        return matchers
    }

    private static func entries(
        _ node: ConfigNode, _ read: (String, ConfigNode) throws(ConfigError) -> LabelMatcher
    ) throws(ConfigError) -> [LabelMatcher] {
        try node.entries { (name, value) throws(ConfigError) in
            guard LabelSet.isClassicLabelName(name) else { throw value.error("invalid label name \(GoQuoting.string(name))") }
            return try read(name, value)
        }.map(\.value)
    }
}
