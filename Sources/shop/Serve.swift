internal import ArgumentParser
internal import ShopKit

/// `shop catalog` and so on: runs one service.
struct Serve<Service: ShopService>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: Service.name.rawValue,
            abstract: "Run the service \(Service.name.telemetryName).",
            discussion: """
                SIGTERM and SIGINT stop it. It finds the others under SHOP_GATEWAY_URL, SHOP_CATALOG_URL and so on, and sends telemetry where \
                the variables OTEL_… say.
                """)
    }

    @Option(help: "The address to listen on.")
    var host = "127.0.0.1"

    @Option(help: "The port to listen on; 0 for any that is free.")
    var port = Service.name.port

    @Option(help: ArgumentHelp("Where the service keeps its database; made if it is not there.", valueName: "dir"))
    var dataDir = "./data/shop"

    /// What `shop up` starts ends with it, however that ends.
    @Flag(help: .hidden)
    var untilInputEnds = false

    func validate() throws {
        guard (0...65_535).contains(port) else { throw ValidationError("--port is from 0 to 65535") }
    }

    func run() async throws {
        var settings = ServiceSettings(port: port, dataDirectory: dataDir)
        settings.host = host
        settings.endsWithInput = untilInputEnds
        try await ServiceRunner.run(Service.self, settings)
    }
}
