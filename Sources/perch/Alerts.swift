internal import ArgumentParser
internal import CommandLineClient

struct Alerts: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List alerts, and find out why somebody was told of one, or was not.",
        discussion: """
            EXAMPLES
              perch alerts
              perch alerts list severity=page --output json
              perch alerts why Down instance=db-1
              perch alerts routes --test severity=page team=shop
            """,
        subcommands: [AlertsList.self, AlertsWhy.self, AlertsRoutes.self], defaultSubcommand: AlertsList.self)
}

struct AlertsList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the alerts that fire now.",
        discussion: """
            Matchers are written as amtool takes them; a first one without an operator stands for the name of the alert. Without --active, \
            --silenced and --inhibited all alerts are listed.

            EXAMPLES
              perch alerts
              perch alerts Down
              perch alerts list 'severity=~"page|ticket"' team=shop
              perch alerts list --silenced
              perch alerts list --receiver 'team-.*' --output json

            EXIT STATUS
              0 answered (even if there are none), 1 not answered, 2 wrong usage
            """)

    @Argument(help: "Matchers that alerts have to pass: name=value, name!=value, name=~regex, name!~regex.")
    var matchers: [String] = []

    @Flag(name: .shortAndLong, help: "Alerts that nothing keeps back.")
    var active = false

    @Flag(name: .shortAndLong, help: "Alerts that a silence keeps back.")
    var silenced = false

    @Flag(name: .shortAndLong, help: "Alerts that another alert keeps back.")
    var inhibited = false

    @Option(name: .shortAndLong, help: ArgumentHelp("Alerts that a receiver of this name is told of.", valueName: "regex"))
    var receiver: String?

    @Option(help: "table or json.")
    var output: TraceOutputFormat = .table

    @OptionGroup var server: ServerOptions

    func run() async throws {
        let command = AlertsListCommand(
            client: try server.client(),
            options: .init(
                matchers: matchers, active: active, silenced: silenced, inhibited: inhibited, receiver: receiver, format: output),
            terminal: TraceSurroundings.terminal, now: TraceSurroundings.now)
        try TraceSurroundings.exit(with: await command.run(output: .standard))
    }
}
