internal import CivilCalendar
internal import Foundation
internal import NIOHTTP1

/// Takes roles on, at the Security Token Service.
struct AmazonRoles: Sendable {
    let servers: CredentialServers
    let region: String
    let usesFIPS: Bool

    /// How long keys of a role serve, where nobody says.
    private static let seconds = 900

    /// The keys of a role, for someone who has keys.
    func keys(
        of role: String, for keys: AmazonKeys, session: String?, externalID: String?, seconds: Int? = nil
    ) async throws -> AmazonKeys {
        var fields = form("AssumeRole", role, session, seconds)
        if let externalID { fields.append(("ExternalId", externalID)) }
        var url = address
        let body = Array(FormEncoding.fields(fields).utf8)
        var headers: HTTPHeaders = ["content-type": "application/x-www-form-urlencoded; charset=utf-8"]
        try RequestSignature(region: region, service: "sts").sign(
            "POST", &url, &headers, body: body, with: keys, at: Int64(Date().timeIntervalSince1970 * 1000))
        return try AmazonRoles.keys(in: try await servers.send(OutboundRequest(.POST, url, headers: headers, body: body)))
    }

    /// The keys of a role, for whom the cluster gave a token in a file.
    func keys(of role: String, tokenFile: String, session: String?) async throws -> AmazonKeys {
        let token = try servers.text(ofFile: tokenFile)
        let fields = form("AssumeRoleWithWebIdentity", role, session, nil) + [("WebIdentityToken", token)]
        return try AmazonRoles.keys(in: try await servers.send(form: fields, to: address))
    }

    private func form(_ action: String, _ role: String, _ session: String?, _ seconds: Int?) -> [(String, String)] {
        var fields = [("Action", action), ("Version", "2011-06-15"), ("RoleArn", role)]
        fields.append(("RoleSessionName", session ?? "perch-\(Int(Date().timeIntervalSince1970))"))
        // With a token, the service decides.
        if action == "AssumeRole" || seconds != nil { fields.append(("DurationSeconds", String(seconds ?? AmazonRoles.seconds))) }
        return fields
    }

    private var address: String {
        if let url = servers.variable(anyOf: "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL") { return url.hasSuffix("/") ? url : url + "/" }
        let domains = ["cn-": "amazonaws.com.cn", "us-iso-": "c2s.ic.gov", "us-isob-": "sc2s.sgov.gov", "eu-isoe-": "cloud.adc-e.uk"]
        let domain = domains.first { region.hasPrefix($0.key) }?.value ?? "amazonaws.com"
        // In the regions of the American government all servers are of that kind.
        let name = usesFIPS && !region.hasPrefix("us-gov-") ? "sts-fips" : "sts"
        return "https://\(name).\(region).\(domain)/"
    }

    static func keys(in response: OutboundResponse) throws(OutboundFailure) -> AmazonKeys {
        let text = String(decoding: response.body, as: UTF8.self)
        guard response.status == 200 else {
            let reason = [element("Code", in: text), element("Message", in: text)].compactMap { $0 }.joined(separator: ", ")
            throw OutboundFailure(
                .credentials,
                "the token service of AWS answered with HTTP status \(response.status)"
                    + (reason.isEmpty ? "" : ": " + TokenReply.oneLine(reason, max: 200)))
        }
        guard let accessKey = element("AccessKeyId", in: text), let secretKey = element("SecretAccessKey", in: text),
            let token = element("SessionToken", in: text), !accessKey.isEmpty, !secretKey.isEmpty,
            token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f })
        else { throw OutboundFailure(.credentials, "the token service of AWS sent no keys") }
        let end = element("Expiration", in: text).flatMap { RFC3339.parse($0) }
        return AmazonKeys(
            accessKey: accessKey, secretKey: secretKey, sessionToken: token, endsAt: end.map { Double($0.secondsSince1970) })
    }

    /// The text of the first element with a name.
    private static func element(_ name: String, in text: String) -> String? {
        guard let begin = text.range(of: "<\(name)>"), let end = text.range(of: "</\(name)>", range: begin.upperBound..<text.endIndex)
        else { return nil }
        let inner = text[begin.upperBound..<end.lowerBound].trimmingCharacters(in: .whitespacesAndNewlines)
        let marks = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")]
        return marks.reduce(inner) { $0.replacing($1.0, with: $1.1) }
    }
}
