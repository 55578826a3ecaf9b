internal import Foundation
internal import HTTPTypes
internal import Logging
internal import PerchTestKit
internal import PerchTracing
internal import ShopCatalog
internal import ShopGateway
internal import ShopKit
internal import ShopUsers
internal import Testing
internal import Tracing

@Suite struct GatewayServiceTests {
    /// Nobody listens there.
    private static let nowhere = "http://127.0.0.1:9"
    private static let environment = [
        "SHOP_CATALOG_URL": nowhere, "SHOP_ORDERS_URL": nowhere, "SHOP_USERS_URL": nowhere, "SHOP_RECOMMENDATIONS_URL": nowhere,
        "SHOP_SHIPPING_URL": nowhere, "SHOP_PASSWORD_COST": "10", "SHOP_REQUEST_BUDGET_MS": "60000",
    ]

    /// Runs the gateway before a catalog.
    private func run(
        _ more: [String: String] = [:], _ test: @Sendable @escaping (ServiceHarness, ServiceHarness) async throws -> Void
    ) async throws {
        try await ServiceHarness.run(CatalogService.self, isLive: true) { catalog async throws in
            let environment = Self.environment.merging(["SHOP_CATALOG_URL": catalog.address]) { $1 }.merging(more) { $1 }
            try await ServiceHarness.run(GatewayService.self, environment: environment) { try await test($0, catalog) }
        }
    }

    @Test func `requests are passed on with the trace and the deadline, and answers come back`() async throws {
        try await run { shop, catalog async throws in
            let reply = try await shop.get("/api/products?category=books&limit=2")
            #expect(reply.status == 200)
            #expect(reply.json.array?.compactMap { $0["id"]?.integer } == [1, 2])
            // The gateway has its answer a moment before the span of the catalog ends.
            try await eventually("the catalog's span") { catalog.telemetry.spans.contains { $0.name == "GET /products" } }
            let server = shop.telemetry.expectSpan("GET /api/products", kind: .server)
            let client = shop.telemetry.expectSpan("GET /products", kind: .client)
            let behind = catalog.telemetry.expectSpan("GET /products", kind: .server)
            #expect(client?.parent?.identity.spanID == server?.spanID)
            #expect(behind?.parent?.identity.spanID == client?.spanID)
            #expect(behind?.traceID == server?.traceID)
            let missing = try await shop.get("/api/products/99")
            #expect(missing.status == 404)
            #expect(missing.detail == "there is no product 99")
            try await eventually("the catalog's second span") {
                catalog.telemetry.spans.contains { $0.name == "GET /products/{id}" && missing.json["trace_id"]?.text == "\($0.traceID)" }
            }
        }
    }

