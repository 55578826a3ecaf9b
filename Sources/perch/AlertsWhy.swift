internal import ArgumentParser
internal import CommandLineClient

struct AlertsWhy: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "why",
        abstract: "Explain why somebody was told of an alert, or was not.",
        discussion: """
            For each alert: how things stand now with every receiver and what decides it - a silence, another alert, a time interval, a wait \
            of its group, a delivery that fails - and everything that happened to it, with what decided it then.

            EXAMPLES
              perch alerts why Down
              perch alerts why Down instance=db-1 --since 30d
              perch alerts why Down 'job=~"shop-.*"' --from 2026-11-20T00:00:00Z --to 2026-11-21T00:00:00Z
              perch alerts why Down --payload
              perch alerts why Down --output json | jq -r '.data.alerts[].timeline[].kind'

            EXIT STATUS
              0 explained, 1 there is no such alert, or not answered, 2 wrong usage
            """)

    @Argument(help: "The name of the alert.")
    var name: String

    @Argument(help: "Labels that it has to have: name=value, name!=value, name=~regex, name!~regex.")
    var labels: [String] = []

    @Option(help: ArgumentHelp("How far back to look (7d), or the time to begin at.", valueName: "duration"))
    var since: String?

    @Option(help: ArgumentHelp("The time to begin at: RFC 3339, Unix seconds, now-5m.", valueName: "time"))
    var from: String?

    @Option(help: ArgumentHelp("The time to end at instead of now.", valueName: "time"))
    var to: String?

    @Flag(help: "Show what was sent.")
    var payload = false

    @Option(help: ArgumentHelp("The most alerts to explain.", valueName: "count"))
    var limit = 20

    @Option(help: "table (for people) or json.")
    var output: TraceOutputFormat = .table

    @OptionGroup var server: ServerOptions

    func run() async throws {
        // `perch alerts why instance=a` asks for any name.
        let isName = !name.contains("=") && !name.contains("!~")
        let command = AlertsWhyCommand(
            client: try server.client(),
            options: .init(
                name: isName ? name : "", matchers: (isName ? [] : [name]) + labels, times: .init(since: since, from: from, to: to),
                showsPayloads: payload, limit: limit, format: output),
            terminal: TraceSurroundings.terminal, now: TraceSurroundings.now)
        try TraceSurroundings.exit(with: await command.run(output: .standard))
    }
}

struct AlertsRoutes: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "routes",
        abstract: "Show the tree of routes, and where an alert would go.",
        discussion: """
            EXAMPLES
              perch alerts routes
              perch alerts routes --test severity=page team=shop
              perch alerts routes --file alertmanager.yml --test alertname=Down

            EXIT STATUS
              0 shown, 1 not answered, 2 wrong usage or a wrong file
            """)

    @Option(help: ArgumentHelp("An Alertmanager configuration file, instead of what the server runs by.", valueName: "file"))
    var file: String?

    @Option(parsing: .upToNextOption, help: ArgumentHelp("Labels of an alert: show where it would go.", valueName: "name=value"))
    var test: [String] = []

    @OptionGroup var server: ServerOptions

    func run() async throws {
        let command = AlertRoutesCommand(client: try server.client(), file: file, test: test.isEmpty ? nil : test)
        try TraceSurroundings.exit(with: await command.run(output: .standard))
    }
}
