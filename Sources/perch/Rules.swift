internal import ArgumentParser

struct RuleCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules",
        abstract: "Check and test alerting and recording rules.",
        discussion: """
            Files are those of Prometheus and promtool, as they are.

            EXAMPLES
              perch rules check rules/*.yml
              perch rules test tests/*.yml
            """,
        subcommands: [RulesCheck.self, RulesTest.self]
    )
}
