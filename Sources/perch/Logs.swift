internal import ArgumentParser
internal import CommandLineClient
internal import Dispatch
internal import Foundation

struct Logs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Find and follow log lines by LogQL.",
        discussion: """
            The newest lines of the time are found (--since 1h unless said otherwise) and printed oldest first; \
            default, raw and jsonl are written as logcli does, newest first unless --forward is given. Lines that \
            are JSON are shown as message and fields. A query for numbers prints a table, or a graph with \
            --output graph: for now, or for a range of time with --since or --from.

            EXAMPLES
              perch logs '{service_name="orders"} |= "declined"' --since 1h
              perch logs '{service_name=~"orders|payments"} | detected_level="error"' --limit 1000
              perch logs '{service_name="orders"} | json | duration_ms > 500' --output jsonl | jq -r .line
              perch logs '{service_name="orders"} |= "panic"' --context 5
              perch logs '{service_name="orders"}' --follow
              perch logs '{service_name="orders"}' --from 2026-11-22T10:00:00Z --to 2026-11-22T10:05:00Z --forward
              perch logs 'sum by (detected_level) (rate({service_name="orders"}[5m]))' --since 6h --output graph

            EXIT STATUS
              0 answered (even if there is nothing), or following was ended by Ctrl-C
              1 not answered
              2 wrong usage or a wrong query
            """
    )

    @Argument(
        help: "A query of LogQL.",
        completion: .custom { words, _, _ in await LogCompletion.selectors(words) })
    var query: String

    @OptionGroup(title: "Time") var times: TraceTimeOptions

    @Option(help: ArgumentHelp("The most lines to find, or to begin with when following.", valueName: "count"))
    var limit = 100

    @Flag(help: "Find the oldest lines of the time instead of the newest.")
    var forward = false

    @Flag(name: .shortAndLong, help: "Print lines as they come, until Ctrl-C.")
    var follow = false

    @Option(
        help: ArgumentHelp(
            "Wait so long (0 to 5 seconds) for lines that come late when following, and print in order.", valueName: "seconds"))
    var delay = 0

    @Option(
        name: [.customShort("C"), .long],
        help: ArgumentHelp("Print so many lines of the same stream around each.", valueName: "count"))
    var context = 0

    @Option(help: ArgumentHelp("Distance between the numbers of a range.", valueName: "duration"))
    var step: String?

    @Option(
        help: "text, json, default (time, labels and line; also labels), raw or jsonl; for numbers text or table, json, csv or graph.")
    var output: LogOutputFormat = .text

    @Flag(help: "Cut lines at the width of the terminal.")
    var cut = false

    @Flag(name: [.customLong("no-colour"), .customLong("no-color")], help: "Leave colours out.")
    var noColour = false

    @OptionGroup var server: ServerOptions

    func run() async throws {
        var terminal = TraceSurroundings.terminal
        if noColour { terminal.hasColor = false }
        let command = LogsCommand(
            client: try server.client(),
            options: .init(
                query: query, times: times.arguments, limit: limit, isForward: forward, isFollowing: follow, delaySeconds: delay,
                context: context, step: step, format: output, isCut: cut),
            terminal: terminal,
            surroundings: .init(
                now: { TraceSurroundings.now },
                sleep: { milliseconds in (try? await Task.sleep(for: .milliseconds(milliseconds))) != nil }))
        guard follow else { return try TraceSurroundings.exit(with: await command.run(output: .standard)) }
        // The first Ctrl-C ends the connection as the protocol has it, a second one the process.
        let work = Task { await command.run(output: .standard) }
        signal(SIGINT, SIG_IGN)
        let interrupts = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
        interrupts.setEventHandler {
            signal(SIGINT, SIG_DFL)
            work.cancel()
        }
        interrupts.resume()
        try TraceSurroundings.exit(with: await work.value)
    }
}
