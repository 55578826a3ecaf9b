internal import Foundation
internal import NIOHTTP1
internal import ShopKit
internal import TestSupport
internal import Testing

/// The program as it is used: processes, ports, signals, files.
@Suite(.serialized) struct WholeShopTests {
    private static func withFolder(_ test: (String) async throws -> Void) async throws {
        let folder = NSTemporaryDirectory() + "shop-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await test(folder)
    }

    @Test(.timeLimit(.minutes(10)))
    func `of a person who wants to be forgotten nothing is left in the files of any service`() async throws {
        try await Self.withFolder { folder async throws in
            let shop = try await RunningShop.open(in: folder)
            let secrets = ["lovelace", "ada@byron.example", "12 St James Square"]
            let user: JSONValue = [
                "username": "lovelace", "email": "ada@byron.example", "password": "analytical engine",
                "consent": ["marketing": false, "analytics": true],
            ]
            let id = try #require(try await shop.ask(.gateway, .POST, "/api/users", user)?.json["id"]?.integer)
            let login: JSONValue = ["username": "lovelace", "password": "analytical engine"]
            let token = try #require(try await shop.ask(.gateway, .POST, "/api/token", login)?.json["access_token"]?.text)
            let order: JSONValue = [
                "items": [["product_id": 3, "quantity": 1]], "address": "12 St James Square", "card": "4242424242424242",
            ]
            let placed = try await shop.ask(.gateway, .POST, "/api/orders", order, token: token)
            #expect(placed?.status == 201)
            #expect(placed?.json["status"] == "PAID")
            let wanted: JSONValue = ["user_id": .number(Double(id)), "product_id": 3]
            try await eventually("recommendations, once the consent is known there") {
                try await shop.ask(.gateway, .POST, "/api/recommendations", wanted, token: token)?.status == 200
            }
            for secret in secrets { #expect(!Self.files(folder + "/data", with: secret).isEmpty, "\(secret)") }

            #expect(try await shop.ask(.gateway, .DELETE, "/api/users/\(id)", token: token)?.status == 204)
            try await eventually("that the person is forgotten everywhere") {
                secrets.allSatisfy { Self.files(folder + "/data", with: $0).isEmpty }
            }
            for secret in secrets { #expect(Self.files(folder, with: secret) == [], "\(secret)") }
            let refused = try await shop.ask(.gateway, .POST, "/api/recommendations", wanted, token: token)
            #expect(refused?.status == 403)
            // Lines are written a moment after what they tell of.
            try await eventually("the line of the audit") {
                let log = try String(contentsOfFile: folder + "/logs/users.log", encoding: .utf8)
                return log.split(separator: "\n").contains { $0.contains("\"logger\":\"audit\"") && $0.contains("\"action\":\"erase\"") }
            }

            let started = ContinuousClock.now
            shop.send(signal: SIGTERM)
            #expect(try await shop.status() == 0)
            #expect(ContinuousClock.now - started < .seconds(30))
        }
    }

    @Test(.timeLimit(.minutes(10)))
    func `a service that dies comes back, a port that is taken is told, and nothing outlives the shop`() async throws {
        try await Self.withFolder { folder async throws in
            let shop = try await RunningShop.open(in: folder)
            let first = try #require(try await shop.ask(.catalog, .GET, "/healthcheck")?.json["pid"]?.integer)
            kill(Int32(first), SIGKILL)
            try await eventually("another catalog") {
                let second = try await shop.ask(.catalog, .GET, "/healthcheck")?.json["pid"]?.integer
                return second != nil && second != first
            }
            try await eventually("word of its end") { shop.printed.contains("catalog ended with status 9") }

            let second = try RunningShop(
                ["up", "--port-base", "\(shop.firstPort)", "--data-dir", folder + "/other"], firstPort: shop.firstPort)
            #expect(try await second.status() == 1)
            #expect(second.printed.contains("port \(shop.firstPort) of 127.0.0.1 is taken"))
            #expect(!second.printed.contains("The shop is open"))

            shop.send(signal: SIGKILL)
            _ = try await shop.status()
            for service in ServiceName.allCases {
                try await eventually("the end of \(service)") { try await shop.ask(service, .GET, "/healthcheck") == nil }
            }
        }
    }

    @Test(.timeLimit(.minutes(10)))
    func `a request that takes long does not keep a service from ending`() async throws {
        try await Self.withFolder { folder async throws in
            let port = try FreePorts.one()
            let shop = try RunningShop(
                ["catalog", "--port", "\(port)", "--data-dir", folder], firstPort: port - ServiceName.catalog.offset,
                environment: ["OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"])
            try await eventually("the catalog") { try await shop.ask(.catalog, .GET, "/healthcheck")?.status == 200 }
            let slow: JSONValue = ["value": 30_000]
            #expect(try await shop.ask(.catalog, .PUT, "/faults/slow-catalog", slow)?.status == 200)
            async let cut = shop.ask(.catalog, .GET, "/products/1")
            try await Task.sleep(for: .milliseconds(300))
            let started = ContinuousClock.now
            shop.send(signal: SIGTERM)
            #expect(try await shop.status() == 0)
            #expect(ContinuousClock.now - started < .seconds(25))
            #expect(try await cut?.status != 200)
        }
    }

    @Test func `wrong usage is told with help, and ends with status 2`() async throws {
        for arguments in [
            ["nonsense"], ["catalog", "--port", "x"], ["catalog", "--port", "70000"], ["up", "--port-base", "0"],
            ["fault", "set", "nonsense"],
            ["fault", "set", "slow-catalog", "much"], ["fault", "set", "slow-catalog", "--for", "soon"], ["fault", "clear"],
        ] {
            let shop = try RunningShop(arguments)
            #expect(try await shop.status() == 2, "\(arguments)")
            try await eventually("help for \(arguments)") { shop.printed.contains("Usage: shop") }
        }
    }

    @Test func `faults of a shop that does not run cannot be set`() async throws {
        let shop = try RunningShop(["fault", "set", "slow-catalog", "--port-base", "1"])
        #expect(try await shop.status() == 1)
        try await eventually("the reason") { shop.printed.contains("product-catalog cannot be reached") }
    }

    /// The files that hold a text, by their names.
    private static func files(_ folder: String, with text: String) -> [String] {
        // Files may go while this looks.
        let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        let pattern = Data(text.utf8)
        return names.filter { name in
            FileManager.default.contents(atPath: folder + "/" + name)?.range(of: pattern) != nil
        }
    }
}
