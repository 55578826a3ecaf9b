internal import Foundation
internal import HTTPTypes
internal import Logging
internal import PerchLogging
internal import PerchTestKit
internal import PerchTracing
internal import ShopKit
internal import ShopUsers
internal import Testing
internal import Tracing

@Suite struct UsersServiceTests {
    /// Nobody listens there.
    private static let environment = [
        "SHOP_PASSWORD_COST": "10", "SHOP_ORDERS_URL": "http://127.0.0.1:9", "SHOP_SHIPPING_URL": "http://127.0.0.1:9",
        "SHOP_RECOMMENDATIONS_URL": "http://127.0.0.1:9",
    ]
    private static let ada: JSONValue = ["username": "ada", "email": "ada@example.org", "password": "analytical engine"]

    private func run(
        _ more: [String: String] = [:], now: @escaping @Sendable () -> Date = { Date() },
        _ test: @Sendable (ServiceHarness) async throws -> Void
    ) async throws {
        try await ServiceHarness.run(
            UsersService.self, environment: Self.environment.merging(more) { _, given in given }, now: now, test)
    }

    @Test func `who registers can log in, by JSON and by a form, and is known by the token`() async throws {
        try await run { shop async throws in
            let registered = try await shop.post("/users", Self.ada)
            #expect(registered.status == 201)
            #expect(registered.json["consent"] == ["marketing": false, "analytics": false])
            #expect(!registered.text.contains("analytical"))
            let json = try await shop.post("/token", ["username": "ADA", "password": "analytical engine"])
            let form = try await shop.send(
                .post, "/token", text: "grant_type=password&username=ada&password=analytical+engine",
                headers: ["Content-Type": "application/x-www-form-urlencoded"])
            for reply in [json, form] {
                #expect(reply.status == 200)
                #expect(reply.json["token_type"] == "bearer")
                let me = try await shop.get("/users/me", token: reply.json["access_token"]?.text ?? "")
                #expect(me.json["username"] == "ada")
                #expect(me.json["email"] == "ada@example.org")
            }
            shop.telemetry.expectMetric("shop_logins_total", ["outcome": "ok"], 2)
        }
    }

    @Test func `a wrong password and a wrong name are refused in the same words`() async throws {
        try await run { shop async throws in
            _ = try await shop.post("/users", Self.ada)
            let wrongPassword = try await shop.post("/token", ["username": "ada", "password": "wrong"])
            let wrongName = try await shop.post("/token", ["username": "bob", "password": "analytical engine"])
            let tooLong = try await shop.post("/token", ["username": "ada", "password": .string(String(repeating: "x", count: 5000))])
            for reply in [wrongPassword, wrongName, tooLong] {
                #expect(reply.status == 401)
                #expect(reply.detail == "incorrect username or password")
                #expect(reply.headers[.wwwAuthenticate] == "Bearer")
            }
            shop.telemetry.expectMetric("shop_logins_total", ["outcome": "refused"], 3)
            let audited = shop.telemetry.expectLog("audit", level: .notice)
            #expect(audited?.logger == "audit")
        }
    }

    @Test func `passwords, names and addresses are in no line of the log and in no span`() async throws {
        try await run { shop async throws in
            // A name that no number of a trace has in it, as sixteen digits go.
            let user: JSONValue = ["username": "lovelace", "email": "byron@example.org", "password": "analytical engine"]
            #expect(try await shop.post("/users", user).status == 201)
            #expect(try await shop.post("/token", ["username": "lovelace", "password": "analytical engine"]).status == 200)
            #expect(try await shop.post("/token", ["username": "lovelace", "password": "wrong password"]).status == 401)
            let told = shop.telemetry.records.map { "\($0.message) \($0.metadata)" } + shop.telemetry.spans.map { "\($0)" }
            for secret in ["lovelace", "byron", "example.org", "analytical", "wrong password"] {
                #expect(!told.contains { $0.contains(secret) }, "\(secret)")
            }
        }
    }

