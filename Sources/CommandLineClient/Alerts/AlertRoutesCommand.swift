internal import AlertModel
internal import AlertRouting
internal import ConfigFile
internal import LabelMatching
internal import Notifications
internal import TelemetryModel

/// `perch alerts routes`: the tree of routes of a server or a file, and where an alert would go.
public struct AlertRoutesCommand: Sendable {
    private let client: PerchClient
    private let file: String?
    /// `name=value` of an alert; nil to show the tree.
    private let test: [String]?

    /// - Parameter file: an Alertmanager file; nil to ask the server.
    public init(client: PerchClient, file: String?, test: [String]?) {
        self.client = client
        self.file = file
        self.test = test
    }

    public func run(output: CommandOutput) async -> CommandStatus {
        await output.reporting { () async throws(ClientError) in
            let configuration = try await configuration()
            guard let test else { return output.result(configuration.routing.treeText) }
            var pairs: [(String, String)] = []
            for text in test {
                let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                guard parts.count == 2, !parts[0].isEmpty else { throw .usage("“\(text)” is no label; give name=value") }
                pairs.append((String(parts[0]), String(parts[1])))
            }
            let labels = LabelSet(pairs)
            output.result(configuration.routing.treeText(for: labels))
            for route in configuration.routing.routes(for: labels) {
                let options = route.options
                let integrations = (configuration.integrations[options.receiver] ?? []).map { "\($0.id.kind)[\($0.id.index)]" }
                var text = "\(options.receiver): " + (integrations.isEmpty ? "nobody is told" : integrations.joined(separator: ", "))
                text += "\n  route \(route.id)\n  group \(route.groupKey(of: route.groupLabels(of: labels)))\n"
                text += "  group_wait \(ConfigDuration(milliseconds: options.groupWaitMilliseconds))"
                text += ", group_interval \(ConfigDuration(milliseconds: options.groupIntervalMilliseconds))"
                text += ", repeat_interval \(ConfigDuration(milliseconds: options.repeatIntervalMilliseconds))\n"
                if !options.muteTimeIntervals.isEmpty { text += "  muted within \(options.muteTimeIntervals.joined(separator: ", "))\n" }
                if !options.activeTimeIntervals.isEmpty {
                    text += "  told only within \(options.activeTimeIntervals.joined(separator: ", "))\n"
                }
                output.result(text)
            }
        }
    }

    private func configuration() async throws(ClientError) -> AlertmanagerConfiguration {
        if let file {
            do throws(ConfigError) { return try AlertmanagerConfiguration(contentsOf: file) } catch {
                throw .usage(error.all.map(\.description).joined(separator: "; "))
            }
        }
        let text = try await client.alertmanagerConfiguration()
        do throws(ConfigError) { return try AlertmanagerConfiguration(parsing: text, file: client.baseURL) } catch {
            throw ClientError("the server's routes cannot be read: \(error.description)")
        }
    }
}
