/// `perch traces diff`: compares two traces.
public struct TraceDiffCommand: Sendable {
    /// The options as they are given on the command line.
    public struct Options: Sendable {
        public var first: String
        public var second: String
        /// `--all`: nothing is folded.
        public var isAll: Bool
        /// `--exit-code`: the status says whether the traces are alike.
        public var hasExitCode: Bool
        public var format: TraceOutputFormat

        public init(first: String, second: String, isAll: Bool = false, hasExitCode: Bool = false, format: TraceOutputFormat = .table) {
            self.first = first
            self.second = second
            self.isAll = isAll
            self.hasExitCode = hasExitCode
            self.format = format
        }
    }

    private let client: PerchClient
    private let options: Options
    private let terminal: Terminal

    public init(client: PerchClient, options: Options, terminal: Terminal) {
        self.client = client
        self.options = options
        self.terminal = terminal
    }

    /// - Returns: `success` where both traces were found, `failure` where one was not or the server did not answer. With `--exit-code` also
    ///   `failure` where a span is there in one trace only, or failed in one only; that times differ is no difference.
    public func run(output: CommandOutput) async -> CommandStatus {
        var isDifferent = false
        let status = await output.reporting { () async throws(ClientError) in
            let first = TraceTree(try await client.wholeTrace(try TraceArgument.id(options.first)).batch)
            let second = TraceTree(try await client.wholeTrace(try TraceArgument.id(options.second)).batch)
            let diff = TraceDiff(first, second)
            let renderer = TraceDiffRenderer(terminal: terminal, diff: diff, isAll: options.isAll)
            output.result(options.format == .json ? renderer.json() : renderer.render())
            isDifferent = !diff.isAlike
        }
        return status == .success && options.hasExitCode && isDifferent ? .failure : status
    }
}
