public import Foundation
public import JWTKit

/// What a person or service may do.
public enum Role: String, Sendable, Hashable, Codable {
    case customer
    case admin
}

/// Who asks: the claims of a token.
public struct Identity: Sendable, Hashable, JWTPayload {
    /// The number of the user.
    public let userID: Int
    public let roles: Set<Role>
    public let expires: Date

    public init(userID: Int, roles: Set<Role>, expires: Date) {
        self.userID = userID
        self.roles = roles
        self.expires = expires
    }

    private enum CodingKeys: String, CodingKey {
        case subject = "sub"
        case roles
        case expires = "exp"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let subject = try container.decode(String.self, forKey: .subject)
        guard let userID = Int(subject), userID > 0 else {
            throw DecodingError.dataCorruptedError(forKey: .subject, in: container, debugDescription: "the subject is no user's number")
        }
        self.userID = userID
        roles = try container.decode(Set<Role>.self, forKey: .roles)
        expires = try container.decode(ExpirationClaim.self, forKey: .expires).value
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(String(userID), forKey: .subject)
        try container.encode(roles.sorted { $0.rawValue < $1.rawValue }, forKey: .roles)
        try container.encode(ExpirationClaim(value: expires), forKey: .expires)
    }

    /// The time is checked by ``Tokens``, whose clock it is.
    public func verify(using algorithm: some JWTAlgorithm) {}
}
