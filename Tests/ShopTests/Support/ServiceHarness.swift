internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdTesting
internal import NIOCore
internal import PerchTestKit
internal import ShopKit
internal import Testing

/// One service of the shop in this process: its telemetry in memory, its database in a folder of its own.
///
///     try await ServiceHarness.run(CatalogService.self) { shop async throws in
///         let reply = try await shop.get("/products/1")
///         #expect(reply.status == 200)
///         shop.telemetry.expectSpan("GET /products/{id}", kind: .server)
///     }
struct ServiceHarness: Sendable {
    static let secret = "a secret of the tests, long enough for HMAC-SHA256"

    let telemetry: TestTelemetry
    let tokens: Tokens
    /// Where the service keeps its data.
    let directory: String
    /// The routes, such as `GET /products/{id}`.
    let routes: Set<String>
    private let client: any TestClientProtocol

    /// - Parameters:
    ///   - environment: the addresses of other services, and other variables.
    ///   - directory: where the data is; a new folder, which is removed afterwards, unless given.
    ///   - now: the wall clock.
    ///   - isLive: whether the service listens on a port, so that others can call it.
    static func run<Service: ShopService, Result: Sendable>(
        _ service: Service.Type, environment: [String: String] = [:], directory: String? = nil,
        now: @escaping @Sendable () -> Date = { Date() }, isLive: Bool = false,
        _ test: @Sendable (ServiceHarness) async throws -> Result
    ) async throws -> Result {
        let folder = directory ?? NSTemporaryDirectory() + "shop-\(UUID().uuidString)"
        defer { if directory == nil { try? FileManager.default.removeItem(atPath: folder) } }
        var settings = ServiceSettings(
            port: 0, dataDirectory: folder, environment: ["SHOP_JWT_SECRET": secret].merging(environment) { _, given in given })
        settings.now = now
        let telemetry = TestTelemetry()
        let assembly = try await ServiceAssembly(
            service, settings: settings,
            telemetry: ServiceTelemetry(
                metrics: telemetry.metrics, metricsFactory: telemetry.metricsFactory, tracer: telemetry.tracer,
                makeLogger: { telemetry.logger($0) }))
        do {
            try await service.assemble(assembly)
        } catch {
            try await assembly.discard()
            throw error
        }
        let application = assembly.application(service.api)
        let routes = Set(assembly.router.routes.map(\.description))
        let tokens = assembly.tokens
        return try await application.test(isLive ? .live : .router) { client in
            try await test(
                ServiceHarness(telemetry: telemetry, tokens: tokens, directory: folder, routes: routes, client: client))
        }
    }

    /// Where a live service listens.
    var address: String { "http://localhost:\(client.port ?? 0)" }

    /// - Parameters:
    ///   - text: what is sent in place of JSON.
    func send(
        _ method: HTTPRequest.Method, _ path: String, _ body: JSONValue? = nil, text: String? = nil, token: String? = nil,
        headers: [String: String] = [:]
    ) async throws -> Reply {
        var fields = HTTPFields()
        if let token { fields[.authorization] = "Bearer \(token)" }
        if body != nil { fields[.contentType] = "application/json" }
        for (name, value) in headers { fields[try #require(HTTPField.Name(name))] = value }
        let bytes = try text.map { ByteBuffer(string: $0) } ?? body.map { ByteBuffer(bytes: try JSONEncoder().encode($0)) }
        return Reply(try await client.executeRequest(uri: path, method: method, headers: fields, body: bytes))
    }

    func get(_ path: String, token: String? = nil, headers: [String: String] = [:]) async throws -> Reply {
        try await send(.get, path, token: token, headers: headers)
    }

    func post(_ path: String, _ body: JSONValue, token: String? = nil, headers: [String: String] = [:]) async throws -> Reply {
        try await send(.post, path, body, token: token, headers: headers)
    }

    func put(_ path: String, _ body: JSONValue, token: String? = nil) async throws -> Reply {
        try await send(.put, path, body, token: token)
    }

    func delete(_ path: String, token: String? = nil) async throws -> Reply { try await send(.delete, path, token: token) }

    /// A token of a user.
    func token(_ userID: Int, _ roles: Set<Role> = [.customer]) async throws -> String {
        try await tokens.issue(userID: userID, roles: roles)
    }

    func adminToken() async throws -> String { try await token(1, [.admin]) }
}

/// What a service answered.
struct Reply: Sendable {
    let status: Int
    let headers: HTTPFields
    let text: String
    /// Null where the body is no JSON.
    let json: JSONValue

    init(_ response: TestResponse) {
        status = Int(response.status.code)
        headers = response.headers
        text = String(buffer: response.body)
        json = (try? JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))) ?? .null
    }

    /// Why the request was refused.
    var detail: String { json["detail"]?.text ?? "" }
}
