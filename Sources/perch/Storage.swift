internal import ArgumentParser
internal import CommandLineClient

struct Storage: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Look at what is stored.", subcommands: [Stats.self])

    struct Stats: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print what a running server's storage holds.",
            discussion: """
                Sizes of head, journal and shards, and the metrics and labels with the most series.

                EXAMPLES
                  perch storage stats
                  perch storage stats --output json
                """
        )

        @Option(help: "table or json.")
        var output: OutputFormat = .table

        @OptionGroup var server: ServerOptions

        func run() async throws {
            let status = await StorageStatsCommand(client: try server.client(), format: output).run(output: .standard)
            if status != .success { throw ExitCode(status.rawValue) }
        }
    }
}
