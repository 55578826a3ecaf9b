internal import GraphImage
internal import LogQL
internal import QueryModel
internal import TelemetryModel

/// `perch logs`: evaluates a query of LogQL and prints lines, or numbers.
public struct LogsCommand: Sendable {
    /// The options as they are given on the command line.
    public struct Options: Sendable {
        public var query: String
        public var times: TraceTimeArguments
        /// `--limit`: the most lines.
        public var limit: Int
        /// `--forward`: the oldest lines of the time instead of the newest.
        public var isForward: Bool
        /// `--follow`: lines are printed as they come.
        public var isFollowing: Bool
        /// `--delay`: how many seconds a followed line may come late.
        public var delaySeconds: Int
        /// `--context`: how many lines around each are printed.
        public var context: Int
        /// `--step`: the distance between numbers.
        public var step: String?
        public var format: LogOutputFormat
        /// `--cut`: lines end where the terminal does.
        public var isCut: Bool

        public init(
            query: String, times: TraceTimeArguments = .init(), limit: Int = 100, isForward: Bool = false, isFollowing: Bool = false,
            delaySeconds: Int = 0, context: Int = 0, step: String? = nil, format: LogOutputFormat = .text, isCut: Bool = false
        ) {
            self.query = query
            self.times = times
            self.limit = limit
            self.isForward = isForward
            self.isFollowing = isFollowing
            self.delaySeconds = delaySeconds
            self.context = context
            self.step = step
            self.format = format
            self.isCut = isCut
        }
    }

    /// The outside of the command.
    public struct Surroundings: Sendable {
        /// The time now, in milliseconds.
        public var now: @Sendable () -> Int64
        /// Waits so many milliseconds; false where the command is to end.
        public var sleep: @Sendable (Int64) async -> Bool

        public init(now: @escaping @Sendable () -> Int64, sleep: @escaping @Sendable (Int64) async -> Bool) {
            self.now = now
            self.sleep = sleep
        }
    }

    let client: PerchClient
    let options: Options
    let terminal: Terminal
    let surroundings: Surroundings

    /// Lines that are asked for at a time.
    static let batchLines = 5_000
    private static let contextMax = 1_000

    public init(client: PerchClient, options: Options, terminal: Terminal, surroundings: Surroundings) {
        self.client = client
        self.options = options
        self.terminal = terminal
        self.surroundings = surroundings
    }

    /// - Returns: `usage` where an option or the query is wrong, `failure` where the server did not answer. An answer without lines is a
    ///   success.
    public func run(output: CommandOutput) async -> CommandStatus {
        await output.reporting { () async throws(ClientError) in
            if options.limit < 1 { throw .usage("--limit: has to be greater than zero") }
            if options.context < 0 || options.context > LogsCommand.contextMax {
                throw .usage("--context: has to be from 0 to \(LogsCommand.contextMax)")
            }
            if isMetric {
                try await numbers(output)
            } else if options.isFollowing {
                try checkFollowing()
                try await follow(output)
            } else {
                try await lines(output)
            }
        }
    }

    /// Whether the query asks for numbers. What is wrong with a query is for the server to say.
    private var isMetric: Bool {
        do throws(QueryError) {
            if case .metric = try LogQLParser().parseUnchecked(options.query).root { return true }
            return false
        } catch {
            return false
        }
    }

    private func checkFollowing() throws(ClientError) {
        if options.isForward { throw .usage("--forward: lines are followed in the order in which they come") }
        if options.context > 0 { throw .usage("--context: lines that are followed have none yet") }
        if options.times.to != nil { throw .usage("--to: following has no end") }
        if options.delaySeconds < 0 || options.delaySeconds > 5 { throw .usage("--delay: has to be from 0 to 5 seconds") }
    }

    // MARK: Numbers

    private func numbers(_ output: CommandOutput) async throws(ClientError) {
        guard let format = options.format.forNumbers else {
            throw .usage("--output: \(options.format.rawValue) is for log lines; this query gives numbers: text, json, csv or graph")
        }
        if options.isFollowing { throw .usage("--follow: this query gives numbers; only log lines are followed") }
        if options.context > 0 { throw .usage("--context: this query gives numbers") }
        let range = try options.times.range(now: surroundings.now())
        let isRange = options.times.since != nil || options.times.from != nil || format == .graph
        var step: Int64?
        if let text = options.step {
            if !isRange { throw .usage("--step needs --since or --from") }
            step = try TimeArgument.duration(text, option: "--step")
        } else if isRange {
            let points = format == .graph ? max(40, terminal.width * 2) : 60
            step = QueryCommand.roundStep(Int64((range.end - range.start) / 1_000_000) / Int64(points))
        }
        let answer =
            isRange
            ? try await client.logs(options.query, in: range, limit: options.limit, order: .backward, stepMilliseconds: step)
            : try await client.logNumbers(options.query, at: range.end)
        guard case .numbers(let reply) = answer else { throw ClientError("\(client.baseURL) answered a query for numbers with lines") }
        output.result(render(reply, format, range, step))
        for warning in reply.warnings { output.remark("warning: " + warning) }
        if reply.isEmpty && format == .table { output.remark("the answer is empty") }
    }

