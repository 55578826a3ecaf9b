internal import Foundation

/// The token of `oauth2`: asked for when it is first needed, and anew before it ends. Callers that come meanwhile wait for the same request.
actor TokenSource {
    /// How a token is asked for: one request that is answered with status and body.
    typealias Exchange = @Sendable (_ form: String, _ authorization: String?) async throws -> (status: Int, body: [UInt8])

    private struct Reply: Decodable {
        var access_token: String
        var token_type: String?
        var expires_in: Double?
    }

    private struct Token {
        var authorization: String
        var endsAt: ContinuousClock.Instant?
    }

    /// A token is renewed this long before it ends.
    private static let margin = Duration.seconds(10)

    private let settings: OAuth2Settings
    private let exchange: Exchange
    private var token: Token?
    private var asking: Task<Token, any Error>?

    init(_ settings: OAuth2Settings, exchange: @escaping Exchange) {
        self.settings = settings
        self.exchange = exchange
    }

    /// The value of the header `Authorization`.
    ///
    /// - Throws: ``OutboundFailure``.
    func authorization() async throws -> String {
        if let token, token.endsAt.map({ $0 - TokenSource.margin > .now }) ?? true { return token.authorization }
        let task = asking ?? Task { [settings, exchange] in try await TokenSource.ask(settings, exchange) }
        asking = task
        do {
            let token = try await task.value
            (self.token, asking) = (token, nil)
            return token.authorization
        } catch {
            asking = nil
            throw error
        }
    }

    /// Forgets the token, which a server did not take.
    func forget() { token = nil }

    /// Asks with the client's name and secret in a header, and where that is refused with both in the form, as Go's client does.
    private static func ask(_ settings: OAuth2Settings, _ exchange: Exchange) async throws -> Token {
        let secret = try settings.clientSecret.read()
        var fields = [("grant_type", "client_credentials")]
        if !settings.scopes.isEmpty { fields.append(("scope", settings.scopes.joined(separator: " "))) }
        fields += settings.parameters.map { ($0.name, $0.value) }
        let pair = formEncoded(settings.clientID) + ":" + formEncoded(secret)
        var reply = try await exchange(form(fields), "Basic " + Data(pair.utf8).base64EncodedString())
        if (400..<500).contains(reply.status) {
            reply = try await exchange(form(fields + [("client_id", settings.clientID), ("client_secret", secret)]), nil)
        }
        guard (200..<300).contains(reply.status) else {
            throw OutboundFailure(.credentials, "the token server of oauth2 answered with HTTP status \(reply.status)")
        }
        guard let decoded = try? JSONDecoder().decode(Reply.self, from: Data(reply.body)), !decoded.access_token.isEmpty else {
            throw OutboundFailure(.credentials, "the token server of oauth2 sent no access_token")
        }
        let type = decoded.token_type.map { $0.lowercased() == "bearer" ? "Bearer" : $0 } ?? "Bearer"
        let seconds = decoded.expires_in.flatMap { $0 > 0 && $0 < 1e9 ? $0 : nil }
        return Token(
            authorization: type + " " + decoded.access_token, endsAt: seconds.map { ContinuousClock.now + .milliseconds(Int64($0 * 1000)) })
    }

    private static func form(_ fields: [(String, String)]) -> String {
        fields.map { formEncoded($0.0) + "=" + formEncoded($0.1) }.joined(separator: "&")
    }
}

/// Text as a field of a form (`application/x-www-form-urlencoded`).
func formEncoded(_ text: String) -> String {
    var result = ""
    for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "~"):
            result.unicodeScalars.append(UnicodeScalar(byte))
        case UInt8(ascii: " "): result += "+"
        default: result += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }
    }
    return result
}
