internal import ByteCoding
internal import CivilCalendar
internal import Crypto
internal import Foundation
internal import NIOHTTP1

/// Keys of an account or of a role that was taken on.
struct AmazonKeys: Sendable, Hashable {
    var accessKey: String
    var secretKey: String
    var sessionToken: String?
    /// Seconds since 1970; nil for never.
    var endsAt: Double?
}

/// Signs requests for a service of AWS in a region (Signature Version 4).
struct RequestSignature: Sendable {
    static let algorithm = "AWS4-HMAC-SHA256"

    var region: String
    var service: String

    /// Headers that proxies may change, or that are written after signing.
    private static let unsigned: Set<String> = [
        "authorization", "user-agent", "x-amzn-trace-id", "expect", "transfer-encoding", "content-length", "host", "uber-trace-id",
    ]

    /// What is signed of one request; the parts as they stand in the canonical request.
    struct Canonical: Hashable {
        var text: String
        var signedHeaders: String
    }

    /// Signs a request as it stands now: later headers are not part of it.
    ///
    /// - Parameters:
    ///   - url: is changed to its normal form, which the server reckons with: a path without `//` and dots, parameters in order.
    ///   - headers: get `host`, the time, the session's token and `authorization`.
    ///   - milliseconds: the time of the signature, since 1970; the server takes one of a quarter of an hour around its own.
    /// - Throws: ``OutboundFailure`` where the address is none.
    func sign(
        _ method: String, _ url: inout String, _ headers: inout HTTPHeaders, body: [UInt8], with keys: AmazonKeys, at milliseconds: Int64
    ) throws(OutboundFailure) {
        guard var parts = URLComponents(string: url), let host = parts.percentEncodedHost, !host.isEmpty else {
            throw OutboundFailure(.connection, "the address is no URL with a host")
        }
        parts.percentEncodedPath = Self.cleanPath(parts.percentEncodedPath)
        if let query = parts.percentEncodedQuery { parts.percentEncodedQuery = Self.canonicalQuery(query) }
        parts.fragment = nil
        guard let normal = parts.string else { throw OutboundFailure(.connection, "the address is no URL with a host") }
        url = normal
        let time = Self.time(milliseconds)
        headers.replaceOrAdd(name: "host", value: Self.hostHeader(host, port: parts.port, scheme: parts.scheme))
        headers.replaceOrAdd(name: "x-amz-date", value: time)
        headers.remove(name: "x-amz-security-token")
        if let token = keys.sessionToken { headers.add(name: "x-amz-security-token", value: token) }
        let canonical = Self.canonical(
            method, path: parts.percentEncodedPath, query: parts.percentEncodedQuery ?? "", headers, body: body)
        let scope = [String(time.prefix(8)), region, service, "aws4_request"].joined(separator: "/")
        let toSign = [Self.algorithm, time, scope, Self.hex(SHA256.hash(data: Data(canonical.text.utf8)))].joined(separator: "\n")
        let signature = Self.hex(Self.code(toSign, key: key(keys.secretKey, day: String(time.prefix(8)))))
        headers.replaceOrAdd(
            name: "authorization",
            value:
                "\(Self.algorithm) Credential=\(keys.accessKey)/\(scope), SignedHeaders=\(canonical.signedHeaders), Signature=\(signature)")
    }

    /// The key that is made of the secret one for one day, region and service.
    private func key(_ secret: String, day: String) -> SymmetricKey {
        var key = SymmetricKey(data: Data("AWS4\(secret)".utf8))
        for part in [day, region, service, "aws4_request"] { key = SymmetricKey(data: Self.code(part, key: key)) }
        return key
    }

    private static func code(_ text: String, key: SymmetricKey) -> HMAC<SHA256>.MAC {
        HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: key)
    }

    /// The request in the form that both sides hash.
    static func canonical(_ method: String, path: String, query: String, _ headers: HTTPHeaders, body: [UInt8]) -> Canonical {
        var values: [String: [String]] = ["host": headers[canonicalForm: "host"].map { String($0) }]
        if !body.isEmpty { values["content-length"] = [String(body.count)] }
        for (name, value) in headers {
            let name = name.lowercased()
            if !unsigned.contains(name) { values[name, default: []].append(value) }
        }
        let names = values.keys.sorted()
        let lines = names.map { name in
            name + ":" + (values[name] ?? []).map { collapsed($0) }.joined(separator: ",") + "\n"
        }
        let signed = names.joined(separator: ";")
        // The path stands percent-encoded in the request, and is encoded once more here.
        let text = [
            method, FormEncoding.escaped((path.isEmpty ? "/" : path).utf8, keeping: UInt8(ascii: "/")), query, lines.joined(), signed,
            hex(SHA256.hash(data: Data(body))),
        ]
        return Canonical(text: text.joined(separator: "\n"), signedHeaders: signed)
    }

    // MARK: Parts

    /// The path without empty parts and dots; a slash at its end stays.
    static func cleanPath(_ path: String) -> String {
        if path.isEmpty { return path }
        var kept: [Substring] = []
        let parts = path.split(separator: "/", omittingEmptySubsequences: true)
        for part in parts {
            switch part {
            case ".": continue
            case "..": _ = kept.popLast()
            default: kept.append(part)
            }
        }
        let clean = "/" + kept.joined(separator: "/")
        return path.hasSuffix("/") && clean != "/" ? clean + "/" : clean
    }

    /// Parameters in the order of their names and then values, encoded in the one way that counts.
    static func canonicalQuery(_ query: String) -> String {
        var pairs: [(name: String, value: String)] = []
        for part in query.split(separator: "&", omittingEmptySubsequences: true) {
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let texts = sides.map { FormEncoding.escaped(PercentDecoding.bytes($0.utf8, plusIsBlank: true)) }
            pairs.append((texts[0], texts.count > 1 ? texts[1] : ""))
        }
        // The order is that of the encoded texts.
        pairs.sort {
            ($0.name == $1.name ? $0.value : $0.name).utf8.lexicographicallyPrecedes(($0.name == $1.name ? $1.value : $1.name).utf8)
        }
        return pairs.map { $0.name + "=" + $0.value }.joined(separator: "&")
    }

    /// A header's value without blanks around it, and with one where several stand together.
    private static func collapsed(_ value: String) -> String {
        value.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
    }

    /// The host as the library sends it: with the port where it is not that of the scheme.
    private static func hostHeader(_ host: String, port: Int?, scheme: String?) -> String {
        guard let port, port != (scheme?.lowercased() == "https" ? 443 : 80) else { return host }
        return "\(host):\(port)"
    }

    /// `20150830T123600Z`.
    static func time(_ milliseconds: Int64) -> String {
        let time = CivilTime(milliseconds: milliseconds)
        return time.date.text.replacing("-", with: "") + "T" + time.clockWithSeconds.replacing(":", with: "") + "Z"
    }

    static func hex(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
