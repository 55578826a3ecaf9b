internal import Foundation
internal import HTTPTypes
internal import Logging
internal import PerchLogging
internal import PerchTestKit
internal import PerchTracing
internal import ShopCatalog
internal import ShopKit
internal import Testing
internal import Tracing

@Suite struct CatalogServiceTests {
    private static let lamp: JSONValue = [
        "name": "Lamp", "description": "Bright.", "category": "office", "price": 59.9, "inStock": true,
    ]

    @Test func `a new shop has 24 products in four categories, listed page by page`() async throws {
        try await ServiceHarness.run(CatalogService.self) { shop async throws in
            var products: [JSONValue] = []
            while true {
                let page = try await shop.get("/products?limit=10&after=\(products.last?["id"]?.integer ?? 0)").json.array ?? []
                if page.isEmpty { break }
                products += page
            }
            #expect(products.compactMap { $0["id"]?.integer } == Array(1...24))
            #expect(Set(products.compactMap { $0["category"]?.text }).count == 4)
            let books = try await shop.get("/products?category=books").json.array
            #expect(books?.count == 6)
            #expect(books?.allSatisfy { $0["category"] == "books" } == true)
        }
    }

    @Test func `a product is told with its price in euros, and the telemetry says so`() async throws {
        try await ServiceHarness.run(CatalogService.self) { shop async throws in
            let reply = try await shop.get(
                "/products/1", headers: ["traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"])
            #expect(reply.status == 200)
            #expect(reply.json["price"] == 24.9)
            #expect(Set(reply.json.object?.keys.map { $0 } ?? []) == ["id", "name", "description", "category", "price", "inStock"])
            let span = shop.telemetry.expectSpan("GET /products/{id}", kind: .server, attributes: ["http.response.status_code": 200])
            #expect(span.map { "\($0.traceID)" } == "0af7651916cd43dd8448eb211c80319c")
            let query = shop.telemetry.expectSpan("SELECT", kind: .client, attributes: ["db.system.name": "sqlite"])
            #expect(query?.parent?.identity.spanID == span?.spanID)
            shop.telemetry.expectLog("request answered", level: .info, metadata: ["http.route": "/products/{id}"])
            let labels = ["http_request_method": "GET", "http_route": "/products/{id}", "http_response_status_code": "200"]
            shop.telemetry.expectMetric("http_server_request_duration_seconds", labels, 1)
            shop.telemetry.expectMetric("http_requests_total", ["handler": "/products/{id}", "method": "GET", "status": "2xx"], 1)
            shop.telemetry.expectMetric("http_request_duration_seconds", ["handler": "/products/{id}", "method": "GET"], 1)
            shop.telemetry.expectMetric("db_client_operation_duration_seconds", ["db_operation_name": "SELECT"])
        }
    }

    @Test(arguments: ["/products/99", "/products/0", "/products/-1", "/products/x", "/products/99999999999999999999"])
    func `a product that is not there is told so with the trace`(path: String) async throws {
        try await ServiceHarness.run(CatalogService.self) { shop async throws in
            let reply = try await shop.get(path)
            #expect(reply.status == 404)
            #expect(reply.headers[.contentType] == "application/problem+json")
            let span = shop.telemetry.expectSpan("GET /products/{id}")
            #expect(reply.json["trace_id"]?.text == span.map { "\($0.traceID)" })
            shop.telemetry.expectMetric("http_requests_total", ["handler": "/products/{id}", "status": "4xx"], 1)
        }
    }

    @Test(arguments: ["limit=0", "limit=101", "limit=x", "after=-1", "after=x", "limit="])
    func `pages that cannot be are refused`(query: String) async throws {
        try await ServiceHarness.run(CatalogService.self) { shop async throws in
            #expect(try await shop.get("/products?\(query)").status == 400)
        }
    }

    @Test func `an administrator adds and changes products, and the audit log says who`() async throws {
        try await ServiceHarness.run(CatalogService.self) { shop async throws in
            let token = try await shop.token(7, [.admin])
            let added = try await shop.post("/products", Self.lamp, token: token)
            #expect(added.status == 201)
            #expect(added.json["id"] == 25)
            #expect(try await shop.get("/products/25").json["price"] == 59.9)
            var changed = Self.lamp.object ?? [:]
            changed["price"] = 49
            #expect(try await shop.put("/products/25", .object(changed), token: token).json["price"] == 49)
            #expect(try await shop.put("/products/26", Self.lamp, token: token).status == 404)
            let record = shop.telemetry.expectLog("audit")
            #expect(record?.logger == "audit")
            let audited = "\(record?.metadata["audit"] ?? "")"
            #expect(audited.contains("user 7"))
        }
    }

    @Test func `customers and strangers change nothing`() async throws {
        try await ServiceHarness.run(CatalogService.self) { shop async throws in
            let stranger = try await shop.post("/products", Self.lamp)
            #expect(stranger.status == 401)
            #expect(stranger.headers[.wwwAuthenticate] == "Bearer")
            #expect(try await shop.post("/products", Self.lamp, token: shop.token(2)).status == 403)
            #expect(try await shop.put("/products/1", Self.lamp, token: shop.token(2)).status == 403)
            #expect(try await shop.get("/products?after=24").json == [])
        }
    }

    @Test(arguments: [
        ("{", 400), ("[]", 400), ("", 400), (#"{"name":"x"}"#, 400), (#"{"name":1,"category":"a","price":1}"#, 400),
        (#"{"name":"x","category":"a","price":"1"}"#, 400), (#"{"name":"x","category":"a","price":1.001}"#, 400),
        (#"{"name":"x","category":"a","price":1e300}"#, 400), (#"{"name":"x","category":"a","price":0}"#, 422),
        (#"{"name":"x","category":"a","price":-1}"#, 422), (#"{"name":"","category":"a","price":1}"#, 422),
        (#"{"name":"x","category":"","price":1}"#, 422),
    ])
    func `products that make no sense are refused`(body: String, status: Int) async throws {
        try await ServiceHarness.run(CatalogService.self) { shop async throws in
            let reply = try await shop.send(.post, "/products", text: body, token: shop.adminToken())
            #expect(reply.status == status)
            #expect(!reply.detail.isEmpty)
        }
    }

    @Test func `a body that is too large is refused`() async throws {
        try await ServiceHarness.run(CatalogService.self) { shop async throws in
            let reply = try await shop.send(.post, "/products", text: String(repeating: " ", count: 70_000), token: shop.adminToken())
            #expect(reply.status == 413)
        }
    }

    @Test func `the fault slow-catalog makes requests for products wait, and shows in the metrics`() async throws {
        try await ServiceHarness.run(CatalogService.self) { shop async throws in
            shop.telemetry.expectMetric("shop_fault_active", ["fault": "slow-catalog"], 0)
            #expect(try await shop.put("/faults/slow-catalog", ["value": 200]).status == 200)
            shop.telemetry.expectMetric("shop_fault_active", ["fault": "slow-catalog"], 1)
            shop.telemetry.expectLog("fault set", level: .warning, metadata: ["fault": "slow-catalog", "value": "200"])
            let started = ContinuousClock.now
            #expect(try await shop.get("/products/1").status == 200)
            #expect(ContinuousClock.now - started >= .milliseconds(200))
            #expect(try await shop.delete("/faults/slow-catalog").status == 204)
            shop.telemetry.expectMetric("shop_fault_active", ["fault": "slow-catalog"], 0)
        }
    }

    @Test func `the document tells of every route`() async throws { try await checkDocument(of: CatalogService.self) }
}
