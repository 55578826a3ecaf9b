internal import AlertModel
public import AlertRouting
public import ConfigFile
public import GoTemplate

/// Whom an Alertmanager file would tell, without what it takes to reach them.
public struct BacktestRouting: Sendable {
    public var configuration: RoutingConfiguration
    /// By receiver.
    public var integrations: [String: [IntegrationSettings]]

    /// Integrations that are not told of alerts that have ended unless the file says so; Alertmanager's defaults.
    private static let untoldOfEnds: Set<String> = ["email", "slack", "wechat", "rocketchat"]

    /// Reads the routing of a file, the names of its receivers and of their integrations. Addresses, templates and secrets are passed over: the
    /// file may be one from which secrets were taken.
    ///
    /// - Parameter zone: a time zone by name, nil where there is none.
    public static func read(
        _ text: String, file: String, zone: (String) -> GoTimeZone?
    ) throws(ConfigError) -> BacktestRouting {
        try ConfigDocument(parsing: text, file: file).root.mapping { (root) throws(ConfigError) in
            let receivers = try root.required("receivers") { (node) throws(ConfigError) in
                try node.list { (receiver) throws(ConfigError) in try self.receiver(receiver) }
            }
            let configuration = try RoutingConfiguration.read(&root, receivers: receivers.map(\.name), zone: zone)
            _ = root.remaining()
            return BacktestRouting(
                configuration: configuration,
                integrations: Dictionary(receivers.map { ($0.name, $0.integrations) }, uniquingKeysWith: { first, _ in first }))
        }
    }

    private static func receiver(_ node: ConfigNode) throws(ConfigError) -> (name: String, integrations: [IntegrationSettings]) {
        try node.mapping { (mapping) throws(ConfigError) in
            let name = try mapping.required("name", as: String.self)
            var integrations: [IntegrationSettings] = []
            for (key, value) in mapping.remaining() where key.hasSuffix("_configs") {
                let kind = String(key.dropLast("_configs".count))
                let sendsResolved = try value.list { (entry) throws(ConfigError) in
                    try entry.mapping { (settings) throws(ConfigError) in
                        let given = try settings.optional("send_resolved", as: Bool.self)
                        _ = settings.remaining()
                        return given ?? !untoldOfEnds.contains(kind)
                    }
                }
                for (index, sendResolved) in sendsResolved.enumerated() {
                    integrations.append(
                        IntegrationSettings(id: IntegrationID(receiver: name, kind: kind, index: index), sendResolved: sendResolved))
                }
            }
            return (name, integrations)
        }
    }

    /// The longest time that may go by between news of an alert and the notification of it.
    var longestWait: Int64 {
        configuration.routes.map { max($0.options.groupWaitMilliseconds, $0.options.groupIntervalMilliseconds) }.max() ?? 0
    }
}
