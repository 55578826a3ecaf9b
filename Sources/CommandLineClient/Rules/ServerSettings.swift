internal import ConfigFile
internal import Foundation
internal import TelemetryModel

/// What a server's own configuration says that rules depend on.
struct ServerSettings {
    /// `global.evaluation_interval`; milliseconds.
    var evaluationInterval: Int64 = 60_000
    /// `global.external_labels`
    var externalLabels = LabelSet()

    private struct Payload: Decodable { var yaml: String }

    /// Asks a server; one that does not tell, as others that speak its API, is taken to have none.
    static func of(_ client: PerchClient) async -> ServerSettings {
        var settings = ServerSettings()
        guard let envelope = try? await client.call(.init(path: "/api/v1/status/config"), of: Payload.self), let payload = envelope.data,
            let document = try? ConfigDocument(parsing: payload.yaml, file: "the server's configuration")
        else { return settings }
        _ = try? document.root.mapping { (root) throws(ConfigError) in
            try root.optional("global") { (node) throws(ConfigError) in
                try node.mapping { (global) throws(ConfigError) in
                    if let interval = try global.optional("evaluation_interval", as: ConfigDuration.self), interval.milliseconds > 0 {
                        settings.evaluationInterval = interval.milliseconds
                    }
                    let labels = try global.optional("external_labels") { (node) throws(ConfigError) in
                        try node.entries { (_, value) throws(ConfigError) in try value.string() }
                    }
                    settings.externalLabels = LabelSet((labels ?? []).map { ($0.key, $0.value) })
                    _ = global.remaining()
                }
            }
            _ = root.remaining()
        }
        return settings
    }
}
