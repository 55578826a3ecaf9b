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

@Suite struct OrdersServiceTests {
    private static let order: JSONValue = [
        "items": [["product_id": 2, "quantity": 2], ["product_id": 1, "quantity": 1]], "address": "1 Long Road", "card": "4000123456789017",
    ]

    /// A request waits for as long as its deadline is away, and a machine that is busy is slow.
    private static var patience: [String: String] { [Deadline.header: "\(Int64(Date().timeIntervalSince1970 * 1000) + 60_000)"] }

    private func withOrders(
        directory: String? = nil, now: @escaping @Sendable () -> Date = { Date() },
        _ test: @Sendable (ServiceHarness, Upstreams) async throws -> Void
    ) async throws {
        try await Upstreams.run { upstreams, environment async throws in
            try await ServiceHarness.run(OrdersService.self, environment: environment, directory: directory, now: now) {
                shop async throws in
                try await test(shop, upstreams)
            }
        }
    }

    @Test func `an order is paid within the request, and metrics, spans and lines say so`() async throws {
        try await withOrders { shop, upstreams async throws in
            let reply = try await shop.post("/orders", Self.order, token: shop.token(7), headers: Self.patience)
            #expect(reply.status == 201)
            #expect(reply.json["status"] == "PAID")
            #expect(reply.json["amount"] == 51.5)
            #expect(reply.json["user_id"] == 7)
            let id = try #require(reply.json["order_id"]?.text)
            #expect(upstreams.steps == [.reserve, .charge, .ship, .commit])
            #expect(upstreams.idempotencyKeys == [id])
            let telemetry = shop.telemetry
            telemetry.expectMetric("shop_orders_total", ["outcome": "placed"], 1)
            telemetry.expectMetric("shop_orders_total", ["outcome": "paid"], 1)
            telemetry.expectMetric("shop_orders_total", ["outcome": "failed"], 0)
            telemetry.expectMetric("shop_order_value_euros", [:], 1)
            telemetry.expectMetric("shop_checkout_duration_seconds", ["outcome": "paid"], 1)
            for step in ["reserve", "charge", "ship", "commit"] {
                telemetry.expectMetric("shop_saga_steps_total", ["step": step, "outcome": "ok"], 1)
            }
            telemetry.expectLog("order placed", level: .info, metadata: ["order_id": "\(id)", "user_id": "7", "amount": "51.5"])
            telemetry.expectLog("order paid", level: .info, metadata: ["order_id": "\(id)"])
            try await eventually("the span of the saga") { telemetry.spans.contains { $0.name == "saga checkout" } }
            let server = telemetry.expectSpan("POST /orders", kind: .server, attributes: ["http.response.status_code": 201])
            let saga = telemetry.expectSpan("saga checkout", attributes: ["shop.order.id": "\(id)"])
            #expect(saga?.parent?.identity.spanID == server?.spanID)
            for step in ["saga reserve", "saga charge", "saga ship", "saga commit"] {
                #expect(telemetry.expectSpan(step)?.parent?.identity.spanID == saga?.spanID)
            }
            let charge = telemetry.expectSpan("POST /process-payment", kind: .client)
            #expect(charge?.parent?.identity.spanID == telemetry.expectSpan("saga charge")?.spanID)
        }
    }

    @Test func `what was paid is told to those who want to know, linked to the order's trace`() async throws {
        try await withOrders { shop, upstreams async throws in
            let reply = try await shop.post("/orders", Self.order, token: shop.token(7), headers: Self.patience)
            try await eventually("the event") { upstreams.events.contains { $0.kind == .orderPaid } }
            let event = try #require(upstreams.events.first { $0.kind == .orderPaid })
            #expect(event.subject == reply.json["order_id"]?.text)
            #expect(event.data["user_id"] == 7)
            #expect(event.data["items"]?.array?.compactMap { $0["product_id"]?.integer } == [1, 2])
            try await eventually("the span") { shop.telemetry.spans.contains { $0.name == "outbox deliver" } }
            // What came of a delivery is counted after its span has ended, and this after that.
            try await eventually("nothing left") { shop.telemetry.metrics.value("shop_outbox_pending") == 0 }
            shop.telemetry.expectMetric("shop_outbox_deliveries_total", ["outcome": "ok"], 1)
            let delivery = shop.telemetry.expectSpan("outbox deliver", kind: .producer, attributes: ["shop.event.type": "order.paid"])
            let server = shop.telemetry.expectSpan("POST /orders", kind: .server)
            #expect(delivery?.links.count == 1)
            #expect(delivery?.traceID != server?.traceID)
        }
    }

