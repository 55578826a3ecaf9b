internal import ArgumentParser
internal import CommandLineClient
internal import Foundation

struct DashboardsCheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Say whether dashboards are right and their panels have data.",
        discussion: """
            Without a server, the form of each dashboard is checked, and the syntax of every query in it: of panels, variables and \
            annotations, for Prometheus, Loki and Tempo. What is wrong is printed as FILE:LINE:COLUMN: error, what a reviewer would \
            ask to be changed as note.

            With --url or PERCH_URL every query is asked as Grafana would, variables and all. Panels with errors, without data and \
            slow ones are told of. A panel with a text for “No value” may be empty, and so may those that --allow-empty names.

            EXAMPLES
              perch dashboards check dashboards/
              perch dashboards check 'dashboards/*.json' --strict
              perch dashboards check dashboards/ --url http://127.0.0.1:9797 --since 15m
              perch dashboards check service.json --url http://127.0.0.1:9797 --var service=orders
              perch dashboards check dashboards/ --url http://127.0.0.1:9797 --allow-empty 'shop-checkout/Refunds'

            EXIT STATUS
              0 all is right, and every panel has data
              1 a panel has an error or no data, or the server does not answer
              2 a dashboard is not right, or wrong usage
            """
    )

    @Argument(help: ArgumentHelp("Dashboards, folders of them; * ? [] may stand in the names.", valueName: "path"), completion: .file())
    var paths: [String]

    @Option(help: ArgumentHelp("The server to ask; PERCH_URL where it is not given. Without either, none is asked.", valueName: "url"))
    var url: String?

    @Option(help: ArgumentHelp("How far back panels look.", valueName: "duration"))
    var since = "15m"

    @Option(help: ArgumentHelp("When they are looked at: now, now-5m, Unix seconds or RFC 3339.", valueName: "time"))
    var at: String?

    @Option(
        name: .customLong("var"),
        help: ArgumentHelp("The value of a variable; given more than once, one of several values.", valueName: "name=value"))
    var variables: [String] = []

    @Option(
        help: ArgumentHelp(
            "A panel that may be without data, by its title or id, or by UID/TITLE; may be given more than once.", valueName: "panel"))
    var allowEmpty: [String] = []

    @Option(help: ArgumentHelp("Tell of queries that take longer.", valueName: "duration"))
    var slow = "2s"

    @Option(help: ArgumentHelp("How often targets are scraped; four times that is the least $__rate_interval.", valueName: "duration"))
    var scrapeInterval = "15s"

    @Flag(help: "Exit with 2 for notes as well.")
    var strict = false

    @Option(help: "text or json.")
    var output: DashboardOutputFormat = .text

    func run() async throws {
        var options = DashboardsCheckCommand.Options(paths: paths)
        options.since = since
        options.at = at
        options.variables = variables
        options.allowedEmpty = allowEmpty
        options.slow = slow
        options.scrapeInterval = scrapeInterval
        options.isStrict = strict
        options.format = output
        let command = DashboardsCheckCommand(
            client: try client(), options: options, terminal: TraceSurroundings.terminal, now: TraceSurroundings.now)
        try TraceSurroundings.exit(with: await command.run(output: .standard))
    }

    /// nil where no server is named.
    private func client() throws -> PerchClient? {
        let named = ProcessInfo.processInfo.environment["PERCH_URL"] ?? ""
        guard url != nil || !named.isEmpty else { return nil }
        var server = ServerOptions()
        server.url = url ?? named
        return try server.client()
    }
}
