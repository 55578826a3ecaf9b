internal import ArgumentParser
internal import CommandLineClient

struct RulesBacktest: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backtest",
        abstract: "Replay alerting rules over what a server has stored, through routing.",
        discussion: """
            Shows when each alert would have been pending and firing, for how long, and whom it would have notified how often. With \
            --for or --keep-firing-for the rules are replayed in that form as well, and both are compared.

            Recording rules of the same files that the server has no series of are computed. Notifications follow the routes, waits \
            and intervals of an Alertmanager configuration: the server's own, or that of --alertmanager-config. Each is taken to \
            arrive. Nothing is sent or stored.

            EXAMPLES
              perch rules backtest rules.yml --since 30d
              perch rules backtest rules.yml --since 30d --for 10m
              perch rules backtest rules/*.yml --since 7d --alert DiskFull --alertmanager-config alertmanager.yml
              perch rules backtest rules.yml --since 30d --output json | jq '.variants[0].totals'

            EXIT STATUS
              0 replayed
              1 the server did not answer
              2 wrong usage or a wrong file
            """
    )

    @Argument(help: ArgumentHelp("Rule files; * ? [] may stand in the names.", valueName: "file"))
    var files: [String]

    @Option(help: ArgumentHelp("How far back to begin (30d), or the time at which to.", valueName: "duration"))
    var since: String

    @Option(help: ArgumentHelp("The end of the time; by default now.", valueName: "time"))
    var until: String?

    @Option(help: ArgumentHelp("Only this alert; may be given more than once.", valueName: "name"))
    var alert: [String] = []

    @Option(help: ArgumentHelp("Whom to notify; by default the server's own.", valueName: "file"))
    var alertmanagerConfig: String?

    @Option(name: .customLong("for"), help: ArgumentHelp("Compare with this in place of `for`.", valueName: "duration"))
    var hold: String?

    @Option(help: ArgumentHelp("Compare with this in place of `keep_firing_for`.", valueName: "duration"))
    var keepFiringFor: String?

    @Option(help: ArgumentHelp("Time between two evaluations, in place of that of the groups.", valueName: "duration"))
    var interval: String?

    @Flag(help: "Heed the silences that the server knows.")
    var withSilences = false

    @Flag(help: "Compute recording rules of the files even where the server has their series.")
    var recompute = false

    @Flag(help: "Show all alerts and notifications.")
    var all = false

    @Option(help: "text or json.")
    var output: BacktestOutputFormat = .text

    @Option(help: ArgumentHelp("Parts of PromQL to accept, by their names in Prometheus; all for all.", valueName: "name,…"))
    var enableFeature: [String] = []

    @OptionGroup var server: ServerOptions

    func run() async throws {
        var options = RulesBacktestCommand.Options(files: files, since: since)
        options.until = until
        options.alerts = alert
        options.alertmanagerFile = alertmanagerConfig
        options.hold = hold
        options.keepFiring = keepFiringFor
        options.interval = interval
        options.heedsSilences = withSilences
        options.recomputes = recompute
        options.isWhole = all
        options.format = output
        options.features = enableFeature
        let command = RulesBacktestCommand(
            client: try server.client(), options: options, terminal: TraceSurroundings.terminal, now: TraceSurroundings.now)
        try TraceSurroundings.exit(with: await command.run(output: .standard))
    }
}
