internal import ConfigFile
internal import LabelMatching
internal import TelemetryModel

extension RouteDraft: ConfigDecodable {
    /// How deep routes may lie within routes; Alertmanager knows no limit, and nobody comes near this one.
    private static let depthMax = 100

    init(config node: ConfigNode) throws(ConfigError) { self = try Self.read(node, depth: 0) }

    private static func read(_ node: ConfigNode, depth: Int) throws(ConfigError) -> RouteDraft {
        guard depth < depthMax else { throw node.error("routes lie more than \(depthMax) deep within each other") }
        return try node.mapping { (mapping) throws(ConfigError) in
            var route = RouteDraft()
            route.receiver = try mapping.optional("receiver")
            try route.readGrouping(&mapping)
            route.matchers = try MatcherReading.matchers(
                &mapping, equal: "match", pattern: "match_re", list: "matchers")
            route.muteTimeIntervals = try mapping.optional("mute_time_intervals", default: [])
            route.activeTimeIntervals = try mapping.optional("active_time_intervals", default: [])
            route.continues = try mapping.optional("continue", default: false)
            route.groupWaitMilliseconds = try mapping.optional("group_wait", as: ConfigDuration.self)?.milliseconds
            route.groupIntervalMilliseconds = try nonZero("group_interval", &mapping)
            route.repeatIntervalMilliseconds = try nonZero("repeat_interval", &mapping)
            route.labels = try mapping.optional("labels") { (node) throws(ConfigError) in try labels(node) } ?? []
            route.children =
                try mapping.optional("routes") { (node) throws(ConfigError) in
                    try node.list { (child) throws(ConfigError) in try read(child, depth: depth + 1) }
                } ?? []
            return route
        }
    }

    private mutating func readGrouping(_ mapping: inout ConfigMapping) throws(ConfigError) {
        guard let node = mapping.node("group_by") else { return }
        var names: [String] = []
        let all: [String] = try node.list { (element) throws(ConfigError) in
            let name = try element.string()
            if name.isEmpty { throw element.error("invalid label name \"\" in group_by list") }
            if name != "..." {
                if names.contains(where: { $0.utf8.elementsEqual(name.utf8) }) {
                    throw element.error("duplicated label \(GoQuoting.string(name)) in group_by")
                }
                names.append(name)
            }
            return name
        }
        groupsByAllLabels = all.count > names.count
        if groupsByAllLabels, !names.isEmpty {
            throw node.error("cannot have wildcard group_by (`...`) and other labels at the same time")
        }
        groupBy = groupsByAllLabels ? nil : names
    }

    private static func nonZero(_ key: String, _ mapping: inout ConfigMapping) throws(ConfigError) -> Int64? {
        guard let node = mapping.node(key) else { return nil }
        let duration = try node.duration()
        if duration.milliseconds == 0 { throw node.error("\(key) cannot be zero") }
        return duration.milliseconds
    }

    private static func labels(_ node: ConfigNode) throws(ConfigError) -> [Label] {
        try node.entries { (key, value) throws(ConfigError) in
            if key.isEmpty { throw value.error("invalid label name \"\" in route labels") }
            return Label(name: key, value: value.kind == .nothing ? "" : try value.string())
        }.map(\.value)
    }
}
