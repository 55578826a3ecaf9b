internal import HTTPTypes
internal import Hummingbird
internal import ShopKit

/// What a person's data may be used for beyond what an order needs. Nothing, until they say so.
struct Consent: Codable, Sendable, Hashable {
    var marketing = false
    var analytics = false
}

/// A user as the API tells of them.
struct User: ResponseCodable, Sendable, Hashable {
    var id: Int
    var username: String
    var email: String
    var consent: Consent
}

/// A user who wants to be one.
struct NewUser: Decodable, Sendable {
    let username: String
    let email: String
    let password: String
    var consent: Consent?

    func checked() throws(Problem) -> NewUser {
        guard (1...64).contains(username.utf8.count), username.allSatisfy({ $0.isLetter || $0.isNumber || "._-@+".contains($0) }) else {
            throw Problem(.unprocessableContent, "username has 1 to 64 letters, digits and any of ._-@+")
        }
        let parts = email.split(separator: "@", omittingEmptySubsequences: false)
        guard email.utf8.count <= 254, parts.count == 2, parts.allSatisfy({ !$0.isEmpty }), !email.contains(where: \.isWhitespace) else {
            throw Problem(.unprocessableContent, "email is no address")
        }
        guard (8...256).contains(password.utf8.count) else { throw Problem(.unprocessableContent, "password has 8 to 256 bytes") }
        return self
    }
}

/// What somebody logs in with: as a form, which OAuth 2 has it, or as JSON.
struct Credentials: Decodable, Sendable {
    static let bytesMax = 1024
    let username: String
    let password: String
}

/// A token as OAuth 2 has it (RFC 6749, section 5.1).
struct TokenAnswer: ResponseEncodable, Sendable {
    let accessToken: String
    let expiresIn: Int

    private enum CodingKeys: String, CodingKey {
        case accessToken = "access_token"
        case tokenType = "token_type"
        case expiresIn = "expires_in"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(accessToken, forKey: .accessToken)
        try container.encode("bearer", forKey: .tokenType)
        try container.encode(expiresIn, forKey: .expiresIn)
    }
}
