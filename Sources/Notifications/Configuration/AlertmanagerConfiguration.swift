internal import AlertModel
public import AlertRouting
public import ConfigFile
internal import Foundation
public import GoTemplate
internal import TelemetryModel

/// An Alertmanager configuration file: who is told, through what, and in which words.
///
/// What Alertmanager accepts is accepted and means the same, but for receivers that Perch does not have; paths are relative to the file.
public struct AlertmanagerConfiguration: Sendable {
    /// A receiver that the file defines.
    public struct Receiver: Sendable, Hashable {
        public var name: String
        /// For asking for receivers; `name` among them.
        public var labels: [String: String]
    }

    /// The name of the file, for people.
    public let file: String
    /// The route tree, inhibition rules and time intervals.
    public let routing: RoutingConfiguration
    /// In the order of the file.
    public let receivers: [Receiver]
    /// What notifications of each receiver go out through; empty for receivers that tell nobody.
    public let integrations: [String: [IntegrationSettings]]
    /// The file without its secrets, as YAML.
    public let redactedText: String
    /// Patterns of the files with templates, as absolute as the folder was.
    public let templatePaths: [String]
    /// What is accepted and yet will not do what it looks like: templates that cannot be parsed, keys that have no effect.
    public let warnings: [ConfigError]

    /// By integration; may be changed by tests.
    var settings: [IntegrationID: Integration]

    /// Reads a configuration. Reads no other files, but for time zones.
    ///
    /// - Parameters:
    ///   - text: the YAML text. Nothing in it is replaced from the environment, as in Alertmanager.
    ///   - file: the name that errors carry.
    ///   - folder: where relative paths start; empty for the process's folder.
    ///   - zone: a time zone by its name.
    /// - Throws: ``ConfigError`` with all faults that are seen in one pass. Never holds a secret.
    public init(
        parsing text: String, file: String, folder: String = "",
        zone: @Sendable (String) -> GoTimeZone? = { SystemTimeZones.zone($0) }
    ) throws(ConfigError) {
        let document = try ConfigDocument(parsing: text, file: file)
        self.file = file
        redactedText = document.redactedByPath(SecretKeys.isSecret(path:))
        let reading = ReadingContext(folder: folder)
        let contents = try document.root.mapping { (root) throws(ConfigError) in
            try AlertmanagerConfiguration.contents(&root, reading, zone)
        }
        routing = contents.routing
        receivers = contents.receivers
        templatePaths = contents.templatePaths
        warnings = contents.warnings
        var integrations: [String: [IntegrationSettings]] = [:]
        var settings: [IntegrationID: Integration] = [:]
        for receiver in contents.receivers { integrations[receiver.name] = [] }
        for integration in contents.integrations {
            integrations[integration.id.receiver, default: []].append(
                IntegrationSettings(id: integration.id, sendResolved: integration.sendsResolved))
            settings[integration.id] = integration
        }
        self.integrations = integrations
        self.settings = settings
    }

    /// Reads a file; paths in it are relative to its folder.
    ///
    /// - Throws: ``ConfigError``, also where there is no such file.
    public init(contentsOf path: String) throws(ConfigError) {
        let text: String
        do {
            text = try String(contentsOf: URL(filePath: path), encoding: .utf8)
        } catch {
            throw ConfigError(file: path, line: 1, column: 1, message: "the file cannot be read")
        }
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
        try self.init(parsing: text, file: path, folder: folder)
    }
}

extension AlertmanagerConfiguration {
    private struct Contents {
        var routing: RoutingConfiguration
        var receivers: [Receiver] = []
        var integrations: [Integration] = []
        var templatePaths: [String] = []
        var warnings: [ConfigError] = []
    }

    private static func contents(
        _ root: inout ConfigMapping, _ reading: ReadingContext, _ zone: (String) -> GoTimeZone?
    ) throws(ConfigError) -> Contents {
        var resolveTimeout: Int64 = 300_000
        let global = try root.optional("global") { (node) throws(ConfigError) in
            try node.mapping { (mapping) throws(ConfigError) in
                resolveTimeout = try mapping.optional("resolve_timeout", as: ConfigDuration.self)?.milliseconds ?? resolveTimeout
                return try GlobalSettings(&mapping, reading)
            }
        }
        let context = ReceiverContext(global: global ?? GlobalSettings(), reading: reading)
        let receivers = try read(receivers: root.node("receivers"), context)
        let patterns = try root.optional("templates", as: [String].self) ?? []
        var warnings: [ConfigError] = []
        for key in ["tracing", "event_recorder"] where root.contains(key) {
            warnings.append(root.error(atKey: key, "\(key) has no effect"))
        }
        var routing = try RoutingConfiguration.read(&root, receivers: receivers.map(\.receiver.name), zone: zone)
        routing.resolveTimeoutMilliseconds = resolveTimeout
        var contents = Contents(routing: routing)
        contents.receivers = receivers.map(\.receiver)
        contents.integrations = receivers.flatMap(\.integrations)
        contents.templatePaths = patterns.map { reading.resolve($0) }
        contents.warnings = warnings + TemplateWarnings.find(in: root.node("receivers"))
        return contents
    }

    private static func read(
        receivers node: ConfigNode?, _ context: ReceiverContext
    ) throws(ConfigError) -> [(receiver: Receiver, integrations: [Integration])] {
        guard let node else { return [] }
        var names: Set<String> = []
        return try node.list { (node) throws(ConfigError) in
            try node.mapping { (mapping) throws(ConfigError) in
                let name = try mapping.text("name")
                if name.isEmpty { throw mapping.node.error("missing name in receiver") }
                guard names.insert(name).inserted else {
                    throw mapping.error(atKey: "name", "notification config name \(GoQuoting.string(name)) is not unique")
                }
                var labels: [String: String] = [:]
                for label in try mapping.texts("labels") { labels[label.name] = label.template }
                if let other = labels["name"], other != name {
                    throw mapping.error(atKey: "labels", "receiver label \"name\" must match receiver name \(GoQuoting.string(name))")
                }
                labels["name"] = name
                return (Receiver(name: name, labels: labels), try Integration.read(&mapping, receiver: name, context))
            }
        }
    }
}
