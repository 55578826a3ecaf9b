import Hummingbird
import Logging
import PerchHummingbird
import PerchInstrumentation
import ServiceLifecycle
import UnixSignals

private func hello() async throws {
    let telemetry = try Perch.bootstrap(service: "hello")
    let router = Router()
    router.add(middleware: TelemetryMiddleware())
    router.addMetrics(telemetry.metrics)
    router.get("/hello/:name") { request, context in
        context.logger.info("greeting")
        return "Hello, \(context.parameters.get("name") ?? "you")!"
    }
    let application = Application(router: router)
    let group = ServiceGroup(
        services: [telemetry, application], gracefulShutdownSignals: [.sigterm, .sigint], logger: Logger(label: "hello"))
    try await group.run()
}

/// The ten lines of README.md and docs/instrumenting.md.
private func tenLines() async throws {
    let telemetry = try Perch.bootstrap(service: "checkout")
    let router = Router()
    router.add(middleware: TelemetryMiddleware())
    router.addMetrics(telemetry.metrics)
    router.get("/orders/:id") { _, context in "order \(context.parameters.get("id") ?? "")" }
    let application = Application(router: router)
    let group = ServiceGroup(services: [telemetry, application], gracefulShutdownSignals: [.sigterm], logger: Logger(label: "checkout"))
    try await group.run()
}
