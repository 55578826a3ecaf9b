public import TelemetryModel

/// `perch alerts why`: what happened to an alert, and why somebody is told of it or is not.
public struct AlertsWhyCommand: Sendable {
    public struct Options: Sendable, Hashable {
        /// The name of the alert, empty for any.
        public var name: String
        /// Further matchers: `instance=a`, `job=~"x.*"`.
        public var matchers: [String]
        public var times: TraceTimeArguments
        /// Whether what was sent is shown.
        public var showsPayloads: Bool
        /// The most alerts that are explained.
        public var limit: Int
        public var format: TraceOutputFormat

        public init(
            name: String, matchers: [String] = [], times: TraceTimeArguments = .init(), showsPayloads: Bool = false, limit: Int = 20,
            format: TraceOutputFormat = .table
        ) {
            self.name = name
            self.matchers = matchers
            self.times = times
            self.showsPayloads = showsPayloads
            self.limit = limit
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

    /// - Returns: `failure` where there is no such alert.
    public func run(output: CommandOutput) async -> CommandStatus {
        await output.reporting { () async throws(ClientError) in
            let request = try request()
            if options.format == .json {
                let response = try await client.answer(request)
                guard response.status == 200 else {
                    _ = try await client.call(request, of: AlertExplanationsReply.self)
                    throw ClientError("\(client.baseURL)\(request.path) answered \(response.status)")
                }
                return output.result(String(decoding: response.body, as: UTF8.self) + "\n")
            }
            let reply = try await client.call(request, of: AlertExplanationsReply.self)
            for warning in reply.warnings ?? [] { output.remark("warning: " + warning) }
            let alerts = reply.data?.alerts ?? []
            if alerts.isEmpty {
                throw ClientError("nothing is known of such an alert in this time; --since 30d looks further back")
            }
            let renderer = AlertWhyRenderer(terminal: terminal, now: now, showsPayloads: options.showsPayloads)
            output.result(alerts.map { renderer.render($0) }.joined(separator: "\n"))
        }
    }

    private func request() throws(ClientError) -> PerchClient.Request {
        let range = try options.times.range(now: now, standard: "7d")
        var matchers = options.matchers.map { $0.contains("\"") || !$0.contains("=") ? $0 : AlertsWhyCommand.quotedValue($0) }
        if !options.name.isEmpty { matchers.insert("alertname=" + quoted(options.name), at: 0) }
        guard !matchers.isEmpty else { throw .usage("which alert? give its name, or labels such as instance=a") }
        var request = PerchClient.Request(path: "/api/v1/alerts/why")
        request.parameters = [
            .init(name: "match[]", value: "{" + matchers.joined(separator: ",") + "}"),
            .init(name: "start", value: String(range.start / 1_000_000_000)),
            .init(name: "end", value: String(range.end / 1_000_000_000 + 1)),
            .init(name: "payload", value: options.showsPayloads || options.format == .json ? "true" : "false"),
            .init(name: "alerts", value: String(options.limit)),
        ]
        return request
    }

    /// `job=x y` as `job="x y"`.
    private static func quotedValue(_ text: String) -> String {
        let name = text.prefix { $0 != "=" && $0 != "!" }
        let rest = text.dropFirst(name.count)
        guard let comparison = ["=~", "!~", "!=", "="].first(where: { rest.hasPrefix($0) }) else { return text }
        return name + comparison + quoted(String(rest.dropFirst(comparison.count)))
    }
}
