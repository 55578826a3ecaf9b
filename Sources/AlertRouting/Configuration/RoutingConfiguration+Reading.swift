internal import AlertModel
public import ConfigFile
public import GoTemplate
internal import TelemetryModel

extension RoutingConfiguration {
    /// Reads the keys `route`, `inhibit_rules`, `time_intervals` and `mute_time_intervals` of an Alertmanager file.
    ///
    /// - Parameters:
    ///   - root: the mapping at the root of the file; the other keys are left to whoever reads them.
    ///   - receivers: the names that the file defines.
    ///   - zone: a time zone by name (`Europe/Berlin`, `UTC`, `Local`), nil where there is none.
    /// - Throws: whatever Alertmanager refuses, in its words, at the place at fault.
    public static func read(
        _ root: inout ConfigMapping, receivers: [String], zone: (String) -> GoTimeZone?
    ) throws(ConfigError) -> RoutingConfiguration {
        var zones: [String: GoTimeZone] = [:]
        var named: [NamedIntervals] = []
        for (key, label) in [("mute_time_intervals", "mute time interval"), ("time_intervals", "time interval")] {
            guard let node = root.node(key) else { continue }
            let entries = try node.list { (entry) throws(ConfigError) in
                (entry, try NamedIntervals.read(entry, what: label, zones: &zones, zone: zone))
            }
            for (entry, intervals) in entries {
                if named.contains(where: { $0.name.utf8.elementsEqual(intervals.name.utf8) }) {
                    throw entry.error("\(label) \(GoQuoting.string(intervals.name)) is not unique")
                }
                named.append(intervals)
            }
        }
        guard let node = root.node("route") else { throw root.node.error("no route provided in config") }
        let draft = try RouteDraft(config: node)
        try checkRoot(draft, node)
        try check(node, receivers: Set(receivers), intervals: Set(named.map(\.name)))
        let rules = try root.optional("inhibit_rules") { (node) throws(ConfigError) in
            try node.list { (rule) throws(ConfigError) in try InhibitRule.read(rule) }
        }
        return RoutingConfiguration(
            routes: RouteTree.routes(of: draft), inhibitRules: rules ?? [], timeIntervals: named, zones: zones)
    }

    /// What the root may not say, as it takes every alert at every time.
    private static func checkRoot(_ root: RouteDraft, _ node: ConfigNode) throws(ConfigError) {
        if (root.receiver ?? "").isEmpty { throw node.error("root route must specify a default receiver") }
        if !root.matchers.isEmpty { throw node.error("root route must not have any matchers") }
        if !root.muteTimeIntervals.isEmpty { throw node.error("root route must not have any mute time intervals") }
        if !root.activeTimeIntervals.isEmpty { throw node.error("root route must not have any active time intervals") }
        if root.continues { throw node.error("cannot have continue in root route") }
    }

    /// Whether all that a route and those below it name is defined.
    private static func check(_ node: ConfigNode, receivers: Set<String>, intervals: Set<String>) throws(ConfigError) {
        var faults: [ConfigError] = []
        try node.mapping { (mapping) throws(ConfigError) in
            if let receiver = mapping.node("receiver"), let name = try? receiver.string(), !name.isEmpty, !receivers.contains(name) {
                faults.append(receiver.error("undefined receiver \(GoQuoting.string(name)) used in route"))
            }
            for key in ["active_time_intervals", "mute_time_intervals"] {
                for name in try mapping.node(key)?.list({ (element) throws(ConfigError) in element }) ?? [] {
                    guard let text = try? name.string(), !intervals.contains(text) else { continue }
                    faults.append(name.error("undefined time interval \(GoQuoting.string(text)) used in route"))
                }
            }
            for child in try mapping.node("routes")?.list({ (child) throws(ConfigError) in child }) ?? [] {
                do throws(ConfigError) {
                    try check(child, receivers: receivers, intervals: intervals)
                } catch {
                    faults.append(error)
                }
            }
            // The other keys have been read by then.
            _ = mapping.remaining()
        }
        if let fault = ConfigError.joining(faults) { throw fault }
    }
}
