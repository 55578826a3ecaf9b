internal import ArgumentParser
internal import CommandLineClient

struct RulesTest: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Run unit tests of rules.",
        discussion: """
            Files are those of `promtool test rules`: series, the rules to evaluate over them, and the alerts and values that \
            are to come of it. What does not is shown line by line: - for what was expected, + for what came.

            EXAMPLES
              perch rules test tests/*.yml
              perch rules test tests.yml --run 'disk|memory' --diff
              perch rules test 'tests/*.yml' --junit report.xml

            EXIT STATUS
              0 all is as expected
              1 something is not, or a file cannot be read
              2 wrong usage
            """
    )

    @Argument(help: ArgumentHelp("Test files; * ? [] may stand in the names.", valueName: "file"))
    var files: [String]

    @Option(
        name: .customLong("run"),
        help: ArgumentHelp(
            "Run only the tests whose names this regular expression matches; may be given more than once.", valueName: "regex"))
    var names: [String] = []

    @Flag(help: "Show what is as expected beside what is not.")
    var diff = false

    @Option(help: ArgumentHelp("Write the results to this file as JUnit XML.", valueName: "file"))
    var junit: String?

    @Flag(help: "Pass over keys of rule files that nobody knows. The server refuses them.")
    var ignoreUnknownFields = false

    @Option(help: ArgumentHelp("Parts of PromQL to accept, by their names in Prometheus; all for all.", valueName: "name,…"))
    var enableFeature: [String] = []

    func run() async throws {
        let command = RulesTestCommand(
            options: .init(
                files: files, run: names, isWhole: diff, junit: junit, ignoresUnknownKeys: ignoreUnknownFields, features: enableFeature),
            terminal: TraceSurroundings.terminal, now: TraceSurroundings.now)
        try TraceSurroundings.exit(with: await command.run(output: .standard))
    }
}
