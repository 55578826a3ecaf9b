internal import Foundation

/// What a token server answered (RFC 6749, section 5).
struct TokenReply: Decodable {
    var access_token: String?
    var token_type: String?
    var expires_in: Double?
    var error: String?
    var error_description: String?

    private enum Keys: String, CodingKey {
        case access_token, token_type, expires_in, error, error_description
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Keys.self)
        access_token = try? container.decode(String.self, forKey: .access_token)
        token_type = try? container.decode(String.self, forKey: .token_type)
        error = try? container.decode(String.self, forKey: .error)
        error_description = try? container.decode(String.self, forKey: .error_description)
        // Some servers write the number as a string.
        expires_in =
            (try? container.decode(Double.self, forKey: .expires_in))
            ?? (try? container.decode(String.self, forKey: .expires_in)).flatMap { Double($0) }
    }

    /// The lifetime of the token, where the server says one that can be.
    var seconds: Double? { expires_in.flatMap { $0 > 0 && $0 < 1e9 ? $0 : nil } }

    /// The token out of an answer.
    ///
    /// - Parameter server: names who answered, for what is said of a failure.
    /// - Throws: ``OutboundFailure`` that shows no secret.
    static func read(_ response: OutboundResponse, from server: String) throws(OutboundFailure) -> (token: AccessToken, seconds: Double?) {
        let reply = try? JSONDecoder().decode(TokenReply.self, from: Data(response.body))
        guard (200..<300).contains(response.status) else {
            let reason = [reply?.error, reply?.error_description].compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: ", ")
            throw OutboundFailure(
                .credentials,
                "\(server) answered with HTTP status \(response.status)" + (reason.isEmpty ? "" : ": " + oneLine(reason, max: 200)))
        }
        guard let reply, let token = reply.access_token, !token.isEmpty, isSendable(token), isSendable(reply.token_type ?? "") else {
            throw OutboundFailure(.credentials, "\(server) sent no access_token")
        }
        let type = reply.token_type.map { $0.lowercased() == "bearer" || $0.isEmpty ? "Bearer" : $0 } ?? "Bearer"
        return (AccessToken(authorization: type + " " + token), reply.seconds)
    }

    private static func isSendable(_ text: String) -> Bool { text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f } }

    /// A text of another server as one line that is not too long.
    static func oneLine(_ text: String, max: Int) -> String {
        String(text.split(whereSeparator: { $0.isNewline || $0 == "\t" }).joined(separator: " ").prefix(max))
    }
}
