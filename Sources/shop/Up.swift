internal import ArgumentParser
internal import Foundation
internal import ShopKit

/// `shop up`: runs all services.
struct Up: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run all services, each as a process of its own.",
        discussion: """
            A service that ends is started again, after a pause that grows while it keeps ending. SIGINT and SIGTERM end all.

            EXAMPLES
              shop up
              OTEL_LOGS_EXPORTER=otlp,console shop up --log-dir ./logs

            EXIT STATUS
              0 ended by a signal, 1 a service could not start, 2 wrong usage
            """)

    @Option(help: "The address to listen on.")
    var host = "127.0.0.1"

    @Option(help: ArgumentHelp("The gateway's port; the others follow it.", valueName: "port"))
    var portBase = ServiceName.gateway.port

    @Option(help: ArgumentHelp("Where the services keep their databases; made if it is not there.", valueName: "dir"))
    var dataDir = "./data/shop"

    @Option(help: ArgumentHelp("Where the services' log lines go, to SERVICE.log; standard output unless given.", valueName: "dir"))
    var logDir: String?

    func validate() throws {
        guard (1...65_535 - ServiceName.allCases.count).contains(portBase) else {
            throw ValidationError("--port-base leaves no room for \(ServiceName.allCases.count) ports")
        }
    }

    func run() async throws {
        let settings = ServiceSettings(port: portBase, dataDirectory: dataDir)
        try FileManager.default.createDirectory(atPath: dataDir, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        if let logDir { try FileManager.default.createDirectory(atPath: logDir, withIntermediateDirectories: true) }
        // Made here, before eight services want to.
        _ = try TokenSecret.find(settings)
        let plan = LaunchPlan(host: host, portBase: portBase, dataDirectory: dataDir, logDirectory: logDir)
        let supervisor = Supervisor(try plan.launches(Shop.services), say: { StandardError.write($0 + "\n") })
        guard await supervisor.run() else { throw ExitCode(1) }
    }
}
