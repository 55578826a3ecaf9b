internal import Foundation
internal import HTTPTypes
internal import Logging
internal import PerchLogging
internal import PerchTestKit
internal import PerchTracing
internal import ShopKit
internal import Testing
internal import Tracing

@testable internal import ShopShipping

@Suite struct ShippingServiceTests {
    private static func shipment(_ order: String = "o-1") -> JSONValue {
        ["order_id": .string(order), "user_id": 7, "address": "1 Long Road"]
    }

    private func withShipping(
        clock: ManualClock = ManualClock(), _ test: @Sendable (ServiceHarness, Upstreams) async throws -> Void
    ) async throws {
        try await Upstreams.run { upstreams, environment async throws in
            try await ServiceHarness.run(ShippingService.self, environment: environment, now: clock.now) { shop async throws in
                try await test(shop, upstreams)
            }
        }
    }

    @Test func `an order is shipped once, however often it is asked for`() async throws {
        try await withShipping { shop, _ async throws in
            let first = try await shop.post("/shipments", Self.shipment())
            #expect(first.status == 201)
            #expect(first.json["status"] == "created")
            let second = try await shop.post("/shipments", Self.shipment())
            #expect(second.status == 200)
            #expect(second.json == first.json)
            #expect(try await shop.get("/shipments/o-1").json == first.json)
            #expect(try await shop.get("/shipments/o-2").status == 404)
            shop.telemetry.expectMetric("shop_shipments_total", ["outcome": "created"], 1)
            shop.telemetry.expectLog("shipment created", level: .info, metadata: ["order_id": "o-1"])
            shop.telemetry.expectSpan("POST /shipments", kind: .server, attributes: ["http.response.status_code": 201])
        }
    }

    @Test func `a shipment goes on by itself, and orders are told`() async throws {
        let clock = ManualClock()
        try await withShipping(clock: clock) { shop, upstreams async throws in
            #expect(try await shop.post("/shipments", Self.shipment()).status == 201)
            clock.advance(41)
            try await eventually("shipped") { try await shop.get("/shipments/o-1").json["status"] == "shipped" }
            try await eventually("the event") { upstreams.events.map(\.kind) == [.shipmentShipped] }
            #expect(upstreams.events.first?.subject == "o-1")
            clock.advance(91)
            try await eventually("delivered") { try await shop.get("/shipments/o-1").json["status"] == "delivered" }
            try await eventually("the event") { upstreams.events.map(\.kind) == [.shipmentShipped, .shipmentDelivered] }
            shop.telemetry.expectMetric("shop_shipments_total", ["outcome": "shipped"], 1)
            shop.telemetry.expectMetric("shop_shipments_total", ["outcome": "delivered"], 1)
            shop.telemetry.expectLog("shipment delivered", metadata: ["order_id": "o-1"])
        }
    }

    @Test func `a shipment can be cancelled while it is here`() async throws {
        let clock = ManualClock()
        try await withShipping(clock: clock) { shop, _ async throws in
            #expect(try await shop.post("/shipments", Self.shipment()).status == 201)
            for _ in 0..<2 { #expect(try await shop.delete("/shipments/o-1").status == 204) }
            #expect(try await shop.get("/shipments/o-1").json["status"] == "cancelled")
            shop.telemetry.expectMetric("shop_shipments_total", ["outcome": "cancelled"], 1)
            #expect(try await shop.post("/shipments", Self.shipment("o-2")).status == 201)
            clock.advance(41)
            try await eventually("shipped") { try await shop.get("/shipments/o-2").json["status"] == "shipped" }
            let late = try await shop.delete("/shipments/o-2")
            #expect(late.status == 409)
            #expect(late.detail == "the shipment is shipped and cannot be cancelled any more")
            #expect(try await shop.get("/shipments/o-1").json["status"] == "cancelled")
        }
    }

    @Test func `what is cancelled before it comes is not shipped`() async throws {
        try await withShipping { shop, _ async throws in
            #expect(try await shop.delete("/shipments/o-1").status == 204)
            #expect(try await shop.post("/shipments", Self.shipment()).status == 409)
            shop.telemetry.expectMetric("shop_shipments_total", ["outcome": "created"], 0)
        }
    }

    @Test(
        arguments: [
            ["order_id": "", "address": "1 Long Road"], ["order_id": "o-1", "address": ""], ["order_id": "o-1"], ["address": "1 Long Road"],
            ["order_id": 1, "address": "1 Long Road"], ["order_id": "o-1", "address": "1 Long Road", "user_id": "seven"], [],
        ] as [JSONValue])
    func `shipments that make no sense are refused`(body: JSONValue) async throws {
        try await withShipping { shop, _ async throws in #expect(try await shop.post("/shipments", body).status == 400) }
    }

    @Test func `whose data is erased gets no more parcels, and the address is gone from the disk`() async throws {
        try await withShipping { shop, _ async throws in
            #expect(try await shop.post("/shipments", Self.shipment()).status == 201)
            let encoder = JSONEncoder()
            encoder.dateEncodingStrategy = .iso8601
            let event = try JSONDecoder().decode(JSONValue.self, from: encoder.encode(Event(.userErased, subject: "7")))
            for _ in 0..<2 { #expect(try await shop.post("/events", event).status == 204) }
            #expect(try await shop.get("/shipments/o-1").json["status"] == "cancelled")
            for file in try FileManager.default.contentsOfDirectory(atPath: shop.directory) {
                let data = try #require(FileManager.default.contents(atPath: shop.directory + "/" + file))
                #expect(data.range(of: Data("1 Long Road".utf8)) == nil, "\(file) still has the address")
            }
        }
    }

    @Test func `the document tells of every route`() async throws { try await checkDocument(of: ShippingService.self) }
}
