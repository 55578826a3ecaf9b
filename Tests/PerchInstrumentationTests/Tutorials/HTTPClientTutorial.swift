import AsyncHTTPClient
import Hummingbird
import Logging
import NIOCore
import PerchHTTPClient
import PerchHummingbird
import PerchInstrumentation
import ServiceLifecycle
import UnixSignals

private func ask() async throws {
    let telemetry = try Perch.bootstrap(service: "checkout")
    var configuration = HTTPClient.Configuration()
    configuration.tracing.tracer = nil
    let http = HTTPClient(configuration: configuration)
    let client = TelemetryHTTPClient(http)

    let router = Router()
    router.add(middleware: TelemetryMiddleware())
    router.get("/orders/:id") { _, context in
        let request = HTTPClientRequest(url: "http://127.0.0.1:8080/hello/world")
        let response = try await client.execute(request, timeout: .seconds(5), template: "/hello/{name}")
        return String(buffer: try await response.body.collect(upTo: 1 << 20))
    }
    let application = Application(router: router, configuration: .init(address: .hostname("127.0.0.1", port: 8081)))
    let group = ServiceGroup(
        services: [telemetry, application], gracefulShutdownSignals: [.sigterm, .sigint], logger: Logger(label: "checkout"))
    try await group.run()
    try await http.shutdown()
}
