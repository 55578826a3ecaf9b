internal import ConfigFile
internal import TelemetryModel

/// What comes up while a configuration is read and does not stop the reading.
final class ConfigurationNotes {
    /// Faults of sections; a fault in one section does not keep those of the next from being found.
    var errors: [ConfigError] = []
    /// What is accepted and has no effect yet.
    var warnings: [String] = []

    func warn(_ place: ConfigError) { warnings.append(place.description) }
}

/// Reads the parts of a configuration document; each part in an extension of its own.
struct ConfigurationReader {
    /// The folder that relative paths start from; empty for the working directory.
    let folder: String
    let environment: [String: String]
    let notes: ConfigurationNotes

    init(file: String, environment: [String: String], notes: ConfigurationNotes) {
        folder = file.lastIndex(of: "/").map { String(file[...$0]) } ?? ""
        self.environment = environment
        self.notes = notes
    }

    /// Reads the whole document.
    func readDocument(_ root: ConfigNode, into configuration: inout CollectorConfiguration) throws(ConfigError) {
        try root.mapping { (mapping) throws(ConfigError) in
            let scrapeDefaults = section(default: ScrapeDefaults()) { () throws(ConfigError) in
                try readGlobal(mapping.node("global"), into: &configuration.global)
            }
            section(default: ()) { () throws(ConfigError) in
                configuration.scrapeJobs = try readScrapeJobs(
                    mapping.node("scrape_configs"), files: mapping.node("scrape_config_files"), defaults: scrapeDefaults
                )
            }
            section(default: ()) { () throws(ConfigError) in
                if let job = try readAnnotatedPods(&mapping, others: configuration.scrapeJobs, defaults: scrapeDefaults) {
                    configuration.scrapeJobs.append(job)
                }
            }
            section(default: ()) { () throws(ConfigError) in
                if let node = mapping.node("storage") { configuration.storage = try readStorage(node) }
            }
            section(default: ()) { () throws(ConfigError) in
                if let node = mapping.node("limits") { configuration.limits = try readLimits(node) }
            }
            section(default: ()) { () throws(ConfigError) in
                if let node = mapping.node("receivers") { configuration.receivers = try readReceivers(node) }
            }
            section(default: ()) { () throws(ConfigError) in
                if let node = mapping.node("traces") { configuration.traces = try readTraces(node) }
            }
            section(default: ()) { () throws(ConfigError) in
                configuration.alertmanagerConfigurationFile = try mapping.optional("alertmanager_config", reading: path(in:))
            }
            section(default: ()) { () throws(ConfigError) in
                configuration.ruleFiles = try mapping.optional("rule_files", reading: patterns(in:)) ?? []
            }
            section(default: ()) { () throws(ConfigError) in
                configuration.logRuleFiles = try mapping.optional("log_rule_files", reading: patterns(in:)) ?? []
            }
            section(default: ()) { () throws(ConfigError) in
                if let node = mapping.node("alerting") { configuration.alerting = try readAlerting(node) }
            }
            section(default: ()) { () throws(ConfigError) in
                if let node = mapping.node("otlp") { configuration.otlp = try readOTLP(node) }
            }
            section(default: ()) { () throws(ConfigError) in
                if let node = mapping.node("remote_write") { configuration.remoteWrites = try readRemoteWrite(node) }
            }
            section(default: ()) { () throws(ConfigError) in
                if let node = mapping.node("tracing") { configuration.tracing = try readTracing(node) }
            }
            readInactiveSections(&mapping)
            section(default: ()) { () throws(ConfigError) in try mapping.refuseIfUsed("auth") }
        }
    }

    /// Reads one section; its fault is noted and a default stands in for it, so that the other sections are read too.
    func section<Value>(default value: Value, _ read: () throws(ConfigError) -> Value) -> Value {
        do throws(ConfigError) {
            return try read()
        } catch {
            notes.errors.append(error)
            return value
        }
    }

    /// Notes that a section was understood and is not acted on yet.
    func warnInactive(_ key: String, _ mapping: ConfigMapping) {
        notes.warn(mapping.error(atKey: key, "\(key) is understood, but has no effect in this version yet"))
    }

    /// A path, taken from the file's folder where it is relative.
    func path(in node: ConfigNode) throws(ConfigError) -> String {
        let text = try node.string()
        if text.isEmpty { throw node.error("a path must not be empty") }
        return text.hasPrefix("/") ? text : folder + text
    }

    /// A list of paths of which the last part may hold `*`.
    func patterns(in node: ConfigNode) throws(ConfigError) -> [PathPattern] {
        try node.list { (element) throws(ConfigError) in
            let text = try element.string()
            if text.split(separator: "/", omittingEmptySubsequences: false).dropLast().contains(where: { $0.contains("*") }) {
                throw element.error("a * may stand in the last part of a path only")
            }
            return PathPattern(try path(in: element))
        }
    }

    /// A duration in milliseconds; 0 counts as not given, as in Prometheus.
    func milliseconds(_ key: String, _ mapping: inout ConfigMapping) throws(ConfigError) -> Int64? {
        guard let duration = try mapping.optional(key, as: ConfigDuration.self), duration.milliseconds > 0 else { return nil }
        return duration.milliseconds
    }

    /// A count that must not be negative; nil where it is not given.
    func count(_ key: String, _ mapping: inout ConfigMapping) throws(ConfigError) -> Int? {
        try mapping.optional(key) { (node) throws(ConfigError) in try node.int(in: 0...Int.max) }
    }
}
