internal import ArgumentParser

struct RuleCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules",
        abstract: "Check, test and replay alerting and recording rules.",
        discussion: """
            Files are those of Prometheus and promtool, as they are.

            EXAMPLES
              perch rules check rules/*.yml
              perch rules test tests/*.yml
              perch rules backtest rules.yml --since 30d --for 10m
              perch rules backfill rules.yml --since 30d
            """,
        subcommands: [RulesCheck.self, RulesTest.self, RulesBacktest.self, RulesBackfill.self]
    )
}
