internal import HTTPTypes
internal import Logging
internal import PerchMetrics
internal import ShopKit

/// What can be done with users.
struct Users: Sendable {
    let store: UserStore
    let passwords: Passwords
    let tokens: Tokens
    let metrics: UsersMetrics
    let audit: Audit
    let logger: Logger

    func register(_ new: NewUser) async throws -> User {
        guard let user = try await store.add(new, passwords.hash(new.password), role: .customer) else {
            throw Problem(.conflict, "the username is taken")
        }
        audit.record(actor: "user \(user.id)", action: "register", object: "user \(user.id)")
        return user
    }

    /// - Throws: a ``Problem`` that does not say whether it is the name or the password that is wrong.
    func logIn(_ credentials: Credentials) async throws -> TokenAnswer {
        // A key is not derived from whatever somebody sends.
        let isSound = credentials.username.utf8.count <= Credentials.bytesMax && credentials.password.utf8.count <= Credentials.bytesMax
        let known = isSound ? try await store.login(credentials.username) : nil
        guard isSound, try await passwords.matches(credentials.password, known?.password), let known else {
            metrics.logins[.refused].increment()
            audit.record(actor: known.map { "user \($0.id)" } ?? "somebody", action: "log in", object: "shop", outcome: .refused)
            throw Problem(.unauthorized, "incorrect username or password", headers: [.wwwAuthenticate: "Bearer"])
        }
        metrics.logins[.ok].increment()
        return TokenAnswer(
            accessToken: try await tokens.issue(userID: known.id, roles: [known.role]), expiresIn: Int(Tokens.lifetime / .seconds(1)))
    }

    func user(_ id: Int) async throws -> User {
        guard let user = try await store.user(id) else { throw Problem(.notFound, "there is no user \(id)") }
        return user
    }

    func set(_ consent: Consent, of id: Int, by actor: Identity) async throws -> User {
        guard let user = try await store.set(consent, of: id) else { throw Problem(.notFound, "there is no user \(id)") }
        audit.record(actor: actor.actor, action: "change consent", object: "user \(id)")
        return user
    }

    func erase(_ id: Int, by actor: Identity) async throws {
        guard try await store.erase(id) else { throw Problem(.notFound, "there is no user \(id)") }
        metrics.erasures[].increment()
        logger.info("user erased", metadata: ["user_id": .stringConvertible(id)])
        audit.record(actor: actor.actor, action: "erase", object: "user \(id)")
    }

    /// Makes the user `admin` in a new shop, if there is a password for it.
    func addAdministrator(password: String?) async throws {
        guard let password, !password.isEmpty, try await store.login("admin") == nil else { return }
        let new: NewUser
        do throws(Problem) {
            new = try NewUser(username: "admin", email: "admin@localhost", password: password, consent: nil).checked()
        } catch {
            throw SettingsError("SHOP_ADMIN_PASSWORD: \(error.detail)")
        }
        if let user = try await store.add(new, passwords.hash(password), role: .admin) {
            audit.record(actor: "shop", action: "add administrator", object: "user \(user.id)")
        }
    }
}
