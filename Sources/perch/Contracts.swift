internal import ArgumentParser
internal import CommandLineClient

struct Contracts: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "contract",
        abstract: "Hold what a service declares against what arrives.",
        discussion: """
            A contract is what a service says of its own metrics, spans and log lines: the JSON that \
            TelemetryContract.schema(service:) of PerchMetrics prints.

            EXAMPLES
              perch contract check shop.json
              perch contract check shop.json --since 15m --output json
              perch contract dashboard shop.json > dashboards/shop.json
              perch contract rules shop.json > shop.rules.yml
              perch contract rules shop.json --tests > shop.test.yml
            """,
        subcommands: [Check.self, Dashboard.self, Rules.self]
    )

    struct ContractOptions: ParsableArguments {
        @Argument(help: ArgumentHelp("The contract; - for standard input.", valueName: "file"))
        var file: String

        @Option(
            help: ArgumentHelp(
                "Which series are the service's, as matchers of PromQL; by default those whose job is the service's name.",
                valueName: "matchers"))
        var selector: String?
    }

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say what arrives otherwise than declared.",
            discussion: """
                Finds metrics that are missing or not declared, of another type, help, unit or other buckets; labels and values that are missing or not \
                declared, labels with more values than there may be or ever more of them; spans of another kind; attributes and metadata that are missing \
                or of another type. Metrics that come with scraping or from Perch's libraries (process_, swift_, perch_, http_server_, http_client_, \
                rpc_, db_client_) need not be declared. Spans and lines that did not occur in the time are noted, and no fault.

                EXAMPLES
                  perch contract check shop.json
                  perch contract check shop.json --selector 'job="shop", env="prod"' --ignore-label env
                  perch contract check shop.json --strict --output json | jq -r '.findings[].message'

                EXIT STATUS
                  0 all is as declared
                  1 something differs, or the server did not answer
                  2 wrong usage, or a file that is no contract
                """
        )

        @OptionGroup var contract: ContractOptions

        @Option(help: ArgumentHelp("How far back to look.", valueName: "duration"))
        var since = "1h"

        @Option(help: ArgumentHelp("Metrics whose names begin so need not be declared; may be given more than once.", valueName: "prefix"))
        var ignore: [String] = []

        @Option(help: ArgumentHelp("A label that need not be declared; may be given more than once.", valueName: "name"))
        var ignoreLabel: [String] = []

        @Flag(help: "What libraries add has to be declared, too, and what is declared has to have occurred.")
        var strict = false

        @Option(help: "table, one finding a line, or json.")
        var output: OutputFormat = .table

        @OptionGroup var server: ServerOptions

        func run() async throws {
            var options = ContractCheckCommand.Options(file: contract.file)
            options.since = since
            options.selector = contract.selector
            options.ignoredPrefixes = ignore
            options.ignoredLabels = ignoreLabel
            options.isStrict = strict
            options.format = output
            let command = ContractCheckCommand(client: try server.client(), options: options, now: TraceSurroundings.now)
            try TraceSurroundings.exit(with: await command.run(output: .standard))
        }
    }

    struct Dashboard: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print a Grafana dashboard to start from.",
            discussion: """
                A panel for each metric, span and log line, for Grafana 11 and later. Data sources are chosen in the dashboard.

                EXAMPLES
                  perch contract dashboard shop.json > shop-dashboard.json
                """
        )

        @OptionGroup var contract: ContractOptions

        func run() async throws {
            let command = ContractDashboardCommand(file: contract.file, selector: contract.selector)
            try TraceSurroundings.exit(with: await command.run(output: .standard))
        }
    }

    struct Rules: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print alerting rules to start from, or unit tests of them.",
            discussion: """
                For each metric that is there from the start of the service an alert that it is missing; for counters with a label that tells of failure \
                one on the share of failures; for histograms of seconds one on the slowest hundredth; for labels with a cap one on its being reached. \
                Thresholds are guesses: think about each.

                EXAMPLES
                  perch contract rules shop.json > shop.rules.yml
                  perch contract rules shop.json --tests > shop.test.yml
                  promtool test rules shop.test.yml
                """
        )

        @OptionGroup var contract: ContractOptions

        @Flag(help: "Print the unit tests, in promtool's format.")
        var tests = false

        @Option(help: ArgumentHelp("The file in which the tests find the rules; SERVICE.rules.yml unless given.", valueName: "file"))
        var ruleFile: String?

        func run() async throws {
            let command = ContractRulesCommand(
                file: contract.file, selector: contract.selector, showsTests: tests, ruleFile: ruleFile)
            try TraceSurroundings.exit(with: await command.run(output: .standard))
        }
    }
}
