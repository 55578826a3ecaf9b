internal import ArgumentParser

struct DashboardCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dashboards",
        abstract: "Check dashboards of Grafana.",
        discussion: """
            EXAMPLES
              perch dashboards check dashboards/
              perch dashboards check dashboards/ --url http://127.0.0.1:9797 --since 15m
            """,
        subcommands: [DashboardsCheck.self]
    )
}
