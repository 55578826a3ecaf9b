internal import ArgumentParser
internal import CommandLineClient
internal import Foundation
internal import GraphImage

struct Query: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Evaluate a PromQL expression on a running server.",
        discussion: """
            Without --since the answer is for one moment; with it, for a range of time that ends at --at (or now).

            EXAMPLES
              perch query up
              perch query 'sum by (job) (rate(http_requests_total[5m]))' --at 2026-11-22T10:00:00Z
              perch query 'node_load1' --since 6h --step 5m --output csv
              perch query 'process_resident_memory_bytes' --since 1h --output graph
              perch query 'sum by (job) (rate(http_requests_total[5m]))' --since 1d --explain

            EXIT STATUS
              0 answered (even if there is nothing), 1 not answered, 2 wrong usage or a wrong expression
            """
    )

    @Argument(help: "The expression.")
    var expression: String

    @Option(help: ArgumentHelp("The time of the answer: now, now-5m, Unix seconds or RFC 3339.", valueName: "time"))
    var at: String?

    @Option(help: ArgumentHelp("How far back the range begins (1h), or the time at which it does.", valueName: "duration"))
    var since: String?

    @Option(help: ArgumentHelp("Distance between the points of a range.", valueName: "duration"))
    var step: String?

    @Option(help: "table, json, csv or graph.")
    var output: OutputFormat = .table

    @Option(help: "The unit of a graph's values; by default judged by the metric's name.")
    var unit: QuantityUnit?

    @Flag(help: "Print how the answer came about instead of the answer: the plan, what was read, and the time of each part.")
    var explain = false

    @OptionGroup var server: ServerOptions

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        let command = QueryCommand(
            client: try server.client(),
            options: .init(expression: expression, at: at, since: since, step: step, format: output, unit: unit, isExplained: explain),
            terminal: .standardOutput(environment: environment), now: Int64(Date().timeIntervalSince1970 * 1000))
        let status = await command.run(output: .standard)
        if status != .success { throw ExitCode(status.rawValue) }
    }
}