    @Test func `a declined card is told as 402, and the stock goes back`() async throws {
        try await withOrders { shop, upstreams async throws in
            upstreams.arrange { $0.isDeclined = true }
            let reply = try await shop.post("/orders", Self.order, token: shop.token(7), headers: Self.patience)
            #expect(reply.status == 402)
            let id = try #require(reply.json["order_id"]?.text)
            try await eventually("the release") { upstreams.services(of: id).stock == .released }
            #expect(upstreams.steps == [.reserve, .charge, .release])
            let token = try await shop.token(7)
            try await eventually("the end") { try await shop.get("/orders/\(id)", token: token).json["status"] == "CANCELLED" }
            #expect(try await shop.get("/orders/\(id)", token: token).json["reason"] == "charge answered 402")
            shop.telemetry.expectMetric("shop_orders_total", ["outcome": "rejected"], 1)
            shop.telemetry.expectMetric("shop_checkout_duration_seconds", ["outcome": "rejected"], 1)
            shop.telemetry.expectMetric("shop_saga_steps_total", ["step": "charge", "outcome": "refused"], 1)
            shop.telemetry.expectLog("order rejected", level: .notice, metadata: ["step": "charge"])
        }
    }

    @Test func `what is short is told as 409, and nobody is charged`() async throws {
        try await withOrders { shop, upstreams async throws in
            upstreams.arrange { $0.isShort = true }
            let reply = try await shop.post("/orders", Self.order, token: shop.token(7), headers: Self.patience)
            #expect(reply.status == 409)
            #expect(reply.detail == "reserve answered 409")
            #expect(upstreams.steps == [.reserve])
        }
    }

    @Test func `a provider that fails is tried again, then the order is undone and told as 503`() async throws {
        try await withOrders { shop, upstreams async throws in
            upstreams.fail(.charge, with: 502)
            let reply = try await shop.post("/orders", Self.order, token: shop.token(7), headers: Self.patience)
            #expect(reply.status == 503)
            #expect(reply.headers[.retryAfter] == "5")
            #expect(HTTPField.Name("Failed-Upstream").flatMap { reply.headers[$0] } == "payments")
            try await eventually("the release") { upstreams.steps.last == .release }
            #expect(upstreams.steps == [.reserve, .charge, .charge, .charge, .refund, .release])
            #expect(Set(upstreams.idempotencyKeys).count == 1)
            shop.telemetry.expectMetric("shop_orders_total", ["outcome": "failed"], 1)
            shop.telemetry.expectMetric("shop_checkout_duration_seconds", ["outcome": "failed"], 1)
            shop.telemetry.expectMetric("shop_saga_steps_total", ["step": "charge", "outcome": "failed"], 3)
            let line = shop.telemetry.expectLog("order failed", level: .error, metadata: ["step": "charge"])
            #expect(line?.metadata["reason"]?.description.contains("502") == true)
            shop.telemetry.expectSpan("saga charge", status: .error)
            try await eventually("the span of the saga") { shop.telemetry.spans.contains { $0.name == "saga checkout" } }
            shop.telemetry.expectSpan("saga checkout", status: .error)
            shop.telemetry.expectMetric("shop_saga_steps_total", ["step": "refund", "outcome": "ok"], 1)
        }
    }

