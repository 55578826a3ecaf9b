public import Foundation
internal import HTTPTypes
internal import JWTKit

/// Issues and verifies the shop's tokens: JSON web tokens signed with HMAC-SHA256, and no others.
public struct Tokens: Sendable {
    /// How long a token is good for.
    public static let lifetime = Duration.seconds(30 * 60)

    private let keys: JWTKeyCollection
    private let now: @Sendable () -> Date

    /// - Precondition: the secret has at least 32 bytes (RFC 7518, section 3.2); ``TokenSecret`` sees to it.
    public init(secret: String, now: @escaping @Sendable () -> Date = { Date() }) async {
        precondition(secret.utf8.count >= 32, "BUG: a secret of \(secret.utf8.count) bytes")
        keys = JWTKeyCollection()
        await keys.add(hmac: HMACKey(from: secret), digestAlgorithm: .sha256)
        self.now = now
    }

    public func issue(userID: Int, roles: Set<Role>) async throws -> String {
        let expires = now().addingTimeInterval(Tokens.lifetime / .seconds(1))
        return try await keys.sign(Identity(userID: userID, roles: roles, expires: expires))
    }

    /// - Throws: a ``Problem`` with status 401, which does not say what is wrong with the token beyond its age.
    public func verify(_ token: String) async throws(Problem) -> Identity {
        let identity: Identity
        do {
            identity = try await keys.verify(token, as: Identity.self)
        } catch {
            throw Tokens.refusal("this is no token of the shop")
        }
        if identity.expires <= now() { throw Tokens.refusal("the token has expired") }
        return identity
    }

    static func refusal(_ detail: String) -> Problem {
        Problem(.unauthorized, detail, headers: [.wwwAuthenticate: "Bearer"])
    }
}
