internal import ArgumentParser
internal import Collector
internal import CommandLineClient

struct RulesBackfill: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backfill",
        abstract: "Store what recording rules would have recorded.",
        discussion: """
            Evaluates recording rules over what the server has stored, at multiples of their interval, and puts the results into it. \
            Doing it again replaces the same samples. Rules are worked on in the order of the files, so that one may read what \
            another records. What is older than the server's retention is refused.

            EXAMPLES
              perch rules backfill rules.yml --since 30d
              perch rules backfill rules.yml --since 90d --until now-30d --rule job:requests:rate5m
              perch rules backfill rules.yml --since 30d --dry-run

            EXIT STATUS
              0 all is stored
              1 the server did not answer, or refused samples
              2 wrong usage or a wrong file
            """
    )

    @Argument(help: ArgumentHelp("Rule files; * ? [] may stand in the names.", valueName: "file"))
    var files: [String]

    @Option(help: ArgumentHelp("How far back to begin (30d), or the time at which to.", valueName: "duration"))
    var since: String

    @Option(help: ArgumentHelp("The end of the time; by default now.", valueName: "time"))
    var until: String?

    @Option(help: ArgumentHelp("Only this recorded metric; may be given more than once.", valueName: "name"))
    var rule: [String] = []

    @Option(help: ArgumentHelp("Time between two evaluations, in place of that of the groups.", valueName: "duration"))
    var interval: String?

    @Flag(help: "Say how much would be stored, and store nothing.")
    var dryRun = false

    @Option(help: ArgumentHelp("Parts of PromQL to accept, by their names in Prometheus; all for all.", valueName: "name,…"))
    var enableFeature: [String] = []

    @OptionGroup var server: ServerOptions

    func run() async throws {
        let client = try server.client()
        var options = RulesBackfillCommand.Options(files: files, since: since)
        options.until = until
        options.rules = rule
        options.interval = interval
        options.isDry = dryRun
        options.features = enableFeature
        let upload = SampleUpload(to: .server(client))
        let command = RulesBackfillCommand(
            client: client, options: options, terminal: TraceSurroundings.terminal, now: TraceSurroundings.now
        ) { (series) async throws(ClientError) in
            do throws(StorageCommandError) {
                return try await upload.append(
                    series.map { .init(labels: $0.labels, timestamps: $0.timestamps, values: $0.values) })
            } catch {
                throw ClientError(error.message)
            }
        }
        try TraceSurroundings.exit(with: await command.run(output: .standard))
    }
}
