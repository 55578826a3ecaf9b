internal import Foundation
public import TelemetryModel

/// `perch alerts [list]`: the alerts that a server knows now.
public struct AlertsListCommand: Sendable {
    public struct Options: Sendable, Hashable {
        /// As amtool has them: `Down`, `job=x`, `severity=~"page|ticket"`.
        public var matchers: [String]
        /// Only alerts that are kept back by nothing.
        public var active: Bool
        /// Only alerts that a silence keeps back; with ``inhibited`` both.
        public var silenced: Bool
        public var inhibited: Bool
        /// A regular expression for the whole name of a receiver.
        public var receiver: String?
        public var format: TraceOutputFormat

        public init(
            matchers: [String] = [], active: Bool = false, silenced: Bool = false, inhibited: Bool = false, receiver: String? = nil,
            format: TraceOutputFormat = .table
        ) {
            self.matchers = matchers
            self.active = active
            self.silenced = silenced
            self.inhibited = inhibited
            self.receiver = receiver
            self.format = format
        }
    }

    private let client: PerchClient
    private let options: Options
    private let terminal: Terminal
    private let now: Timestamp

    /// - Parameter now: in milliseconds.
    public init(client: PerchClient, options: Options, terminal: Terminal, now: Timestamp) {
        self.client = client
        self.options = options
        self.terminal = terminal
        self.now = now
    }

    public func run(output: CommandOutput) async -> CommandStatus {
        await output.reporting { () async throws(ClientError) in
            var request = PerchClient.Request(path: "/api/v2/alerts")
            for filter in MatcherArguments.filters(options.matchers) { request.parameters.append(.init(name: "filter", value: filter)) }
            if let receiver = options.receiver { request.parameters.append(.init(name: "receiver", value: receiver)) }
            let response = try await client.callAlertmanager(request)
            if options.format == .json && !isChosen {
                return output.result(String(decoding: response.body, as: UTF8.self) + "\n")
            }
            let alerts = try client.decoded(response, as: [AlertReply].self).filter(isWanted)
            if options.format == .json {
                let wanted = Set(alerts.map(\.fingerprint))
                return output.result(try filtered(response.body, wanted) + "\n")
            }
            if alerts.isEmpty { return output.remark("no alerts") }
            output.result(table(alerts))
        }
    }

    private var isChosen: Bool { options.active || options.silenced || options.inhibited }

    private func isWanted(_ alert: AlertReply) -> Bool {
        !isChosen || (options.active && alert.isActive) || (options.silenced && !alert.status.silencedBy.isEmpty)
            || (options.inhibited && !alert.status.inhibitedBy.isEmpty)
    }

    /// The elements of the answer that are wanted, as they came.
    private func filtered(_ body: Data, _ wanted: Set<String>) throws(ClientError) -> String {
        do {
            let all = try JSONSerialization.jsonObject(with: body) as? [[String: Any]] ?? []
            let kept = all.filter { ($0["fingerprint"] as? String).map(wanted.contains) ?? false }
            return String(decoding: try JSONSerialization.data(withJSONObject: kept, options: [.sortedKeys]), as: UTF8.self)
        } catch {
            throw ClientError("\(client.baseURL) gave an answer that cannot be read: \(error)")
        }
    }

    private func table(_ alerts: [AlertReply]) -> String {
        let shown = ShownText(for: terminal)
        let time = AlertTimeText(now: now)
        var table = TextTable([
            .init(title: "STATE"), .init(title: "ALERT"), .init(title: "SINCE"), .init(title: "LABELS"), .init(title: "SUMMARY"),
        ])
        for alert in alerts.sorted(by: { $0.startsAt < $1.startsAt }) {
            table.add([
                AlertsListCommand.state(alert), shown(alert.labels["alertname"] ?? ""), time.age(alert.startsAt),
                shown(AlertLabelsText.rest(alert.labels)), shown(alert.annotations["summary"] ?? alert.annotations["description"] ?? ""),
            ])
        }
        return AlertStateColour.paint(table.rendered(), terminal)
    }

    /// `active`, or what keeps it back.
    private static func state(_ alert: AlertReply) -> String {
        if !alert.status.silencedBy.isEmpty { return "silenced" }
        if !alert.status.inhibitedBy.isEmpty { return "inhibited" }
        return alert.status.mutedBy?.isEmpty ?? true ? alert.status.state : "muted"
    }
}

/// Labels for people.
enum AlertLabelsText {
    /// All but the name of the alert.
    static func rest(_ labels: [String: String]) -> String {
        labels.filter { $0.key != "alertname" }.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            .map { $0.key + "=" + quoted($0.value) }.joined(separator: " ")
    }

    /// `Down{instance="a"}`.
    static func all(_ labels: [String: String]) -> String {
        let rest = labels.filter { $0.key != "alertname" }.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            .map { $0.key + "=" + quoted($0.value) }.joined(separator: ", ")
        return (labels["alertname"] ?? "") + (rest.isEmpty ? "" : "{" + rest + "}")
    }
}

/// The colours of states.
enum AlertStateColour {
    static func style(_ word: String) -> String {
        switch word {
        case "active", "firing", "failing", "delivery_failed", "delivery_given_up", "nobody": "31"
        case "pending", "waiting", "kept_firing": "33"
        case "silenced", "inhibited", "muted", "suppressed", "expired": "90"
        case "told", "notified", "resolved", "released": "32"
        default: ""
        }
    }

    /// Paints the first word of each line of a table but its titles.
    static func paint(_ table: String, _ terminal: Terminal) -> String {
        guard terminal.hasColor else { return table }
        var lines = table.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        for index in lines.indices.dropFirst() {
            let word = String(lines[index].prefix { $0 != " " })
            lines[index] = terminal.painted(word, style(word)) + lines[index].dropFirst(word.count)
        }
        return lines.joined(separator: "\n")
    }
}
