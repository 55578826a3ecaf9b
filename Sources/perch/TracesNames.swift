internal import ArgumentParser
internal import CommandLineClient

struct TracesServices: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "services", abstract: "List the services that sent spans.",
        discussion: """
            EXAMPLES
              perch traces services
              perch traces services --output json
            """)

    @Option(help: "table or json.")
    var output: TraceOutputFormat = .table

    @OptionGroup var server: ServerOptions

    func run() async throws {
        let command = TraceNamesCommand(client: try server.client(), format: output, terminal: TraceSurroundings.terminal)
        try TraceSurroundings.exit(with: await command.run(output: .standard))
    }
}

struct TracesOperations: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "operations", abstract: "List the operations of a service.",
        discussion: """
            EXAMPLES
              perch traces operations checkout
              perch traces operations checkout --output json

            EXIT STATUS
              0 listed, 1 not answered, or no such service, 2 wrong usage
            """)

    @Argument(help: "The service.", completion: .custom { words, _, _ in await TraceCompletion.services(words) })
    var service: String

    @Option(help: "table or json.")
    var output: TraceOutputFormat = .table

    @OptionGroup var server: ServerOptions

    func run() async throws {
        let command = TraceNamesCommand(
            client: try server.client(), operationsOf: service, format: output, terminal: TraceSurroundings.terminal)
        try TraceSurroundings.exit(with: await command.run(output: .standard))
    }
}

struct TracesGraph: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "graph", abstract: "Print which services call which, how often, how fast, and how well.",
        discussion: """
            From the metrics traces_service_graph_…, which the server makes of the spans that it takes in. Times are the \
            server's where it sends spans, else the client's.

            EXAMPLES
              perch traces graph
              perch traces graph --since 15m --output json
              perch traces graph --output dot | dot -Tsvg > services.svg

            EXIT STATUS
              0 answered (even if there is nothing), 1 not answered, 2 wrong usage
            """)

    @OptionGroup(title: "Time") var times: TraceTimeOptions

    @Option(help: "table, json, or dot for Graphviz.")
    var output: ServiceGraphFormat = .table

    @OptionGroup var server: ServerOptions

    func run() async throws {
        let command = ServiceGraphCommand(
            client: try server.client(), options: .init(times: times.arguments, format: output), terminal: TraceSurroundings.terminal,
            now: TraceSurroundings.now)
        try TraceSurroundings.exit(with: await command.run(output: .standard))
    }
}
