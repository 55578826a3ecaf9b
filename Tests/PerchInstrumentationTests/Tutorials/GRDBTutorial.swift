import GRDB
import Hummingbird
import Logging
import PerchGRDB
import PerchHummingbird
import PerchInstrumentation
import ServiceLifecycle
import UnixSignals

private func store() async throws {
    let telemetry = try Perch.bootstrap(service: "orders")
    var database = Configuration()
    QueryTelemetry().install(in: &database)
    let pool = try DatabasePool(path: "orders.sqlite", configuration: database)
    try await pool.tracedWrite { try $0.execute(sql: "CREATE TABLE IF NOT EXISTS orders (id TEXT PRIMARY KEY)") }

    let router = Router()
    router.add(middleware: TelemetryMiddleware())
    router.get("/orders") { _, _ in
        try await pool.tracedRead { try String.fetchAll($0, sql: "SELECT id FROM orders") }
    }
    router.put("/orders/:id") { _, context in
        let id = try context.parameters.require("id")
        try await pool.tracedWrite { try $0.execute(sql: "INSERT OR IGNORE INTO orders VALUES (?)", arguments: [id]) }
        return HTTPResponse.Status.created
    }
    let group = ServiceGroup(
        services: [telemetry, Application(router: router)], gracefulShutdownSignals: [.sigterm, .sigint], logger: Logger(label: "orders"))
    try await group.run()
}
