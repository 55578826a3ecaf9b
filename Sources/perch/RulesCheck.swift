internal import ArgumentParser
internal import CommandLineClient

struct RulesCheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Say whether rule files can be loaded.",
        discussion: """
            What is wrong is printed as FILE:LINE:COLUMN: message. Rules of a file that have the same name and labels are told of, \
            and are no fault unless --lint-fatal is given.

            EXAMPLES
              perch rules check rules.yml
              perch rules check 'rules/*.yml' --lint-fatal
              jsonnet rules.jsonnet | perch rules check -

            EXIT STATUS
              as promtool's:
              0 all can be loaded
              1 a file cannot be loaded
              2 wrong usage
              3 with --lint-fatal, a rule is there twice
            """
    )

    @Argument(help: ArgumentHelp("Rule files; * ? [] may stand in the names. None, or -, for standard input.", valueName: "file"))
    var files: [String] = []

    @Option(help: ArgumentHelp("What to look for beside faults: all, duplicate-rules, none.", valueName: "checks"))
    var lint = "duplicate-rules"

    @Flag(help: "Exit with 3 where --lint finds something.")
    var lintFatal = false

    @Flag(help: "Pass over keys that nobody knows. The server refuses them.")
    var ignoreUnknownFields = false

    @Option(help: ArgumentHelp("Parts of PromQL to accept, by their names in Prometheus; all for all.", valueName: "name,…"))
    var enableFeature: [String] = []

    func run() async throws {
        let command = RulesCheckCommand(
            options: .init(
                files: files, lint: lint, isLintFatal: lintFatal, ignoresUnknownKeys: ignoreUnknownFields, features: enableFeature))
        try TraceSurroundings.exit(with: await command.run(output: .standard))
    }
}