    @Test func `an order that takes longer than its request goes on in the background`() async throws {
        // The clock stands still, so that a slow machine is not late: the request waits for as long as its deadline is away.
        let clock = ManualClock()
        try await withOrders(now: clock.now) { shop, upstreams async throws in
            upstreams.hold(.reserve)
            let reply = try await shop.post("/orders", Self.order, token: shop.token(7), headers: Self.deadline(clock))
            #expect(reply.status == 202)
            #expect(reply.json["status"] == "CREATED")
            upstreams.letGo()
            let (id, token) = (try #require(reply.json["order_id"]?.text), try await shop.token(7))
            try await eventually("the commit") { upstreams.steps.last == .commit }
            #expect(try await shop.get("/orders/\(id)", token: token).json["status"] == "PAID")
        }
    }

    @Test func `an order that a process leaves behind is finished by the next one`() async throws {
        let directory = NSTemporaryDirectory() + "shop-orders-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let clock = ManualClock()
        try await withOrders(directory: directory, now: clock.now) { shop, upstreams async throws in
            upstreams.hold(.reserve)
            let reply = try await shop.post("/orders", Self.order, token: shop.token(7), headers: Self.deadline(clock))
            #expect(reply.status == 202)
        }
        try await withOrders(directory: directory) { shop, upstreams async throws in
            try await eventually("the commit") { upstreams.steps.last == .commit }
            let token = try await shop.token(7)
            try await eventually("paid") { try await shop.get("/orders", token: token).json.array?.map { $0["status"] } == ["PAID"] }
        }
    }

    /// A deadline a second from now.
    private static func deadline(_ clock: ManualClock) -> [String: String] {
        [Deadline.header: "\(Int64(clock.now().timeIntervalSince1970 * 1000) + 1000)"]
    }

    @Test func `prices are the catalog's`() async throws {
        try await withOrders { shop, upstreams async throws in
            let unknown: JSONValue = ["items": [["product_id": 25, "quantity": 1]], "address": "1 Long Road", "card": "4000123456789017"]
            #expect(try await shop.post("/orders", unknown, token: shop.token(7)).status == 422)
            upstreams.removeCatalog()
            #expect(try await shop.post("/orders", Self.order, token: shop.token(7)).status == 502)
            #expect(upstreams.steps == [])
            shop.telemetry.expectMetric("shop_orders_total", ["outcome": "placed"], 0)
        }
    }

    @Test(arguments: [
        #"{"items":[],"address":"a","card":"4000123456789017"}"#, #"{"items":[{"product_id":1,"quantity":0}],"address":"a","card":"4"}"#,
        #"{"items":[{"product_id":1,"quantity":101}],"address":"a","card":"4"}"#,
        #"{"items":[{"product_id":1,"quantity":60},{"product_id":1,"quantity":60}],"address":"a","card":"4"}"#,
        #"{"items":[{"product_id":1,"quantity":9223372036854775807}],"address":"a","card":"4"}"#,
        #"{"items":[{"product_id":0,"quantity":1}],"address":"a","card":"4"}"#,
        #"{"items":[{"product_id":1,"quantity":1}],"address":"","card":"4"}"#,
        #"{"items":[{"product_id":1,"quantity":1}],"address":"a","card":""}"#, #"{"items":[{"product_id":1,"quantity":1}],"address":"a"}"#,
        "{", "",
    ])
    func `orders that make no sense are refused`(body: String) async throws {
        try await withOrders { shop, upstreams async throws in
            let reply = try await shop.send(.post, "/orders", text: body, token: shop.token(7))
            #expect(reply.status == 400)
            #expect(!reply.detail.isEmpty)
            #expect(upstreams.steps == [])
        }
    }

    @Test func `one sees one's own orders only, and administrators see all`() async throws {
        try await withOrders { shop, _ async throws in
            let id = try #require(try await shop.post("/orders", Self.order, token: shop.token(7)).json["order_id"]?.text)
            #expect(try await shop.get("/orders/\(id)", token: shop.token(7)).status == 200)
            #expect(try await shop.get("/orders/\(id)", token: shop.token(8)).status == 404)
            #expect(try await shop.get("/orders/\(id)", token: shop.adminToken()).status == 200)
            #expect(try await shop.get("/orders/\(id)").status == 401)
            #expect(try await shop.get("/orders", token: shop.token(7)).json.array?.count == 1)
            #expect(try await shop.get("/orders", token: shop.token(8)).json == [])
        }
    }

    @Test func `the document tells of every route`() async throws { try await checkDocument(of: OrdersService.self) }
}
