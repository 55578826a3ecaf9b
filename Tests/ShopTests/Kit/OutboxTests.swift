internal import Foundation
internal import Logging
internal import PerchTestKit
internal import PerchTracing
internal import ShopKit
internal import ShopUsers
internal import Testing
internal import Tracing

/// Events from their cause to those who are told of them, shown with the users.
@Suite struct OutboxTests {
    private static let nowhere = "http://127.0.0.1:9"

    private static func environment(orders: String = nowhere, recommendations: String = nowhere) -> [String: String] {
        [
            "SHOP_PASSWORD_COST": "10", "SHOP_ORDERS_URL": orders, "SHOP_SHIPPING_URL": nowhere,
            "SHOP_RECOMMENDATIONS_URL": recommendations,
        ]
    }

    private static func register(_ shop: ServiceHarness, _ name: String) async throws -> Int {
        let body: JSONValue = [
            "username": .string(name), "email": "a@b.example", "password": "12345678", "consent": ["marketing": false, "analytics": true],
        ]
        return try #require(try await shop.post("/users", body).json["id"]?.integer)
    }

    @Test func `everybody is told of what they asked for, in order, by a span that is linked to the cause`() async throws {
        try await ServiceHarness.run(EventSink.self, isLive: true) { orders async throws in
            try await ServiceHarness.run(EventSink.self, isLive: true) { recommendations async throws in
                let environment = Self.environment(orders: orders.address, recommendations: recommendations.address)
                try await ServiceHarness.run(UsersService.self, environment: environment) { shop async throws in
                    let id = try await Self.register(shop, "ada")
                    _ = try await shop.delete("/users/\(id)", token: shop.token(id))
                    try await eventually("all deliveries") { orders.events.count == 1 && recommendations.events.count == 2 }
                    #expect(orders.events == ["user.erased \(id)"])
                    #expect(recommendations.events == ["user.consent_changed \(id)", "user.erased \(id)"])
                    try await eventually("the numbers") {
                        shop.telemetry.spans.filter { $0.name == "outbox deliver" && !$0.isError }.count == 3
                    }
                    let cause = shop.telemetry.expectSpan("DELETE /users/{id}", kind: .server)
                    let delivery = shop.telemetry.spans.first { span in
                        span.name == "outbox deliver" && span.links.contains { $0.context.traceContext?.identity.traceID == cause?.traceID }
                    }
                    #expect(delivery?.traceID != cause?.traceID)
                    #expect(delivery?.kind == .producer)
                    try await eventually("the span of who was told") { orders.telemetry.spans.contains { $0.name == "POST /events" } }
                    let taken = orders.telemetry.expectSpan("POST /events", kind: .server)
                    #expect(shop.telemetry.spans.contains { $0.name == "outbox deliver" && $0.traceID == taken?.traceID })
                    // Shipping is not there, and holds nobody up.
                    try await eventually("one left") { shop.telemetry.metrics.value("shop_outbox_pending") == 1 }
                    shop.telemetry.expectMetric("shop_outbox_deliveries_total", ["outcome": "ok"], 3)
                }
            }
        }
    }

    @Test func `who does not answer is told again, until it does`() async throws {
        try await ServiceHarness.run(EventSink.self, environment: ["SINK_ANSWERS": "503,500"], isLive: true) {
            recommendations async throws in
            let environment = Self.environment(recommendations: recommendations.address)
            try await ServiceHarness.run(UsersService.self, environment: environment) { shop async throws in
                let id = try await Self.register(shop, "ada")
                try await eventually("the third attempt") { recommendations.events == ["user.consent_changed \(id)"] }
                try await eventually("nothing left") { shop.telemetry.metrics.value("shop_outbox_pending") == 0 }
                shop.telemetry.expectMetric("shop_outbox_deliveries_total", ["outcome": "failed"], 2)
                shop.telemetry.expectSpan("outbox deliver", status: .error)
                shop.telemetry.expectLog("event not delivered yet", level: .info, metadata: ["event": "user.consent_changed"])
            }
        }
    }

    @Test func `who refuses an event is not told again, and the log has it`() async throws {
        try await ServiceHarness.run(EventSink.self, environment: ["SINK_ANSWERS": "422"], isLive: true) { recommendations async throws in
            let environment = Self.environment(recommendations: recommendations.address)
            try await ServiceHarness.run(UsersService.self, environment: environment) { shop async throws in
                _ = try await Self.register(shop, "ada")
                let second = try await Self.register(shop, "bob")
                try await eventually("the second event") { recommendations.events == ["user.consent_changed \(second)"] }
                shop.telemetry.expectLog("event refused", level: .error, metadata: ["event": "user.consent_changed"])
            }
        }
    }

    @Test func `what was not delivered when the process ended is delivered by the next one`() async throws {
        let folder = NSTemporaryDirectory() + "shop-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let id = try await ServiceHarness.run(UsersService.self, environment: Self.environment(), directory: folder) { shop async throws in
            try await Self.register(shop, "ada")
        }
        try await ServiceHarness.run(EventSink.self, isLive: true) { recommendations async throws in
            let environment = Self.environment(recommendations: recommendations.address)
            try await ServiceHarness.run(UsersService.self, environment: environment, directory: folder) { _ in
                try await eventually("the delivery") { recommendations.events == ["user.consent_changed \(id)"] }
            }
        }
    }
}
