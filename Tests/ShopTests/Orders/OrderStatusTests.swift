internal import Foundation
internal import HTTPTypes
internal import Logging
internal import PerchLogging
internal import PerchTestKit
internal import PerchTracing
internal import ShopKit
internal import Testing
internal import Tracing

@testable internal import ShopOrders

/// What becomes of an order after it was paid: by hand, by its shipment, and when its customer is forgotten.
@Suite struct OrderStatusTests {
    private static let order: JSONValue = [
        "items": [["product_id": 2, "quantity": 2]], "address": "1 Long Road", "card": "4000123456789017",
    ]

    /// - Parameter test: gets the id of an order of user 7 that is paid.
    private func withPaidOrder(_ test: @Sendable (ServiceHarness, Upstreams, String) async throws -> Void) async throws {
        try await Upstreams.run { upstreams, environment async throws in
            try await ServiceHarness.run(OrdersService.self, environment: environment) { shop async throws in
                let reply = try await shop.post("/orders", Self.order, token: shop.token(7))
                #expect(reply.status == 201)
                try await test(shop, upstreams, try #require(reply.json["order_id"]?.text))
            }
        }
    }

    @Test(arguments: OrderStatus.allCases, OrderStatus.allCases)
    func `only what may come next is taken`(from: OrderStatus, to: OrderStatus) async throws {
        let allowed: [OrderStatus: Set<OrderStatus>] = [.created: [.cancelled], .paid: [.shipped, .cancelled], .shipped: [.delivered]]
        #expect(from.allowedNext.contains(to) == allowed[from]?.contains(to) ?? false)
    }

    @Test func `an administrator takes an order on, step by step, and the audit log says who`() async throws {
        try await withPaidOrder { shop, _, id async throws in
            let token = try await shop.token(3, [.admin])
            #expect(try await shop.put("/orders/\(id)/status", ["status": "DELIVERED"], token: token).status == 409)
            #expect(try await shop.put("/orders/\(id)/status", ["status": "PAID"], token: token).status == 409)
            #expect(try await shop.put("/orders/\(id)/status", ["status": "SHIPPED"], token: token).json["status"] == "SHIPPED")
            #expect(try await shop.put("/orders/\(id)/status", ["status": "CANCELLED"], token: token).status == 409)
            #expect(try await shop.put("/orders/\(id)/status", ["status": "DELIVERED"], token: token).json["status"] == "DELIVERED")
            #expect(try await shop.put("/orders/none/status", ["status": "SHIPPED"], token: token).status == 404)
            #expect(try await shop.put("/orders/\(id)/status", ["status": "LOST"], token: token).status == 400)
            #expect(try await shop.put("/orders/\(id)/status", ["status": "SHIPPED"], token: shop.token(7)).status == 403)
            let lines = shop.telemetry.records.filter { $0.logger == "audit" }.map { "\($0.metadata)" }
            #expect(lines.count { $0.contains("user 3") && $0.contains("done") } == 2)
            #expect(lines.count { $0.contains("user 3") && $0.contains("refused") } == 4)
        }
    }

    @Test func `a paid order is cancelled by undoing all of it`() async throws {
        try await withPaidOrder { shop, upstreams, id async throws in
            let reply = try await shop.put("/orders/\(id)/status", ["status": "CANCELLED"], token: shop.adminToken())
            #expect(reply.status == 200)
            #expect(reply.json["status"] == "CANCELLED")
            #expect(upstreams.steps.suffix(3) == [.cancelShipment, .refund, .release])
            #expect(upstreams.services(of: id).payment == .refunded)
            shop.telemetry.expectMetric("shop_orders_total", ["outcome": "cancelled"], 1)
            shop.telemetry.expectLog("order cancelled", metadata: ["order_id": "\(id)"])
            try await eventually("the event") { upstreams.events.contains { $0.kind == .orderCancelled } }
        }
    }

    @Test func `an order that has left the house stays`() async throws {
        try await withPaidOrder { shop, upstreams, id async throws in
            upstreams.ship(id)
            let reply = try await shop.put("/orders/\(id)/status", ["status": "CANCELLED"], token: shop.adminToken())
            #expect(reply.status == 409)
            #expect(upstreams.services(of: id).payment == .charged)
            #expect(try await shop.get("/orders/\(id)", token: shop.token(7)).json["status"] == "PAID")
            shop.telemetry.expectLog("order could not be cancelled any more", level: .warning)
        }
    }

    @Test func `news of the shipment takes the order on, once, also twice or in the wrong order`() async throws {
        try await withPaidOrder { shop, _, id async throws in
            let shipped = try Self.json(Event(.shipmentShipped, subject: id))
            #expect(try await shop.post("/events", shipped).status == 204)
            #expect(try await shop.post("/events", shipped).status == 204)
            #expect(try await shop.get("/orders/\(id)", token: shop.token(7)).json["status"] == "SHIPPED")
            #expect(try await shop.post("/events", Self.json(Event(.shipmentDelivered, subject: id))).status == 204)
            #expect(try await shop.post("/events", Self.json(Event(.shipmentShipped, subject: id))).status == 204)
            #expect(try await shop.post("/events", Self.json(Event(.shipmentShipped, subject: "no such order"))).status == 204)
            #expect(try await shop.get("/orders/\(id)", token: shop.token(7)).json["status"] == "DELIVERED")
            shop.telemetry.expectMetric("shop_orders_total", ["outcome": "shipped"], 1)
        }
    }

    @Test func `whose data is erased leaves orders that say nothing of the person`() async throws {
        try await withPaidOrder { shop, _, id async throws in
            #expect(try await shop.post("/events", Self.json(Event(.userErased, subject: "7"))).status == 204)
            #expect(try await shop.get("/orders", token: shop.token(7)).json == [])
            let order = try await shop.get("/orders/\(id)", token: shop.adminToken()).json
            #expect(order["user_id"] == nil)
            #expect(order["amount"] == 41)
            let files = try FileManager.default.contentsOfDirectory(atPath: shop.directory).filter { $0.hasPrefix("orders.sqlite") }
            #expect(!files.isEmpty)
            for file in files {
                let data = try #require(FileManager.default.contents(atPath: shop.directory + "/" + file))
                #expect(data.range(of: Data("1 Long Road".utf8)) == nil, "\(file) still has the address")
                #expect(data.range(of: Data("4000123456789017".utf8)) == nil, "\(file) still has the card")
            }
        }
    }

    private static func json(_ event: Event) throws -> JSONValue {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .iso8601
        return try JSONDecoder().decode(JSONValue.self, from: encoder.encode(event))
    }
}
