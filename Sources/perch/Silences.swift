internal import ArgumentParser
internal import CommandLineClient
internal import Foundation

struct Silences: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List, add and expire silences.",
        discussion: """
            EXAMPLES
              perch silences
              perch silences add alertname=Down instance=db-1 --duration 2h --comment "new disk"
              perch silences expire 0b4c0f2e-3f0e-4d52-9f0c-9a6d1f0a7e11
            """,
        subcommands: [SilencesList.self, SilencesAdd.self, SilencesExpire.self], defaultSubcommand: SilencesList.self)
}

struct SilencesList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List silences: those that hold, and those to come.",
        discussion: """
            EXAMPLES
              perch silences
              perch silences list --expired
              perch silences list alertname=Down --output json

            EXIT STATUS
              0 answered (even if there are none), 1 not answered, 2 wrong usage
            """)

    @Argument(help: "Matchers that silences have to have, just as written.")
    var matchers: [String] = []

    @Flag(help: "Those that have ended as well.")
    var expired = false

    @Option(help: "table or json.")
    var output: TraceOutputFormat = .table

    @OptionGroup var server: ServerOptions

    func run() async throws {
        let command = SilencesListCommand(
            client: try server.client(), matchers: matchers, includesExpired: expired, format: output,
            terminal: TraceSurroundings.terminal, now: TraceSurroundings.now)
        try TraceSurroundings.exit(with: await command.run(output: .standard))
    }
}

struct SilencesAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Silence alerts for a time, and print the id of the silence.",
        discussion: """
            An alert is silenced where it passes all matchers. With --recurring the silence holds only at those times between its start and its \
            end; it may be given several times. Fields are weekdays (mon:fri), times (22:00-06:00, also over midnight), days_of_month, months, \
            years and zone (UTC unless said), parted by commas; several values of one are parted by +.

            EXAMPLES
              perch silences add alertname=Down instance=db-1 --duration 2h --comment "new disk"
              perch silences add 'job=~"batch-.*"' --start 2026-12-24T00:00:00Z --end 2026-12-27T00:00:00Z
              perch silences add team=shop --duration 26w --recurring "weekdays=mon:fri,times=22:00-06:00,zone=Europe/Berlin"

            EXIT STATUS
              0 silenced, 1 not answered or not kept, 2 wrong usage
            """)

    @Argument(help: "Matchers: name=value, name!=value, name=~regex, name!~regex; a first one without an operator is the alert's name.")
    var matchers: [String]

    @Option(name: .shortAndLong, help: ArgumentHelp("How long: 30m, 2h, 7d. (default: 1h)", valueName: "duration"))
    var duration: String?

    @Option(help: ArgumentHelp("When it begins instead of now: RFC 3339, Unix seconds, now+1h.", valueName: "time"))
    var start: String?

    @Option(help: ArgumentHelp("When it ends.", valueName: "time"))
    var end: String?

    @Option(name: .shortAndLong, help: ArgumentHelp("Who silences; the user's name unless said.", valueName: "name"))
    var author: String?

    @Option(name: .shortAndLong, help: ArgumentHelp("Why.", valueName: "text"))
    var comment = ""

    @Option(help: ArgumentHelp("When it holds, again and again.", valueName: "times"))
    var recurring: [String] = []

    @OptionGroup var server: ServerOptions

    func run() async throws {
        let command = SilencesAddCommand(
            client: try server.client(),
            options: .init(
                matchers: matchers, duration: duration, start: start, end: end, author: author ?? NSUserName(), comment: comment,
                recurring: recurring), now: TraceSurroundings.now)
        try TraceSurroundings.exit(with: await command.run(output: .standard))
    }
}

struct SilencesExpire: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "expire", abstract: "End silences now.",
        discussion: """
            EXAMPLES
              perch silences expire 0b4c0f2e-3f0e-4d52-9f0c-9a6d1f0a7e11

            EXIT STATUS
              0 ended, 1 one of them is not known, or not answered, 2 wrong usage
            """)

    @Argument(help: "Their ids.")
    var ids: [String]

    @OptionGroup var server: ServerOptions

    func run() async throws {
        let command = SilencesExpireCommand(client: try server.client(), ids: ids)
        try TraceSurroundings.exit(with: await command.run(output: .standard))
    }
}
