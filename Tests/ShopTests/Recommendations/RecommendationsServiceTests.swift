internal import Foundation
internal import HTTPTypes
internal import Logging
internal import PerchTestKit
internal import PerchTracing
internal import ShopCatalog
internal import ShopKit
internal import ShopRecommendations
internal import Testing
internal import Tracing

@Suite struct RecommendationsServiceTests {
    /// Runs recommendations beside a catalog.
    private func run(_ test: @Sendable @escaping (ServiceHarness) async throws -> Void) async throws {
        try await ServiceHarness.run(CatalogService.self, isLive: true) { catalog async throws in
            try await ServiceHarness.run(RecommendationsService.self, environment: ["SHOP_CATALOG_URL": catalog.address]) {
                shop async throws in
                try await test(shop)
            }
        }
    }

    private static func event(_ kind: Event.Kind, _ subject: String, _ data: [String: JSONValue] = [:], id: UUID = UUID()) -> JSONValue {
        [
            "id": .string(id.uuidString), "type": .string(kind.rawValue), "time": "2026-11-22T10:00:00Z", "subject": .string(subject),
            "data": .object(data),
        ]
    }

    private static func consent(_ user: Int, _ analytics: Bool = true) -> JSONValue {
        event(.consentChanged, "\(user)", ["analytics": .bool(analytics), "marketing": false])
    }

    private static func paid(_ user: Int, _ products: Int...) -> JSONValue {
        let items = products.map { JSONValue.object(["product_id": .number(Double($0)), "quantity": 1]) }
        return event(.orderPaid, "o-\(user)", ["user_id": .number(Double(user)), "items": .array(items)])
    }

    private static func ask(_ shop: ServiceHarness, _ user: Int, _ product: Int, limit: Int = 3) async throws -> Reply {
        let body: JSONValue = ["user_id": .number(Double(user)), "product_id": .number(Double(product)), "limit": .number(Double(limit))]
        return try await shop.post("/recommendations", body, token: shop.token(user))
    }

    @Test func `without consent there are no recommendations, with it there are, and what others bought comes first`() async throws {
        try await run { shop async throws in
            let refused = try await Self.ask(shop, 1, 7)
            #expect(refused.status == 403)
            shop.telemetry.expectMetric("shop_recommendations_total", ["outcome": "no_consent"], 1)
            for event in [Self.consent(1), Self.consent(2), Self.paid(2, 7, 20), Self.paid(3, 7, 22)] {
                #expect(try await shop.post("/events", event).status == 204)
            }
            let served = try await Self.ask(shop, 1, 7)
            // User 3 has not agreed, so what they bought counts for nothing.
            #expect(served.json.array?.compactMap { $0["id"]?.integer } == [20, 8, 9])
            shop.telemetry.expectMetric("shop_recommendations_total", ["outcome": "served"], 1)
            let span = shop.telemetry.expectSpan("GET /products", kind: .client, attributes: ["http.response.status_code": 200])
            #expect(span?.parent?.identity.spanID == shop.telemetry.spans.last { $0.name == "POST /recommendations" }?.spanID)
            shop.telemetry.expectMetric("http_client_request_duration_seconds", ["url_template": "/products"], 1)
        }
    }

    @Test func `who takes back the consent is forgotten`() async throws {
        try await run { shop async throws in
            for event in [Self.consent(1), Self.consent(2), Self.paid(2, 7, 20), Self.consent(2, false), Self.consent(2)] {
                _ = try await shop.post("/events", event)
            }
            #expect(try await Self.ask(shop, 1, 7).json.array?.compactMap { $0["id"]?.integer } == [8, 9, 10])
        }
    }

    @Test func `who is erased is forgotten, and the log says so`() async throws {
        try await run { shop async throws in
            for event in [Self.consent(1), Self.consent(2), Self.paid(2, 7, 20), Self.event(.userErased, "2")] {
                _ = try await shop.post("/events", event)
            }
            #expect(try await Self.ask(shop, 1, 7).json.array?.compactMap { $0["id"]?.integer } == [8, 9, 10])
            #expect(try await Self.ask(shop, 2, 7).status == 403)
            shop.telemetry.expectLog("purchases of a user erased", metadata: ["user_id": "2"])
        }
    }

    @Test func `an event that comes twice is taken once`() async throws {
        try await run { shop async throws in
            let id = UUID()
            let withdrawal = Self.event(.consentChanged, "1", ["analytics": false], id: id)
            _ = try await shop.post("/events", withdrawal)
            _ = try await shop.post("/events", Self.consent(1))
            #expect(try await shop.post("/events", withdrawal).status == 204)
            #expect(try await Self.ask(shop, 1, 7).status == 200)
        }
    }

    @Test(arguments: ["{", "{}", #"{"id":"x","type":"user.erased","time":"2026-11-22T10:00:00Z","subject":"1","data":{}}"#])
    func `what is no event is refused`(body: String) async throws {
        try await run { shop async throws in #expect(try await shop.send(.post, "/events", text: body).status == 400) }
    }

    @Test func `events of other kinds, or of nonsense, change nothing`() async throws {
        try await run { shop async throws in
            for event in [
                Self.event(Event.Kind(rawValue: "moon.full"), "1"), Self.event(.consentChanged, "x", ["analytics": true]),
                Self.event(.orderPaid, "o-1", ["user_id": "x", "items": 5]), Self.event(.orderPaid, "o-1"),
            ] {
                #expect(try await shop.post("/events", event).status == 204)
            }
        }
    }

    @Test(arguments: [
        ("{", 400), (#"{"user_id":1}"#, 400), (#"{"user_id":"1","product_id":7}"#, 400), (#"{"user_id":1,"product_id":0}"#, 422),
        (#"{"user_id":1,"product_id":7,"limit":0}"#, 422), (#"{"user_id":1,"product_id":7,"limit":21}"#, 422),
        (#"{"user_id":2,"product_id":7}"#, 403),
    ])
    func `requests that make no sense, or for somebody else, are refused`(body: String, status: Int) async throws {
        try await run { shop async throws in
            #expect(try await shop.send(.post, "/recommendations", text: body, token: shop.token(1)).status == status)
        }
    }

    @Test func `a catalog that cannot be reached is told as such`() async throws {
        try await ServiceHarness.run(RecommendationsService.self, environment: ["SHOP_CATALOG_URL": "http://127.0.0.1:9"]) {
            shop async throws in
            _ = try await shop.post("/events", Self.consent(1))
            let reply = try await Self.ask(shop, 1, 7)
            #expect(reply.status == 503)
            #expect(reply.detail == "product-catalog cannot be reached")
            shop.telemetry.expectSpan("POST /recommendations", status: .error)
        }
    }

    @Test func `the document tells of every route`() async throws { try await checkDocument(of: RecommendationsService.self) }
}
