internal import Foundation

/// The tokens of `oauth2`.
enum OAuth2Tokens {
    /// How a token is asked for: one request that is answered with status and body.
    typealias Exchange = @Sendable (_ form: [(String, String)], _ authorization: String?) async throws -> OutboundResponse

    /// A token is renewed this long before it ends.
    private static let margin = Duration.seconds(10)
    private static let server = "the token server of oauth2"

    static func source(_ settings: OAuth2Settings, exchange: @escaping Exchange) -> TokenSource {
        TokenSource {
            let response =
                switch settings.grant {
                case .clientCredentials: try await askWithSecret(settings, exchange)
                case .signedAssertion(let assertion): try await exchange(form(settings, assertion, now: Date()), nil)
                }
            let (token, seconds) = try TokenReply.read(response, from: server)
            return TokenSource.Lease(token, seconds: seconds, margin: margin)
        }
    }

    /// Asks with the client's name and secret in a header, and where that is refused with both in the form, as Go's client does.
    private static func askWithSecret(_ settings: OAuth2Settings, _ exchange: Exchange) async throws -> OutboundResponse {
        let secret = try settings.clientSecret.read()
        var fields = [("grant_type", "client_credentials")]
        if !settings.scopes.isEmpty { fields.append(("scope", settings.scopes.joined(separator: " "))) }
        fields += settings.parameters.map { ($0.name, $0.value) }
        let pair = FormEncoding.text(settings.clientID) + ":" + FormEncoding.text(secret)
        let response = try await exchange(fields, "Basic " + Data(pair.utf8).base64EncodedString())
        guard (400..<500).contains(response.status) else { return response }
        return try await exchange(fields + [("client_id", settings.clientID), ("client_secret", secret)], nil)
    }

    /// The form with an assertion that the client signs itself (RFC 7523, section 2.1).
    static func form(_ settings: OAuth2Settings, _ assertion: OAuth2Assertion, now: Date) throws(OutboundFailure) -> [(String, String)] {
        let key = try SigningKey(pem: assertion.key.read(), called: "the client_certificate_key of oauth2")
        var claims: [String: TokenClaim] = [
            "iss": .text(assertion.issuer ?? settings.clientID), "sub": .text(settings.clientID),
            "jti": .text(UUID().uuidString.lowercased()),
            "aud": .text(assertion.audience ?? settings.tokenURL), "iat": .seconds(now), "exp": .seconds(now.addingTimeInterval(600)),
        ]
        let scope = settings.scopes.joined(separator: " ")
        if !scope.isEmpty { claims["scope"] = .text(scope) }
        claims.merge(assertion.claims) { $1 }
        var header: [String: TokenClaim] = [:]
        if let id = assertion.keyID { header["kid"] = .text(id) }
        let token = try SignedToken.make(header: header, claims: claims, by: assertion.algorithm, with: key)
        var fields = [("grant_type", OAuth2Assertion.grantType), ("assertion", token)]
        if !scope.isEmpty { fields.append(("scope", scope)) }
        for parameter in settings.parameters {
            // A server that wants another word for the grant gets it; nothing else of the form may be replaced.
            if parameter.name == "grant_type" {
                fields[0].1 = parameter.value
            } else if fields.contains(where: { $0.0 == parameter.name }) {
                throw OutboundFailure(.credentials, "endpoint_params of oauth2 must not set \(parameter.name)")
            } else {
                fields.append((parameter.name, parameter.value))
            }
        }
        return fields
    }
}