    @Test(arguments: [
        ("{", 400), ("{}", 400), (#"{"username":"a","email":"a@b","password":7}"#, 400),
        (#"{"username":"","email":"a@b","password":"12345678"}"#, 422), (#"{"username":"a b","email":"a@b","password":"12345678"}"#, 422),
        (#"{"username":"a","email":"a","password":"12345678"}"#, 422), (#"{"username":"a","email":"a@b@c","password":"12345678"}"#, 422),
        (#"{"username":"a","email":"a@b","password":"1234567"}"#, 422),
        (#"{"username":"a","email":"a@b","password":"12345678","consent":{"analytics":"yes"}}"#, 400),
    ])
    func `users that make no sense are refused`(body: String, status: Int) async throws {
        try await run { shop async throws in #expect(try await shop.send(.post, "/users", text: body).status == status) }
    }

    @Test func `a name is taken once, whatever its case`() async throws {
        try await run { shop async throws in
            _ = try await shop.post("/users", Self.ada)
            let again = try await shop.post("/users", ["username": "Ada", "email": "a@b", "password": "12345678"])
            #expect(again.status == 409)
        }
    }

    @Test func `users see and change only themselves`() async throws {
        try await run { shop async throws in
            let id = try #require(try await shop.post("/users", Self.ada).json["id"]?.integer)
            let (own, other, admin) = (try await shop.token(id), try await shop.token(id + 1), try await shop.token(99, [.admin]))
            let consent: JSONValue = ["marketing": false, "analytics": true]
            #expect(try await shop.get("/users/\(id)", token: own).status == 200)
            #expect(try await shop.get("/users/\(id)", token: admin).status == 200)
            #expect(try await shop.get("/users/\(id)", token: other).status == 403)
            #expect(try await shop.get("/users/\(id)").status == 401)
            #expect(try await shop.put("/users/\(id)/consent", consent, token: other).status == 403)
            #expect(try await shop.put("/users/\(id)/consent", consent, token: own).json["consent"] == consent)
            #expect(try await shop.put("/users/\(id)/consent", ["analytics": true], token: own).status == 400)
            #expect(try await shop.delete("/users/\(id)", token: other).status == 403)
            #expect(try await shop.get("/users/7000", token: admin).status == 404)
            #expect(try await shop.get("/users/me", token: other).status == 401)
        }
    }

    @Test func `an administrator is there if there is a password for it`() async throws {
        try await run(["SHOP_ADMIN_PASSWORD": "a very long one"]) { shop async throws in
            let reply = try await shop.post("/token", ["username": "admin", "password": "a very long one"])
            let identity = try await shop.tokens.verify(reply.json["access_token"]?.text ?? "")
            #expect(identity.roles == [.admin])
        }
        await #expect(throws: SettingsError.self) { try await run(["SHOP_ADMIN_PASSWORD": "short"]) { _ in } }
    }

    @Test func `of an erased user not a byte is left in the files, and the audit log says that it was done`() async throws {
        try await run { shop async throws in
            var token = ""
            for number in 0..<40 {
                let name = "lovelace\(number)"
                let body: JSONValue = [
                    "username": .string(name), "email": .string("\(name)@byron.example"), "password": "analytical engine",
                    "consent": ["marketing": true, "analytics": true],
                ]
                let id = try #require(try await shop.post("/users", body).json["id"]?.integer)
                if number == 20 { token = try await shop.token(id) }
            }
            #expect(try Self.files(shop).contains { $0.contains("lovelace20") })
            let id = try #require(try await shop.get("/users/me", token: token).json["id"]?.integer)
            #expect(try await shop.delete("/users/\(id)", token: token).status == 204)
            for name in ["lovelace20", "lovelace20@byron.example"] {
                #expect(try Self.files(shop).allSatisfy { !$0.contains(name) })
            }
            #expect(try Self.files(shop).contains { $0.contains("lovelace21") })
            #expect(try await shop.get("/users/me", token: token).status == 401)
            #expect(try await shop.delete("/users/\(id)", token: token).status == 404)
            shop.telemetry.expectMetric("shop_erasures_total", [:], 1)
            shop.telemetry.expectLog("user erased", level: .info, metadata: ["user_id": "\(id)"])
            #expect(
                shop.telemetry.records.contains { record in
                    record.logger == "audit" && "\(record.metadata)".contains("erase") && "\(record.metadata)".contains("user \(id)")
                })
        }
    }

    @Test func `settings that make no sense are told`() async throws {
        for cost in ["5", "21", "x"] {
            await #expect(throws: SettingsError.self) { try await run(["SHOP_PASSWORD_COST": cost]) { _ in } }
        }
        await #expect(throws: SettingsError.self) { try await run(["SHOP_ORDERS_URL": "nowhere"]) { _ in } }
        await #expect(throws: SettingsError.self) { try await run(["SHOP_JWT_SECRET": "short"]) { _ in } }
    }

    @Test func `the document tells of every route`() async throws {
        try await checkDocument(of: UsersService.self, environment: Self.environment)
    }

    /// What is in the files of the database.
    private static func files(_ shop: ServiceHarness) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: shop.directory).compactMap { name in
            FileManager.default.contents(atPath: shop.directory + "/" + name).map { String(decoding: $0, as: UTF8.self) }
        }
    }
}
