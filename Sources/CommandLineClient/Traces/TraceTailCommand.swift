internal import TelemetryModel

/// `perch traces tail`: prints traces as they come.
public struct TraceTailCommand: Sendable {
    /// The options as they are given on the command line.
    public struct Options: Sendable {
        public var query: String?
        public var filter: SpanFilter
        /// `--since`: how far back it begins; nil to begin now.
        public var since: String?
        /// `--interval`: the time between two searches.
        public var interval: String
        public var format: TraceOutputFormat

        public init(
            query: String? = nil, filter: SpanFilter = .init(), since: String? = nil, interval: String = "2s",
            format: TraceOutputFormat = .table
        ) {
            self.query = query
            self.filter = filter
            self.since = since
            self.interval = interval
            self.format = format
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

    private let client: PerchClient
    private let options: Options
    private let terminal: Terminal
    private let surroundings: Surroundings

    /// Traces that one search gives at most.
    private static let limit = 500

    public init(client: PerchClient, options: Options, terminal: Terminal, surroundings: Surroundings) {
        self.client = client
        self.options = options
        self.terminal = terminal
        self.surroundings = surroundings
    }

    /// Runs until it is ended. A server that does not answer is asked again, and the gap is searched when it is back.
    ///
    /// - Returns: `usage` where an option or the query is wrong, `failure` where the server did not answer the first time.
    public func run(output: CommandOutput) async -> CommandStatus {
        await output.reporting { () async throws(ClientError) in
            let query = try options.filter.query(options.query)
            let interval = try TimeArgument.duration(options.interval, option: "--interval")
            let now = surroundings.now()
            let start = try options.since.map { (text) throws(ClientError) in try TimeArgument.start(text, end: now, now: now) } ?? now
            guard start <= now else { throw .usage("--since: begins in the future") }
            try await follow(query, start: TraceTailCommand.nanoseconds(start), interval, output)
        }
    }

    private func follow(_ query: String, start: UnixNanoseconds, _ interval: Int64, _ output: CommandOutput) async throws(ClientError) {
        let renderer = TraceListRenderer(terminal: terminal)
        var tail = TraceTail(start: start)
        var isFirst = true
        var failedSince: UnixNanoseconds?
        repeat {
            let now = TraceTailCommand.nanoseconds(surroundings.now())
            var range = tail.range(now: now)
            if let failedSince { range.start = min(range.start, failedSince) }
            do throws(ClientError) {
                let found = try await client.searchTraces(query, in: range, limit: TraceTailCommand.limit)
                if failedSince != nil { output.remark("\(client.baseURL) answers again") }
                failedSince = nil
                if isFirst && options.format == .table { output.remark("waiting for traces that match \(query); Ctrl-C ends it") }
                isFirst = false
                for trace in tail.take(found, now: now) {
                    output.result(options.format == .json ? TraceListRenderer.json(trace) : renderer.row(trace))
                }
                if found.count >= TraceTailCommand.limit {
                    output.remark("more than \(TraceTailCommand.limit) traces at a time; not all are shown: narrow the query")
                }
            } catch {
                if isFirst || error.status == .usage { throw error }
                if failedSince == nil {
                    output.remark(error.message + "; trying again")
                    failedSince = range.start
                }
            }
        } while await surroundings.sleep(interval)
    }

    private static func nanoseconds(_ milliseconds: Int64) -> UnixNanoseconds {
        UInt64(max(0, min(milliseconds, Int64.max / 1_000_000))) * 1_000_000
    }
}
