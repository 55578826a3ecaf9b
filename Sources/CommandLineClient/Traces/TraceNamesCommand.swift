/// `perch traces services` and `perch traces operations`: lists who sends spans, and what they do.
public struct TraceNamesCommand: Sendable {
    private let client: PerchClient
    /// The service whose operations are listed; nil to list services.
    private let service: String?
    private let format: TraceOutputFormat
    private let terminal: Terminal

    public init(client: PerchClient, operationsOf service: String? = nil, format: TraceOutputFormat = .table, terminal: Terminal) {
        self.client = client
        self.service = service
        self.format = format
        self.terminal = terminal
    }

    /// - Returns: `failure` where a service has no operations, being unknown, or the server did not answer. That there are no services
    ///   yet is a success.
    public func run(output: CommandOutput) async -> CommandStatus {
        await output.reporting { () async throws(ClientError) in
            if let service { try await operations(of: service, output) } else { try await services(output) }
        }
    }

    private func services(_ output: CommandOutput) async throws(ClientError) {
        let services = try await client.services()
        let shown = ShownText(for: terminal)
        if format == .json {
            var json = JSONText()
            json.object { json in
                json.member("services") { $0.array(services) { $0.string($1) } }
            }
            return output.result(json.text + "\n")
        }
        output.result(services.map { shown($0) + "\n" }.joined())
        if services.isEmpty { output.remark("no service has sent spans to \(client.baseURL) yet") }
    }

    private func operations(of service: String, _ output: CommandOutput) async throws(ClientError) {
        let operations = try await client.operations(of: service)
        if operations.isEmpty {
            let shown = ShownText(for: terminal)
            let known = try await client.services()
            let names = known.prefix(10).map { shown($0) }.joined(separator: ", ")
            let hint = known.isEmpty ? "no service has sent spans yet" : "there are: " + names + (known.count > 10 ? ", …" : "")
            throw ClientError("no operations of a service “\(shown(service))”; \(hint)")
        }
        if format == .json {
            var json = JSONText()
            json.object { json in
                json.member("operations") { json in
                    json.array(operations) { json, operation in
                        json.object { json in
                            json.member("name") { $0.string(operation.name) }
                            json.member("spanKind") { $0.string(operation.spanKind) }
                        }
                    }
                }
            }
            return output.result(json.text + "\n")
        }
        let shown = ShownText(for: terminal)
        var table = TextTable([.init(title: "OPERATION"), .init(title: "KIND")])
        for operation in operations { table.add([shown(operation.name), operation.spanKind]) }
        output.result(table.rendered())
    }

    // MARK: Completion

    /// The names that a shell may complete with; nothing where the server does not answer.
    public static func completions(client: PerchClient, operationsOf service: String? = nil) async -> [String] {
        let names: [String]? =
            if let service {
                try? await client.operations(of: service).map(\.name)
            } else {
                try? await client.services()
            }
        // One name a line is what shells are given.
        return Array(Set(names ?? [])).filter { !$0.contains(where: \.isNewline) }.sorted()
    }
}
