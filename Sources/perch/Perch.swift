internal import ArgumentParser
internal import Collector

@main
struct Perch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "perch",
        abstract: "Metrics in, answers out: an observability backbone in one binary.",
        discussion: """
            Start a server with `perch serve`; the other commands ask a running one.

            EXAMPLES
              perch serve --config prometheus.yml --data-dir ./data
              perch query 'sum by (job) (up)'
              perch query 'rate(node_cpu_seconds_total[1m])' --output graph
              perch logs '{service_name="orders"} |= "declined"' --since 1h
              perch traces search --service checkout --error --since 30m
              perch rules test tests.yml
              perch alerts why Down instance=db-1
              perch silences add alertname=Down --duration 2h --comment "new disk"
              perch dashboards check dashboards/
              perch contract check shop.json
              perch config check prometheus.yml
              perch storage stats

            EXIT STATUS
              0 success, 1 the operation failed, 2 wrong usage or an invalid file
            """,
        version: PerchVersion.current,
        subcommands: [
            Serve.self, Query.self, Logs.self, Traces.self, RuleCommands.self, Alerts.self, Silences.self, DashboardCommands.self,
            Contracts.self, Config.self, Storage.self,
            Version.self,
        ]
    )

    /// Exits 2 on wrong usage, where the argument parser's own habit is 64.
    static func main() async {
        do {
            var command = try await asyncParseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let code as ExitCode {
            exit(withError: code)
        } catch {
            let code = exitCode(for: error)
            guard code != .success else { exit(withError: error) }
            StandardError.write(fullMessage(for: error) + "\n")
            exit(withError: ExitCode(code == .validationFailure ? 2 : 1))
        }
    }
}

struct Version: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print the version.")

    func run() { print("perch " + PerchVersion.current) }
}
