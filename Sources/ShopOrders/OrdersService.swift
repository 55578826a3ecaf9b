internal import GRDB
internal import Hummingbird
public import ShopKit

/// Orders: takes them, sees them through (``CheckoutSaga``), and tells others of them.
public enum OrdersService: ShopService {
    public static let name = ServiceName.orders

    public static func assemble(_ service: ServiceAssembly) throws {
        let database = try service.openDatabase(["orders": OrderStore.migrate, "outbox": Outbox.migrate, "inbox": Inbox.migrate])
        let outbox = Outbox(
            database, [Outbox.Subscription(try service.client(to: .recommendations), to: [.orderPaid, .orderCancelled])],
            telemetry: service.telemetry)
        let store = OrderStore(database, outbox: outbox)
        let telemetry = OrderTelemetry(service.telemetry)
        let now = service.settings.now
        let calls = CheckoutCalls(
            inventory: try service.client(to: .inventory), payments: try service.client(to: .payments),
            shipping: try service.client(to: .shipping), now: now)
        let runner = CheckoutRunner(store, telemetry: telemetry, now: now) { await calls.make($0, for: $1) }
        service.add(outbox)
        service.add(runner)

        OrderRoutes(
            store: store, runner: runner, prices: Prices(catalog: try service.client(to: .catalog)), telemetry: telemetry,
            audit: service.audit, now: now
        ).add(to: service.router, service.tokens)

        let forget: @Sendable (Event) async throws -> Void = { event in
            // The address is still in the log of what was written.
            if event.kind == .userErased { try await database.checkpoint() }
        }
        service.receiveEvents(database, then: forget) { event, database in
            switch event.kind {
            case .shipmentShipped where try store.advance(event.subject, to: .shipped, database):
                database.afterNextTransaction { _ in telemetry.shipped() }
            case .shipmentDelivered: _ = try store.advance(event.subject, to: .delivered, database)
            case .userErased:
                if let userID = Int(event.subject) { try store.forget(userID: userID, now: now(), database) }
            default: break
            }
        }
    }
}
