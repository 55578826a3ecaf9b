internal import ArgumentParser
internal import CommandLineClient

struct TracesSearch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "search",
        abstract: "Find traces by TraceQL.",
        discussion: """
            Options for service, operation and so on stand for conditions of TraceQL. Together with a query \
            that is one selector, { … }, one span has to fulfil all; with any other query, the trace has to \
            have spans for both. A value of --tag that looks like a number is found as number and as text.

            EXAMPLES
              perch traces search '{ resource.service.name = "payments" && duration > 1s }'
              perch traces search --service payments --error --min-duration 200ms
              perch traces search '{ kind = server } >> { status = error }' --limit 50
              perch traces search '{ span.http.route = "/charge" }' --error --spans 5
              perch traces search --tag resource.k8s.pod.name=payments-7 --since 5m
              perch traces search --output json | jq -r '.traces[].traceID'

            EXIT STATUS
              0 answered (even if there is nothing)
              1 not answered
              2 wrong usage or a wrong query
            """
    )

    @Argument(help: "A query of TraceQL; all traces where neither it nor an option is given.")
    var query: String?

    @OptionGroup(title: "Conditions") var conditions: SpanFilterOptions

    @OptionGroup(title: "Time") var times: TraceTimeOptions

    @Option(help: ArgumentHelp("The most traces to find.", valueName: "count"))
    var limit = 20

    @Option(help: ArgumentHelp("List so many matching spans of each trace, with the attributes that the query names.", valueName: "count"))
    var spans = 0

    @Option(help: "table or json.")
    var output: TraceOutputFormat = .table

    @OptionGroup var server: ServerOptions

    func run() async throws {
        let command = TraceSearchCommand(
            client: try server.client(),
            options: .init(query: query, filter: conditions.filter, times: times.arguments, limit: limit, spans: spans, format: output),
            terminal: TraceSurroundings.terminal, now: TraceSurroundings.now)
        try TraceSurroundings.exit(with: await command.run(output: .standard))
    }
}

struct TracesTail: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail",
        abstract: "Print traces as they come, until Ctrl-C.",
        discussion: """
            The server is asked every few seconds. A trace is printed once: when its root has come, or when \
            it has not for five seconds. A server that goes away is asked until it is back.

            EXAMPLES
              perch traces tail
              perch traces tail --service checkout --error
              perch traces tail '{ duration > 1s }' --since 10m --output json

            EXIT STATUS
              1 not answered the first time
              2 wrong usage or a wrong query
              130 as shells have it after Ctrl-C
            """
    )

    @Argument(help: "A query of TraceQL; all traces where neither it nor an option is given.")
    var query: String?

    @OptionGroup(title: "Conditions") var conditions: SpanFilterOptions

    @Option(help: ArgumentHelp("How far back to begin (10m), or the time to begin at, instead of now.", valueName: "duration"))
    var since: String?

    @Option(help: ArgumentHelp("The time between two looks.", valueName: "duration"))
    var interval = "2s"

    @Option(help: "table, or json: one object a line.")
    var output: TraceOutputFormat = .table

    @OptionGroup var server: ServerOptions

    func run() async throws {
        let command = TraceTailCommand(
            client: try server.client(),
            options: .init(query: query, filter: conditions.filter, since: since, interval: interval, format: output),
            terminal: TraceSurroundings.terminal,
            surroundings: .init(
                now: { TraceSurroundings.now },
                sleep: { milliseconds in
                    // Nothing but the end of the process cancels the wait.
                    (try? await Task.sleep(for: .milliseconds(milliseconds))) != nil
                }))
        try TraceSurroundings.exit(with: await command.run(output: .standard))
    }
}
