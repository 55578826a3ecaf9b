internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import PerchHummingbird
internal import PerchMetrics

/// The routes that every service has.
struct StandardRoutes {
    let name: ServiceName
    let metrics: MetricRegistry
    let document: JSONValue
    let faults: Faults
    let logger: Logger
    let databases: [ShopDatabase]

    func add(to router: Router<ShopContext>) {
        let (document, databases, name) = (document, databases, name)
        router.get("/healthcheck") { _, _ -> JSONValue in
            for database in databases where await !database.answers() {
                throw Problem(.serviceUnavailable, "the database does not answer")
            }
            return [
                "status": "ok", "service": .string(name.telemetryName),
                "pid": .number(Double(ProcessInfo.processInfo.processIdentifier)),
            ]
        }
        router.get("/openapi.json") { _, _ -> JSONValue in document }
        router.addMetrics(metrics)
        FaultRoutes(faults: faults, logger: logger).add(to: router)
    }
}
