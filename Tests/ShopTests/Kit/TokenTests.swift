internal import Foundation
internal import ShopCatalog
internal import ShopKit
internal import Testing

/// Which tokens open a door, shown with the catalog.
@Suite struct TokenTests {
    private func status(_ authorization: String?, now: @escaping @Sendable () -> Date = { Date() }) async throws -> Int {
        try await ServiceHarness.run(CatalogService.self, now: now) { shop in
            let headers = authorization.map { ["Authorization": $0] } ?? [:]
            return try await shop.send(.put, "/products/99", ["name": "x", "category": "x", "price": 1], headers: headers).status
        }
    }

    @Test func `a good token is taken, whatever the case of the scheme`() async throws {
        let token = try await Tokens(secret: ServiceHarness.secret).issue(userID: 3, roles: [.admin])
        #expect(try await status("Bearer \(token)") == 404)
        #expect(try await status("bearer \(token)") == 404)
    }

    @Test func `a token ends after half an hour`() async throws {
        let clock = ManualClock()
        let token = try await Tokens(secret: ServiceHarness.secret, now: clock.now).issue(userID: 3, roles: [.admin])
        clock.advance(30 * 60 - 1)
        #expect(try await status("Bearer \(token)", now: clock.now) == 404)
        clock.advance(1)
        #expect(try await status("Bearer \(token)", now: clock.now) == 401)
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
        for token in forged { #expect(try await status("Bearer \(token)") == 401, "\(token.prefix(200))") }
        for authorization in [nil, "", "Bearer", good, "Basic \(good)"] { #expect(try await status(authorization) == 401) }
    }

    private static func encoded(_ json: String) -> String {
        Data(json.utf8).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}