    private func render(_ reply: QueryReply, _ format: OutputFormat, _ range: PerchClient.TimeSpan, _ step: Int64?) -> String {
        switch format {
        case .table: return TableRenderer.render(reply)
        case .json: return JSONRenderer.render(reply)
        case .csv: return CSVRenderer.render(reply)
        case .graph:
            guard case .matrix(let series) = reply.result, let step else { return TableRenderer.render(reply) }
            return GraphRenderer(
                terminal: terminal, unit: QuantityUnit.inferred(from: options.query), start: Timestamp(range.start / 1_000_000),
                end: Timestamp(range.end / 1_000_000), stepMilliseconds: step
            ).render(series)
        }
    }

    // MARK: Lines

    private func lines(_ output: CommandOutput) async throws(ClientError) {
        guard options.format.isForLines else {
            throw .usage("--output: \(options.format.rawValue) is for numbers; this query gives lines: text, json, default, raw or jsonl")
        }
        if options.step != nil { throw .usage("--step: this query gives lines, not numbers") }
        let range = try options.times.range(now: surroundings.now())
        let found = try await find(in: range, output)
        let isOldestFirst = options.isForward || !options.format.keepsOrder
        let entries = isOldestFirst ? LogEntry.inOrder(found) : LogEntry.inReverseOrder(found)
        if entries.isEmpty {
            output.remark("no lines \(TraceTimeArguments.text(range, SpanTime(for: terminal)))")
            return
        }
        var writer = LogWriter(options, terminal)
        writer.measure(entries, output)
        if options.context > 0 {
            let blocks = try await LogBlocks.around(entries, count: options.context, client)
            writer.measure(blocks.flatMap(\.entries), output)
            for (index, block) in blocks.enumerated() {
                if index > 0 { output.result(terminal.painted("--", "2") + "\n") }
                for entry in block.entries { output.result(writer.text(entry, isContext: !block.hits.contains(entry))) }
            }
        } else {
            for entry in entries { output.result(writer.text(entry)) }
        }
        if found.count >= options.limit {
            let end = options.isForward ? "first" : "last"
            let lines = options.limit == 1 ? "line" : "\(grouped(options.limit)) lines"
            output.remark("the \(end) \(lines); there may be more (--limit)")
        }
    }

    /// Asks for the lines batch by batch.
    private func find(in range: PerchClient.TimeSpan, _ output: CommandOutput) async throws(ClientError) -> [LogEntry] {
        var found: [LogEntry] = []
        var rest = range
        var last: Set<LogEntry> = []
        while found.count < options.limit {
            let count = min(options.limit - found.count + last.count, LogsCommand.batchLines)
            let answer = try await client.logs(options.query, in: rest, limit: count, order: options.isForward ? .forward : .backward)
            guard case .lines(let all, let warnings) = answer else {
                throw ClientError("\(client.baseURL) answered a query for lines with numbers")
            }
            for warning in warnings { output.remark("warning: " + warning) }
            // The time at which a batch ends is asked for again, since not all of its lines may have been in it.
            let new = all.filter { !last.contains($0) }
            found += new
            guard all.count >= count, !new.isEmpty, let edge = options.isForward ? all.map(\.time).max() : all.map(\.time).min() else {
                break
            }
            last = Set(found.filter { $0.time == edge })
            if options.isForward { rest.start = UnixNanoseconds(max(0, edge)) } else { rest.end = UnixNanoseconds(max(0, edge)) + 1 }
        }
        return Array((options.isForward ? LogEntry.inOrder(found) : LogEntry.inReverseOrder(found)).prefix(options.limit))
    }
}

/// Writes lines in the form that is wanted.
struct LogWriter: Sendable {
    private let options: LogsCommand.Options
    private var text: LogTextRenderer
    private var formatter: LogLineFormatter

    init(_ options: LogsCommand.Options, _ terminal: Terminal) {
        self.options = options
        text = LogTextRenderer(terminal: terminal, isCut: options.isCut)
        formatter = LogLineFormatter(options.format, terminal: terminal)
    }

    /// Looks at lines that are to be written together.
    mutating func measure(_ entries: [LogEntry], _ output: CommandOutput) {
        if options.format == .text { return text.measure(entries) }
        if let remark = formatter.measure(entries) { output.remark(remark) }
    }

    /// Makes room for lines of a tail.
    mutating func measureOn(_ entries: [LogEntry]) { if options.format == .text { text.measure(entries) } }

    func text(_ entry: LogEntry, isContext: Bool = false) -> String {
        options.format == .text ? text.render(entry, isContext: isContext) : formatter.line(entry)
    }
}
