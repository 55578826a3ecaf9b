internal import ByteCoding
internal import Crypto
internal import Foundation

/// How a client proves who it is: PLAIN (RFC 4616), LOGIN and CRAM-MD5 (RFC 2195).
enum SMTPAuthentication: Sendable, Hashable {
    case plain(identity: String, username: String, password: String)
    case login(username: String, password: String)
    case cramMD5(username: String, secret: String)

    var mechanism: String {
        switch self {
        case .plain: "PLAIN"
        case .login: "LOGIN"
        case .cramMD5: "CRAM-MD5"
        }
    }

    /// Whether the password itself goes over the wire.
    var revealsPassword: Bool { if case .cramMD5 = self { false } else { true } }

    /// What is sent with the command itself, in base64; nil for nothing.
    var initialResponse: String? {
        guard case .plain(let identity, let username, let password) = self else { return nil }
        return SMTPAuthentication.base64("\(identity)\0\(username)\0\(password)")
    }

    /// What is said to a challenge, in base64; nil where it cannot be answered.
    ///
    /// - Parameters:
    ///   - challenge: the text behind `334`.
    ///   - step: which one it is, from 0.
    func response(to challenge: String, step: Int) -> String? {
        guard let bytes = Base64.decode(Array(challenge.utf8)) else { return nil }
        switch self {
        case .plain: return nil
        case .login(let username, let password):
            switch String(decoding: bytes, as: UTF8.self).lowercased() {
            case "username:", "user name": return SMTPAuthentication.base64(username)
            case "password:", "password": return SMTPAuthentication.base64(password)
            default: return step == 0 ? SMTPAuthentication.base64(username) : step == 1 ? SMTPAuthentication.base64(password) : nil
            }
        case .cramMD5(let username, let secret):
            guard step == 0 else { return nil }
            let code = HMAC<Insecure.MD5>.authenticationCode(for: bytes, using: SymmetricKey(data: Data(secret.utf8)))
            let digits = code.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            return SMTPAuthentication.base64("\(username) \(digits)")
        }
    }

    private static func base64(_ text: String) -> String { Data(text.utf8).base64EncodedString() }
}
