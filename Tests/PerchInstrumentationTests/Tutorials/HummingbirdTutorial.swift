import CoreMetrics
import Hummingbird
import PerchHummingbird
import PerchMetrics

private func serve() async throws {
    let registry = MetricRegistry()
    MetricsSystem.bootstrap(PerchMetricsFactory(registry))

    let router = Router()
    router.add(middleware: TelemetryMiddleware())
    router.addMetrics(registry)
    router.get("/orders/:id") { _, context in "order \(context.parameters.get("id") ?? "")" }
    try await Application(router: router).runService()
}
