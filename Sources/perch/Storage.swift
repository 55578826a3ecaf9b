internal import ArgumentParser
internal import CommandLineClient

struct Storage: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look at, check, copy and move what is stored.",
        discussion: """
            stats and cardinality ask a running server. verify, backup and sql work on its data directory
            while it runs, or without it. backup, export and import ask a running server
            with --url. restore needs an empty directory; export and import with --data-dir
            one that no server has open.

            EXAMPLES
              perch storage stats
              perch storage verify --data-dir /var/lib/perch
              perch storage backup /backup/perch --data-dir /var/lib/perch
              perch storage restore /backup/perch --data-dir /var/lib/perch-restored
              perch storage export --url http://127.0.0.1:9797 --match up --since 30d > up.om
              perch storage import up.om --data-dir ./elsewhere
              perch storage sql /var/lib/perch "SELECT count(*) FROM samples('up')"
            """,
        subcommands: [Stats.self, Cardinality.self, Verify.self, Backup.self, Restore.self, Export.self, Import.self, SQL.self]
    )

    struct Cardinality: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print which metrics, targets and labels have the most series.",
            discussion: """
                Series and bytes of label sets in the past two hours, and when a metric was last asked for by its name.

                EXAMPLES
                  perch storage cardinality
                  perch storage cardinality --limit 50 --output json
                """
        )

        @Option(help: "How many of each are shown.")
        var limit = 10

        @Option(help: "table or json.")
        var output: OutputFormat = .table

        @OptionGroup var server: ServerOptions

        func run() async throws {
            let command = StorageCardinalityCommand(client: try server.client(), format: output, limit: limit)
            let status = await command.run(output: .standard)
            if status != .success { throw ExitCode(status.rawValue) }
        }
    }

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
