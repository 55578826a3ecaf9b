public import GraphImage
public import TelemetryModel

/// `perch query`: evaluates an expression on a server and prints the answer.
public struct QueryCommand: Sendable {
    /// The options as they are given on the command line.
    public struct Options: Sendable {
        public var expression: String
        /// `--at`: the time of an instant query, or the end of a range.
        public var at: String?
        /// `--since`: how far back a range goes, a duration, or the time at which it starts.
        public var since: String?
        /// `--step`: the distance between the points of a range.
        public var step: String?
        public var format: OutputFormat
        /// `--unit`: the unit of a graph; nil to judge by the names of the metrics.
        public var unit: QuantityUnit?
        /// `--explain`: how the answer came about, instead of the answer.
        public var isExplained: Bool

        public init(
            expression: String, at: String? = nil, since: String? = nil, step: String? = nil, format: OutputFormat = .table,
            unit: QuantityUnit? = nil, isExplained: Bool = false
        ) {
            self.expression = expression
            self.at = at
            self.since = since
            self.step = step
            self.format = format
            self.unit = unit
            self.isExplained = isExplained
        }
    }

    private enum Times: Sendable {
        case instant(Timestamp?)
        case range(start: Timestamp, end: Timestamp, step: Int64)
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

    /// Runs the query. Without `--since` it is an instant one, except for graphs, which then show the last hour.
    ///
    /// - Returns: `usage` where an option or the expression is wrong, `failure` where the server did not answer it. An answer without
    ///   elements is a success.
    public func run(output: CommandOutput) async -> CommandStatus {
        await output.reporting { () async throws(ClientError) in
            let times = try self.times()
            if options.isExplained && options.format != .table && options.format != .json {
                throw .usage("--explain: an explanation is a table or json, not \(options.format.rawValue)")
            }
            let reply: QueryReply
            switch times {
            case .instant(let time):
                reply = try await client.query(options.expression, at: time, isExplained: options.isExplained)
            case .range(let start, let end, let step):
                reply = try await client.queryRange(
                    options.expression, from: start, to: end, stepMilliseconds: step, isExplained: options.isExplained)
            }
            output.result(try options.isExplained ? explanation(of: reply) : render(reply, times))
            for warning in reply.warnings { output.remark("warning: " + warning) }
            for info in reply.infos { output.remark("info: " + info) }
            if reply.isEmpty && options.format == .table && !options.isExplained { output.remark("the answer is empty") }
        }
    }

    private func times() throws(ClientError) -> Times {
        let at = try options.at.map { (text) throws(ClientError) in try TimeArgument.time(text, now: now, option: "--at") }
        let isGraph = options.format == .graph
        guard options.since != nil || isGraph else {
            if options.step != nil { throw .usage("--step needs --since") }
            return .instant(at)
        }
        let end = at ?? now
        let start = try self.start(end: end)
        guard start < end else { throw .usage("--since: the range would end before it starts") }
        if let text = options.step {
            let step = try TimeArgument.duration(text, option: "--step")
            return .range(start: start, end: end, step: step)
        }
        let points = isGraph ? Int64(max(40, terminal.width * 2)) : 60
        return .range(start: start, end: end, step: QueryCommand.roundStep((end - start) / points))
    }

    /// The start of the range: `--since` as a duration before its end, or as a time.
    private func start(end: Timestamp) throws(ClientError) -> Timestamp {
        try TimeArgument.start(options.since ?? "1h", end: end, now: now)
    }

    /// A round step, at least one second, not below what is wanted.
    static func roundStep(_ wanted: Int64) -> Int64 {
        let seconds: [Int64] = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400]
        return (seconds.first { $0 * 1000 >= wanted } ?? (wanted / 86_400_000 + 1) * 86_400) * 1000
    }

    private func explanation(of reply: QueryReply) throws(ClientError) -> String {
        guard let explanation = reply.explanation else { throw ClientError("\(client.baseURL) does not explain its answers") }
        if options.format == .json { return JSONRenderer.render(explanation) }
        return ExplanationRenderer(terminal: terminal).render(explanation, expression: options.expression)
    }

    private func render(_ reply: QueryReply, _ times: Times) -> String {
        switch options.format {
        case .table: return TableRenderer.render(reply)
        case .json: return JSONRenderer.render(reply)
        case .csv: return CSVRenderer.render(reply)
        case .graph:
            guard case .matrix(let series) = reply.result, case .range(let start, let end, let step) = times else {
                return TableRenderer.render(reply)
            }
            let unit = options.unit ?? QuantityUnit.inferred(from: options.expression)
            return GraphRenderer(terminal: terminal, unit: unit, start: start, end: end, stepMilliseconds: step).render(series)
        }
    }
}

extension QueryReply {
    var isEmpty: Bool {
        switch result {
        case .vector(let elements): elements.isEmpty
        case .matrix(let series): series.isEmpty
        case .scalar, .string: false
        }
    }
}
