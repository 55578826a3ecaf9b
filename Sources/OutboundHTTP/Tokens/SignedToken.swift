internal import Crypto
internal import CryptoExtras
internal import Foundation

/// A value in the header or the claims of a signed token.
public indirect enum TokenClaim: Sendable, Hashable {
    case text(String)
    case number(Double)
    case flag(Bool)
    case nothing
    case list([TokenClaim])
    case fields([String: TokenClaim])

    /// A point in time, in whole seconds since 1970.
    static func seconds(_ date: Date) -> TokenClaim { .number(date.timeIntervalSince1970.rounded(.down)) }
}

/// How a token is signed (RFC 7518, section 3.1), as its header names it.
public enum TokenAlgorithm: String, Sendable, Hashable, CaseIterable {
    case rs256 = "RS256"
    case rs384 = "RS384"
    case rs512 = "RS512"
    /// RSA with probabilistic padding.
    case ps256 = "PS256"
}

/// A private key of RSA.
struct SigningKey: Sendable {
    private let key: _RSA.Signing.PrivateKey

    /// - Parameters:
    ///   - pem: PKCS #8 or PKCS #1; text around it is passed over.
    ///   - name: what the key is called where it cannot be used.
    init(pem: String, called name: String) throws(OutboundFailure) {
        guard let begin = pem.range(of: "-----BEGIN (RSA )?PRIVATE KEY-----", options: .regularExpression),
            let end = pem.range(
                of: "-----END (RSA )?PRIVATE KEY-----", options: .regularExpression, range: begin.upperBound..<pem.endIndex),
            let key = try? _RSA.Signing.PrivateKey(pemRepresentation: String(pem[begin.lowerBound..<end.upperBound]))
        else { throw OutboundFailure(.credentials, "\(name) is no private key of RSA in PEM") }
        self.key = key
    }

    init(der: [UInt8], called name: String) throws(OutboundFailure) {
        guard let key = try? _RSA.Signing.PrivateKey(derRepresentation: der) else {
            throw OutboundFailure(.credentials, "\(name) is no private key of RSA")
        }
        self.key = key
    }

    func signature(of text: String, by algorithm: TokenAlgorithm) throws(OutboundFailure) -> Data {
        let bytes = Data(text.utf8)
        do {
            switch algorithm {
            case .rs256: return try key.signature(for: SHA256.hash(data: bytes), padding: .insecurePKCS1v1_5).rawRepresentation
            case .rs384: return try key.signature(for: SHA384.hash(data: bytes), padding: .insecurePKCS1v1_5).rawRepresentation
            case .rs512: return try key.signature(for: SHA512.hash(data: bytes), padding: .insecurePKCS1v1_5).rawRepresentation
            case .ps256: return try key.signature(for: SHA256.hash(data: bytes), padding: .PSS).rawRepresentation
            }
        } catch {
            throw OutboundFailure(.credentials, "a token cannot be signed with the private key")
        }
    }
}

/// A JSON web token in its compact form (RFC 7515).
enum SignedToken {
    static func make(
        header: [String: TokenClaim], claims: [String: TokenClaim], by algorithm: TokenAlgorithm, with key: SigningKey
    ) throws(OutboundFailure) -> String {
        var header = header
        header["alg"] = .text(algorithm.rawValue)
        header["typ"] = .text("JWT")
        let signed = base64URL(Data(json(.fields(header)).utf8)) + "." + base64URL(Data(json(.fields(claims)).utf8))
        return signed + "." + base64URL(try key.signature(of: signed, by: algorithm))
    }

    /// Base64 with the letters that may stand in addresses, and without padding (RFC 4648, section 5).
    static func base64URL(_ bytes: some DataProtocol) -> String {
        Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// The value as JSON, names in order.
    static func json(_ claim: TokenClaim) -> String {
        switch claim {
        case .text(let text): quoted(text)
        case .number(let number):
            number == number.rounded() && abs(number) < 9e15 ? String(Int64(number)) : number.isFinite ? "\(number)" : "null"
        case .flag(let flag): flag ? "true" : "false"
        case .nothing: "null"
        case .list(let list): "[" + list.map { json($0) }.joined(separator: ",") + "]"
        case .fields(let fields):
            "{" + fields.sorted { $0.key < $1.key }.map { quoted($0.key) + ":" + json($0.value) }.joined(separator: ",") + "}"
        }
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
