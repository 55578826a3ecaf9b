public import TelemetryModel

/// `perch traces search`: finds traces by TraceQL.
public struct TraceSearchCommand: Sendable {
    /// The options as they are given on the command line.
    public struct Options: Sendable {
        public var query: String?
        public var filter: SpanFilter
        public var times: TraceTimeArguments
        public var limit: Int
        /// `--spans`: how many matching spans of each trace are listed.
        public var spans: Int
        public var format: TraceOutputFormat

        public init(
            query: String? = nil, filter: SpanFilter = .init(), times: TraceTimeArguments = .init(), limit: Int = 20, spans: Int = 0,
            format: TraceOutputFormat = .table
        ) {
            self.query = query
            self.filter = filter
            self.times = times
            self.limit = limit
            self.spans = spans
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

    /// - Returns: `usage` where an option or the query is wrong, `failure` where the server did not answer. Finding nothing is a success.
    public func run(output: CommandOutput) async -> CommandStatus {
        await output.reporting { () async throws(ClientError) in
            guard options.limit > 0 else { throw .usage("--limit: has to be greater than zero") }
            guard options.spans >= 0 else { throw .usage("--spans: has to be zero or greater") }
            let query = try options.filter.query(options.query)
            let range = try options.times.range(now: now)
            let traces = try await client.searchTraces(
                query, in: range, limit: options.limit, spansPerSet: options.spans > 0 ? options.spans : 3)
            let renderer = TraceListRenderer(terminal: terminal, spansMax: options.spans)
            output.result(options.format == .json ? TraceListRenderer.json(traces) : renderer.table(traces))
            if options.format == .table {
                if traces.isEmpty {
                    output.remark("no trace matches \(query) \(TraceTimeArguments.text(range, SpanTime(for: terminal)))")
                } else if traces.count >= options.limit {
                    output.remark("\(options.limit) shown, there may be more: --limit")
                }
            }
        }
    }
}
