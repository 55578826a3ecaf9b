internal import AlertModel
internal import ConfigFile
internal import GoTemplate
internal import TelemetryModel

extension RoutingConfiguration.NamedIntervals {
    static func read(
        _ node: ConfigNode, what: String, zones: inout [String: GoTimeZone], zone: (String) -> GoTimeZone?
    ) throws(ConfigError) -> Self {
        try node.mapping { (mapping) throws(ConfigError) in
            let name = try mapping.optional("name", default: "")
            if name.isEmpty { throw node.error("missing name in \(what)") }
            let intervals = try mapping.optional("time_intervals") { (list) throws(ConfigError) in
                try list.list { (entry) throws(ConfigError) in
                    try TimeInterval.read(entry) { name in
                        if let known = zones[name] { return known }
                        zones[name] = zone(name)
                        return zones[name]
                    }
                }
            }
            return Self(name: name, intervals: intervals ?? [])
        }
    }
}

extension TimeInterval {
    /// - Parameter zone: is asked for the zone of a location, so that one that is not known is refused.
    static func read(_ node: ConfigNode, zone: (String) -> GoTimeZone?) throws(ConfigError) -> TimeInterval {
        try node.mapping { (mapping) throws(ConfigError) in
            var interval = TimeInterval()
            interval.times = try ranges("times", &mapping) { (node) throws(ConfigError) in try times(node) }
            interval.weekdays = try texts("weekdays", &mapping, TimeIntervalText.weekdays)
            interval.daysOfMonth = try texts("days_of_month", &mapping, TimeIntervalText.daysOfMonth)
            interval.months = try texts("months", &mapping, TimeIntervalText.months)
            interval.years = try texts("years", &mapping, TimeIntervalText.years)
            if let location = mapping.node("location") {
                interval.location = try location.string()
                if zone(interval.location) == nil { throw location.error("unknown time zone \(interval.location)") }
            }
            return interval
        }
    }

    private static func ranges<Value>(
        _ key: String, _ mapping: inout ConfigMapping, _ read: (ConfigNode) throws(ConfigError) -> Value
    ) throws(ConfigError) -> [Value] {
        try mapping.optional(key) { (node) throws(ConfigError) in try node.list(read) } ?? []
    }

    private static func texts<Value>(
        _ key: String, _ mapping: inout ConfigMapping, _ parse: (String) throws(TimeIntervalText.Fault) -> Value
    ) throws(ConfigError) -> [Value] {
        try ranges(key, &mapping) { (node) throws(ConfigError) in
            let text = try node.string()
            do throws(TimeIntervalText.Fault) {
                return try parse(text)
            } catch {
                throw node.error(error.message)
            }
        }
    }

    private static func times(_ node: ConfigNode) throws(ConfigError) -> Range<Int> {
        try node.mapping { (mapping) throws(ConfigError) in
            let start = try mapping.optional("start_time", default: "")
            let end = try mapping.optional("end_time", default: "")
            do throws(TimeIntervalText.Fault) {
                return try TimeIntervalText.times(from: start, to: end)
            } catch {
                throw node.error(error.message)
            }
        }
    }
}
