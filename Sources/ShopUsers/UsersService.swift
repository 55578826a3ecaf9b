internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOCore
internal import PerchMetrics
public import ShopKit

/// The users: who they are, how they log in, what they agree to, and how they are forgotten.
public enum UsersService: ShopService {
    public static let name = ServiceName.users

    public static func assemble(_ service: ServiceAssembly) async throws {
        let database = try service.openDatabase(UserStore.migrations)
        let outbox = Outbox(
            database,
            [
                Outbox.Subscription(try service.client(to: .orders), to: [.userErased]),
                Outbox.Subscription(try service.client(to: .shipping), to: [.userErased]),
                Outbox.Subscription(try service.client(to: .recommendations), to: [.userErased, .consentChanged]),
            ],
            telemetry: service.telemetry)
        service.add(outbox)
        let logRounds = Int(try service.settings.number("SHOP_PASSWORD_COST", default: 14, in: 10...20))
        let users = Users(
            store: UserStore(database, outbox), passwords: try await Passwords(cost: .init(logRounds: logRounds)), tokens: service.tokens,
            metrics: UsersMetrics(in: service.telemetry.metrics), audit: service.audit, logger: service.logger)
        try await users.addAdministrator(password: service.settings.environment["SHOP_ADMIN_PASSWORD"])
        addRoutes(service, users)
    }

    private static func addRoutes(_ service: ServiceAssembly, _ users: Users) {
        let router = service.router
        router.post("/users") { request, context -> EditedResponse<User> in
            let new = try await request.decode(as: NewUser.self, context: context).checked()
            return EditedResponse(status: .created, response: try await users.register(new))
        }
        router.post("/token") { request, context -> TokenAnswer in try await users.logIn(credentials(request, context)) }

        let own = router.group("/users").add(middleware: RequireUser(service.tokens))
        own.get("/me") { _, context -> User in
            guard let user = try await users.store.user(context.user.userID) else {
                throw Problem(.unauthorized, "the user of this token is gone", headers: [.wwwAuthenticate: "Bearer"])
            }
            return user
        }
        own.get("/{id}") { _, context -> User in try await users.user(subject(context)) }
        own.put("/{id}/consent") { request, context -> User in
            let id = try subject(context)
            let consent = try await request.decode(as: Consent.self, context: context)
            return try await users.set(consent, of: id, by: context.user)
        }
        own.delete("/{id}") { _, context -> HTTPResponse.Status in
            try await users.erase(subject(context), by: context.user)
            return .noContent
        }
    }

    /// The user whom the path names: oneself, or anybody for an administrator.
    private static func subject(_ context: ShopContext) throws(Problem) -> Int {
        let id = try context.number("id")
        guard context.user.userID == id || context.user.roles.contains(.admin) else {
            throw Problem(.forbidden, "that is somebody else's")
        }
        return id
    }

    private static func credentials(_ request: Request, _ context: ShopContext) async throws -> Credentials {
        let body = String(buffer: try await request.body.collect(upTo: context.maxUploadSize))
        do {
            // A form has no braces; `curl -d` says that everything is one.
            if body.hasPrefix("{") { return try JSONDecoder().decode(Credentials.self, from: Data(body.utf8)) }
            return try URLEncodedFormDecoder().decode(Credentials.self, from: body)
        } catch {
            throw Problem(.badRequest, "username and password are needed, as JSON or as a form")
        }
    }
}
