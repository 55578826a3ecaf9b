internal import Foundation
internal import HTTPTypes
internal import PerchTestKit
internal import ShopCatalog
internal import ShopKit
internal import Testing

/// What all services have, shown with the catalog.
@Suite struct StandardRoutesTests {
    @Test func `the health check looks at the database and leaves no spans`() async throws {
        try await ServiceHarness.run(CatalogService.self) { shop async throws in
            let reply = try await shop.get("/healthcheck")
            #expect(reply.json["status"] == "ok")
            #expect(reply.json["service"] == "product-catalog")
            #expect(reply.json["pid"]?.integer == Int(ProcessInfo.processInfo.processIdentifier))
            shop.telemetry.expectNoSpan("GET /healthcheck")
        }
    }

    @Test func `metrics are there for a scraper`() async throws {
        try await ServiceHarness.run(CatalogService.self) { shop async throws in
            _ = try await shop.get("/products/1")
            let reply = try await shop.get("/metrics")
            #expect(reply.headers[.contentType]?.hasPrefix("text/plain") == true)
            #expect(reply.text.contains(#"http_requests_total{handler="/products/{id}",method="GET",status="2xx"} 1"#))
            #expect(reply.text.contains(#"quantile="0.9""#))
        }
    }

    @Test func `a route that is not there is told as a problem, and makes no series of its own`() async throws {
        try await ServiceHarness.run(CatalogService.self) { shop async throws in
            for path in ["/nothing", "/products/1/reviews", "/%2e%2e/etc/passwd"] {
                let reply = try await shop.get(path)
                #expect(reply.status == 404)
                #expect(reply.detail.hasPrefix("there is no route GET"))
            }
            #expect(try await shop.send(HTTPRequest.Method("BREW") ?? .get, "/products").status == 404)
            shop.telemetry.expectMetric("http_requests_total", ["handler": "none", "method": "GET", "status": "4xx"], 3)
            shop.telemetry.expectMetric("http_requests_total", ["handler": "none", "method": "other", "status": "4xx"], 1)
        }
    }

    @Test func `a request whose deadline has passed is not worked on`() async throws {
        let clock = ManualClock()
        try await ServiceHarness.run(CatalogService.self, now: clock.now) { shop async throws in
            let now = Int64(clock.now().timeIntervalSince1970 * 1000)
            #expect(try await shop.get("/products/1", headers: [Deadline.header: "\(now + 1000)"]).status == 200)
            for late in [now, now - 1, 1] {
                let reply = try await shop.get("/products/1", headers: [Deadline.header: "\(late)"])
                #expect(reply.status == 504)
                #expect(reply.detail.contains("deadline"))
            }
            for wrong in ["soon", "", "-5", "1.5", "99999999999999999999999"] {
                #expect(try await shop.get("/products/1", headers: [Deadline.header: wrong]).status == 400)
            }
        }
    }

    @Test func `faults of other services, and values that make no sense, are refused`() async throws {
        try await ServiceHarness.run(CatalogService.self) { shop async throws in
            #expect(try await shop.get("/faults").json.array?.map { $0["name"] } == ["slow-catalog"])
            #expect(try await shop.put("/faults/leak", ["value": 1]).status == 404)
            #expect(try await shop.put("/faults/nonsense", [:]).status == 404)
            #expect(try await shop.delete("/faults/leak").status == 404)
            #expect(try await shop.put("/faults/slow-catalog", ["value": -1]).status == 422)
            #expect(try await shop.put("/faults/slow-catalog", ["value": "much"]).status == 422)
            #expect(try await shop.put("/faults/slow-catalog", ["value": 5, "for_seconds": 0]).status == 422)
            #expect(try await shop.put("/faults/slow-catalog", ["value": 5, "for_seconds": 1e12]).status == 422)
            #expect(try await shop.put("/faults/slow-catalog", ["value": [1]]).status == 400)
            #expect(try await shop.send(.put, "/faults/slow-catalog", text: "{").status == 400)
            shop.telemetry.expectMetric("shop_fault_active", ["fault": "slow-catalog"], 0)
        }
    }

    @Test func `a fault ends by itself when its time is over`() async throws {
        let clock = ManualClock()
        try await ServiceHarness.run(CatalogService.self, now: clock.now) { shop async throws in
            let reply = try await shop.put("/faults/slow-catalog", ["value": 0, "for_seconds": 60])
            #expect(reply.json["active"] == true)
            #expect(reply.json["until"] != nil)
            clock.advance(59)
            #expect(try await shop.get("/faults").json[0]?["active"] == true)
            clock.advance(1)
            #expect(try await shop.get("/faults").json[0]?["active"] == false)
            shop.telemetry.expectMetric("shop_fault_active", ["fault": "slow-catalog"], 0)
        }
    }
}
