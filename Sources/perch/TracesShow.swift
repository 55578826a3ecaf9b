internal import ArgumentParser
internal import CommandLineClient

struct TracesShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show a trace as a waterfall, with its log lines.",
        discussion: """
            The filled part of a bar is on the critical path: at that time the trace was waiting for this span \
            and none of those below it. Siblings alike and deep levels of large traces are folded.

            EXAMPLES
              perch traces show 5b8aa5a2d2c872e8321cf37308d69df2
              perch traces show 5b8aa5a2d2c872e8321cf37308d69df2 --depth 2
              perch traces show 5b8aa5a2d2c872e8321cf37308d69df2 --span 00f067aa0ba902b7
              perch traces show 5b8aa5a2d2c872e8321cf37308d69df2 --output json > trace.json

            EXIT STATUS
              0 shown
              1 not answered, or no such trace or span
              2 wrong usage or no trace id
            """
    )

    @Argument(help: "The trace's id: up to 32 hexadecimal digits, or a traceparent header.")
    var traceID: String

    @Option(help: ArgumentHelp("Show everything about one span instead.", valueName: "id"))
    var span: String?

    @Flag(help: "Fold nothing.")
    var all = false

    @Option(help: ArgumentHelp("Show so many levels; the roots are the first.", valueName: "levels"))
    var depth: Int?

    @Flag(inversion: .prefixedNo, help: "Look for the trace's log lines.")
    var logs = true

    @Option(help: "table, or json: OTLP's JSON.")
    var output: TraceOutputFormat = .table

    @OptionGroup var server: ServerOptions

    func run() async throws {
        let command = TraceShowCommand(
            client: try server.client(),
            options: .init(traceID: traceID, spanID: span, isAll: all, depth: depth, hasLogs: logs, format: output),
            terminal: TraceSurroundings.terminal)
        try TraceSurroundings.exit(with: await command.run(output: .standard))
    }
}

struct TracesDiff: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Compare two traces span by span.",
        discussion: """
            Spans are the same where their parents are, and service, name, and place among siblings of that name. \
            That times differ is expected; --exit-code asks whether spans or their errors do, as git diff has it.

            EXAMPLES
              perch traces diff 5b8aa5a2d2c872e8321cf37308d69df2 $ANOTHER
              perch traces diff $BEFORE $AFTER --exit-code --output json

            EXIT STATUS
              0 compared
              1 not answered, or no such trace, or with --exit-code different
              2 wrong usage or no trace id
            """
    )

    @Argument(help: "The id of the trace to compare with.")
    var first: String

    @Argument(help: "The id of the trace to compare.")
    var second: String

    @Flag(help: "Fold nothing.")
    var all = false

    @Flag(help: "Exit with 1 where a span is there, or failed, in one trace only.")
    var exitCode = false

    @Option(help: "table or json.")
    var output: TraceOutputFormat = .table

    @OptionGroup var server: ServerOptions

    func run() async throws {
        let command = TraceDiffCommand(
            client: try server.client(),
            options: .init(first: first, second: second, isAll: all, hasExitCode: exitCode, format: output),
            terminal: TraceSurroundings.terminal)
        try TraceSurroundings.exit(with: await command.run(output: .standard))
    }
}
