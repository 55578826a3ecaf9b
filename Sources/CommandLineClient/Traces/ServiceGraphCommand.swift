public import TelemetryModel

/// `perch traces graph`: prints which services call which.
public struct ServiceGraphCommand: Sendable {
    /// The options as they are given on the command line.
    public struct Options: Sendable {
        public var times: TraceTimeArguments
        public var format: ServiceGraphFormat

        public init(times: TraceTimeArguments = .init(), format: ServiceGraphFormat = .table) {
            self.times = times
            self.format = format
        }
    }

    private let client: PerchClient
    private let options: Options
    private let terminal: Terminal
    private let now: Timestamp

    /// - Parameter now: the time now, in milliseconds, which relative times are counted from.
    public init(client: PerchClient, options: Options, terminal: Terminal, now: Timestamp) {
        self.client = client
        self.options = options
        self.terminal = terminal
        self.now = now
    }

    /// - Returns: `usage` where an option is wrong, `failure` where the server did not answer. A graph without edges is a success.
    public func run(output: CommandOutput) async -> CommandStatus {
        await output.reporting { () async throws(ClientError) in
            let range = try options.times.range(now: now)
            let milliseconds = (range.end - range.start) / 1_000_000
            let end = options.times.to == nil ? nil : Timestamp(range.end / 1_000_000)
            var answers: [ServiceGraph.Question: [QueryReply.Element]] = [:]
            for question in ServiceGraph.Question.allCases {
                let reply = try await client.query(question.expression(range: "\(milliseconds)ms"), at: end)
                if case .vector(let elements) = reply.result { answers[question] = elements }
                if question == .rate && answers[question]?.isEmpty ?? true { break }
            }
            let graph = ServiceGraph(answers)
            let renderer = ServiceGraphRenderer(terminal: terminal)
            switch options.format {
            case .table: output.result(renderer.table(graph))
            case .json: output.result(ServiceGraphRenderer.json(graph))
            case .dot: output.result(renderer.dot(graph))
            }
            if graph.edges.isEmpty && options.format == .table {
                output.remark("no calls between services \(TraceTimeArguments.text(range, SpanTime(for: terminal)))")
            }
        }
    }
}
