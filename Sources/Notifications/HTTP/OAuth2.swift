internal import ByteCoding
internal import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import Synchronization

/// Asking for a token with a client's credentials (RFC 6749, section 4.4).
enum OAuth2 {
    /// How the server of tokens is spoken to.
    static func client(_ settings: OAuth2Settings) -> HTTPClientSettings {
        HTTPClientSettings(tls: settings.tls, proxy: settings.proxy)
    }

    static func request(_ settings: OAuth2Settings, secret: String, isInHeader: Bool) throws(DeliveryFailure) -> ReceiverRequest {
        let address: HTTPAddress
        do throws(HTTPAddress.Fault) {
            address = try HTTPAddress(settings.tokenURL)
        } catch {
            throw DeliveryFailure(.configuration, "token_url of oauth2: \(error.message)")
        }
        var fields = [("grant_type", "client_credentials")]
        if !settings.scopes.isEmpty { fields.append(("scope", settings.scopes.joined(separator: " "))) }
        var headers = [("content-type", "application/x-www-form-urlencoded")]
        if isInHeader {
            let pair = PercentForm.query(settings.clientID) + [UInt8(ascii: ":")] + PercentForm.query(secret)
            headers.append(("authorization", "Basic " + Data(pair).base64EncodedString()))
        } else {
            fields += [("client_id", settings.clientID), ("client_secret", secret)]
        }
        for parameter in settings.parameters { fields.append((parameter.name, parameter.template)) }
        return ReceiverRequest(method: .POST, address: address, headers: headers.map { (name: $0.0, value: $0.1) }, body: form(fields))
    }

    /// Fields of a form as its body.
    static func form(_ fields: [(String, String)]) -> [UInt8] {
        Array(fields.map { PercentForm.query($0.0) + [UInt8(ascii: "=")] + PercentForm.query($0.1) }.joined(separator: [UInt8(ascii: "&")]))
    }

    static func answer(_ response: ReceiverResponse) throws(DeliveryFailure) -> (token: String, expiresIn: Int64?) {
        guard response.status == 200 else {
            throw DeliveryFailure(
                RetryPolicy.reason(of: response.status), "oauth2: the server of tokens answered with HTTP status \(response.status)",
                isRetried: true)
        }
        guard let members = JSONAnswer(response.body), let token = members.text("access_token"), !token.isEmpty else {
            throw DeliveryFailure(.other, "oauth2: the server of tokens sent none", isRetried: true)
        }
        return (token, members.number("expires_in").flatMap { Int64(exactly: $0.rounded(.towardZero)) })
    }
}

/// Tokens until shortly before they expire.
final class OAuth2TokenCache: Sendable {
    private let tokens = Mutex<[OAuth2Settings: (token: String, until: NIODeadline?)]>([:])

    func token(_ settings: OAuth2Settings, _ now: NIODeadline) -> String? {
        tokens.withLock { tokens in
            guard let entry = tokens[settings] else { return nil }
            if let until = entry.until, until < now + .seconds(10) { return nil }
            return entry.token
        }
    }

    func keep(_ token: String, _ settings: OAuth2Settings, until: NIODeadline?) {
        tokens.withLock { $0[settings] = (token, until) }
    }
}
