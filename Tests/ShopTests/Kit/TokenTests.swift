internal import Foundation
internal import HTTPTypes
internal import ShopCatalog
internal import ShopKit
internal import Testing

/// Which tokens open a door, shown with the catalog.
@Suite struct TokenTests {
    /// 404 is the answer of a door that opened.
    private func statuses(_ authorizations: [String?], now: @escaping @Sendable () -> Date = { Date() }) async throws -> [Int] {
        try await ServiceHarness.run(CatalogService.self, now: now) { shop async throws in
            var statuses: [Int] = []
            for authorization in authorizations {
                let headers = authorization.map { ["Authorization": $0] } ?? [:]
                let body: JSONValue = ["name": "x", "category": "x", "price": 1]
                statuses.append(try await shop.send(.put, "/products/99", body, headers: headers).status)
            }
            return statuses
        }
    }

    @Test func `a good token is taken, whatever the case of the scheme`() async throws {
        let token = try await Tokens(secret: ServiceHarness.secret).issue(userID: 3, roles: [.admin])
        let statuses = try await statuses(["Bearer \(token)", "bearer \(token)"])
        #expect(statuses == [404, 404])
    }

    @Test func `a token ends after half an hour`() async throws {
        let clock = ManualClock()
        let token = try await Tokens(secret: ServiceHarness.secret, now: clock.now).issue(userID: 3, roles: [.admin])
        clock.advance(30 * 60 - 1)
        let before = try await statuses(["Bearer \(token)"], now: clock.now)
        clock.advance(1)
        let after = try await statuses(["Bearer \(token)"], now: clock.now)
        #expect(before == [404])
        #expect(after == [401])
    }

    @Test func `forged tokens are refused`() async throws {
        let good = try await Tokens(secret: ServiceHarness.secret).issue(userID: 3, roles: [.customer])
        let foreign = try await Tokens(secret: "another secret, which is also long enough").issue(userID: 3, roles: [.admin])
        let parts = good.split(separator: ".").map(String.init)
        let expires = Int(Date().timeIntervalSince1970) + 600
        let claims = Self.encoded(#"{"sub":"3","roles":["admin"],"exp":\#(expires)}"#)
        let unsigned = Self.encoded(#"{"alg":"none","typ":"JWT"}"#) + "." + claims + "."
        let forged = [
            foreign, unsigned, "\(parts[0]).\(claims).\(parts[2])", "\(parts[0]).\(parts[1]).", "\(parts[0]).\(parts[1])", "a.b.c", "", ".",
            String(repeating: "x", count: 10_000),
        ]
        let authorizations = forged.map { "Bearer \($0)" } + [nil, "", "Bearer", good, "Basic \(good)"]
        for (authorization, status) in zip(authorizations, try await statuses(authorizations)) {
            #expect(status == 401, "\(authorization?.prefix(200) ?? "none")")
        }
    }

    private static func encoded(_ json: String) -> String {
        Data(json.utf8).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}