    @Test func `what needs a user is refused here already, and what needs an administrator behind`() async throws {
        try await run { shop, catalog async throws in
            let lamp: JSONValue = ["name": "Lamp", "category": "office", "price": 5]
            #expect(try await shop.post("/api/products", lamp).status == 401)
            #expect(try await shop.post("/api/products", lamp, token: "nonsense").status == 401)
            catalog.telemetry.expectNoSpan("POST /products")
            #expect(try await shop.post("/api/products", lamp, token: shop.token(5)).status == 403)
            let added = try await shop.post("/api/products", lamp, token: shop.adminToken())
            #expect(added.status == 201)
            for path in ["/api/orders", "/api/orders/1", "/api/users/me"] { #expect(try await shop.get(path).status == 401) }
        }
    }

    @Test func `a form of the login is passed on as it is`() async throws {
        try await ServiceHarness.run(UsersService.self, environment: Self.environment, isLive: true) { users async throws in
            let environment = Self.environment.merging(["SHOP_USERS_URL": users.address]) { $1 }
            try await ServiceHarness.run(GatewayService.self, environment: environment) { shop async throws in
                let ada: JSONValue = ["username": "ada", "email": "ada@example.org", "password": "analytical engine"]
                #expect(try await shop.post("/api/users", ada).status == 201)
                let reply = try await shop.send(
                    .post, "/api/token", text: "username=ada&password=analytical%20engine",
                    headers: ["Content-Type": "application/x-www-form-urlencoded"])
                let me = try await shop.get("/api/users/me", token: reply.json["access_token"]?.text ?? "")
                #expect(me.json["username"] == "ada")
                #expect(try await shop.delete("/api/users/\(me.json["id"]?.integer ?? 0)", token: shop.adminToken()).status == 204)
            }
        }
    }

    @Test func `a service that fails is left alone after a while, and tried again later`() async throws {
        try await ServiceHarness.run(GatewayService.self, environment: Self.environment) { shop async throws in
            shop.telemetry.expectMetric("shop_circuit_breaker_state", ["upstream": "users"], 0)
            var statuses: [Int] = []
            for _ in 0..<12 { statuses.append(try await shop.post("/api/token", ["username": "a", "password": "b"]).status) }
            #expect(Set(statuses) == [503])
            let reply = try await shop.post("/api/token", ["username": "a", "password": "b"])
            #expect(reply.detail.contains("left alone"))
            #expect((reply.headers[.retryAfter].flatMap { Int($0) } ?? 0) >= 1)
            shop.telemetry.expectMetric("shop_circuit_breaker_state", ["upstream": "users"], 2)
            shop.telemetry.expectMetric("shop_circuit_breaker_state", ["upstream": "product-catalog"], 0)
            shop.telemetry.expectMetric("shop_circuit_breaker_transitions_total", ["upstream": "users", "to": "open"], 1)
            shop.telemetry.expectLog("circuit opened", level: .warning, metadata: ["upstream": "users"])
            // Ten calls were made, and the others were not.
            #expect(shop.telemetry.spans.filter { $0.kind == .client }.count == 10)
        }
    }

    @Test func `a slow service is given up when the time is over`() async throws {
        try await run(["SHOP_REQUEST_BUDGET_MS": "300"]) { shop, catalog async throws in
            _ = try await catalog.put("/faults/slow-catalog", ["value": 3000])
            // Had it waited, it would have the catalog's answer.
            #expect(try await shop.get("/api/products/1").status == 504)
            shop.telemetry.expectSpan("GET /api/products/{id}", kind: .server, status: .error)
            // The client's own deadline counts where it is sooner.
            let now = Int64(Date().timeIntervalSince1970 * 1000)
            let sooner = try await shop.get("/api/products/1", headers: [Deadline.header: "\(now + 50)"])
            #expect(sooner.status == 504)
        }
    }

    @Test func `clients that ask too often are told when to come back, each for itself`() async throws {
        try await run(["SHOP_RATE_PER_SECOND": "0.1", "SHOP_RATE_BURST": "3"]) { shop, _ async throws in
            for _ in 0..<3 { #expect(try await shop.get("/api/products/1").status == 200) }
            let reply = try await shop.get("/api/products/1")
            #expect(reply.status == 429)
            let pause = reply.headers[.retryAfter].flatMap { Int($0) } ?? 0
            #expect((1...10).contains(pause))
            #expect(try await shop.get("/api/products/1", token: shop.token(5)).status == 200)
            #expect(try await shop.get("/healthcheck").status == 200)
            shop.telemetry.expectMetric("shop_rate_limited_total", [:], 1)
            shop.telemetry.expectMetric("http_requests_total", ["handler": "/api/products/{id}", "status": "4xx"], 1)
        }
    }

    @Test func `the front page says what is there`() async throws {
        try await ServiceHarness.run(GatewayService.self, environment: Self.environment) { shop async throws in
            let reply = try await shop.get("/")
            #expect(reply.headers[.contentType]?.hasPrefix("text/html") == true)
            #expect(reply.text.contains("/api/orders/{id}"))
        }
    }

    @Test func `the document tells of every route`() async throws {
        try await checkDocument(of: GatewayService.self, environment: Self.environment)
    }
}
