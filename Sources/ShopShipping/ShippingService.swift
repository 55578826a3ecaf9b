internal import Foundation
internal import GRDB
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import PerchMetrics
public import ShopKit

/// Shipping: takes parcels, and sees them on their way in the background.
public enum ShippingService: ShopService {
    public static let name = ServiceName.shipping

    public static func assemble(_ service: ServiceAssembly) throws {
        let database = try service.openDatabase(["shipments": ShipmentStore.migrate, "outbox": Outbox.migrate, "inbox": Inbox.migrate])
        let outbox = Outbox(
            database, [Outbox.Subscription(try service.client(to: .orders), to: [.shipmentShipped, .shipmentDelivered])],
            telemetry: service.telemetry)
        let store = ShipmentStore(database, outbox: outbox, schedule: ShipmentSchedule())
        let metrics = ShippingContract(in: service.telemetry.metrics)
        let logger = service.telemetry.logger("shop.shipping")
        let now = service.settings.now
        service.add(outbox)
        service.add(Dispatch(store: store, metrics: metrics, logger: logger, now: now))
        service.add(CrashLoop(faults: service.faults, logger: logger))
        ShipmentRoutes(store: store, metrics: metrics, logger: logger, now: now).add(to: service.router)
        let forget: @Sendable (Event) async throws -> Void = { event in
            // The address is still in the log of what was written.
            if event.kind == .userErased { try await database.checkpoint() }
        }
        service.receiveEvents(database, then: forget) { event, database in
            guard event.kind == .userErased, let userID = Int(event.subject) else { return }
            try store.forget(userID: userID, now: now(), database)
        }
    }
}

struct ShipmentRoutes: Sendable {
    let store: ShipmentStore
    let metrics: ShippingContract
    let logger: Logger
    let now: @Sendable () -> Date

    func add(to router: Router<ShopContext>) {
        router.post("/shipments") { request, context -> EditedResponse<ShipmentView> in
            let body = try await request.decode(as: ShipmentRequest.self, context: context)
            try body.check()
            switch try await store.create(orderID: body.order_id, userID: body.user_id, address: body.address, now: now()) {
            case .created(let shipment):
                metrics.shipments[.created].increment()
                logger.info("shipment created", metadata: ["order_id": .string(shipment.id)])
                return EditedResponse(status: .created, response: ShipmentView(shipment))
            case .known(let shipment): return EditedResponse(status: .ok, response: ShipmentView(shipment))
            case .cancelled: throw Problem(.conflict, "the shipment was cancelled")
            }
        }
        router.get("/shipments/{id}") { _, context -> ShipmentView in
            let id = context.parameters.get("id") ?? ""
            guard let shipment = try await store.shipment(id) else { throw Problem(.notFound, "there is no shipment \(id)") }
            return ShipmentView(shipment)
        }
        router.delete("/shipments/{id}") { _, context -> HTTPResponse.Status in
            let id = context.parameters.get("id") ?? ""
            switch try await store.cancel(id, now: now()) {
            case .cancelled:
                metrics.shipments[.cancelled].increment()
                logger.info("shipment cancelled", metadata: ["order_id": .string(id)])
            case .wasCancelled: break
            case .tooLate(let status): throw Problem(.conflict, "the shipment is \(status.rawValue) and cannot be cancelled any more")
            }
            return .noContent
        }
    }
}

extension ShipmentView: ResponseCodable {}

private struct ShipmentRequest: Decodable {
    let order_id: String
    let user_id: Int?
    let address: String

    func check() throws(Problem) {
        guard (1...255).contains(order_id.utf8.count) else { throw Problem(.badRequest, "order_id has 1 to 255 bytes") }
        guard (1...1000).contains(address.utf8.count) else { throw Problem(.badRequest, "address has 1 to 1000 bytes") }
    }
}
