internal import ConfigFile

extension ConfigurationReader {
    /// Reads the keys of `receivers` for lines with metrics.
    func readMetricAgents(_ mapping: inout ConfigMapping) throws(ConfigError) -> MetricAgentSettings {
        var settings = MetricAgentSettings()
        if let node = mapping.node("graphite") {
            try node.mapping { (mapping) throws(ConfigError) in
                settings.graphiteTCP = try mapping.optional("tcp", reading: address(in:)) ?? nil
                settings.graphiteUDP = try mapping.optional("udp", reading: address(in:)) ?? nil
                settings.keepsGraphiteNames = try mapping.optional("keep_names", default: false)
            }
            if settings.graphiteTCP == nil, settings.graphiteUDP == nil {
                notes.warn(node.error("graphite is taken nowhere: neither tcp nor udp says where to listen"))
            }
        }
        if let node = mapping.node("statsd") {
            try node.mapping { (mapping) throws(ConfigError) in
                settings.statsDUDP = try mapping.optional("udp", reading: address(in:)) ?? nil
                settings.statsDTCP = try mapping.optional("tcp", reading: address(in:)) ?? nil
                settings.statsDFlushMilliseconds = try milliseconds("flush_interval", &mapping) ?? settings.statsDFlushMilliseconds
            }
            if settings.statsDUDP == nil, settings.statsDTCP == nil {
                notes.warn(node.error("statsd is taken nowhere: neither udp nor tcp says where to listen"))
            }
        }
        return settings
    }
}
