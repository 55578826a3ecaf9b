internal import Foundation
internal import NIOHTTP1

/// Tokens of Google for writing metrics.
struct GoogleTokens: Sendable {
    let settings: GoogleSettings
    let servers: CredentialServers

    private static let scope = "https://www.googleapis.com/auth/monitoring.write"
    private static let server = "the token server of google_iam"
    private static let defaultTokenURL = "https://oauth2.googleapis.com/token"
    /// A token is renewed this long before it ends: the machine gives the same one until four minutes are left.
    private static let margin = Duration.seconds(225)

    /// A file of credentials, of the kinds that are understood.
    private struct Credentials: Decodable {
        var type: String?
        var client_email: String?
        var private_key: String?
        var private_key_id: String?
        var token_uri: String?
        var client_id: String?
        var client_secret: String?
        var refresh_token: String?
        var quota_project_id: String?
    }

    /// - Throws: ``OutboundFailure``.
    func lease() async throws -> TokenSource.Lease {
        let credentials = try findCredentials()
        var (token, seconds) =
            if let (credentials, path) = credentials { try await self.token(credentials, path) } else { try await machineToken() }
        token.billedProject = servers.variable("GOOGLE_CLOUD_QUOTA_PROJECT") ?? credentials?.0.quota_project_id
        if let project = token.billedProject, !project.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) { token.billedProject = nil }
        let lifetime = seconds ?? 3600
        return TokenSource.Lease(token, seconds: lifetime, margin: min(GoogleTokens.margin, .milliseconds(Int64(lifetime * 250))))
    }

    /// The file that the settings or the environment name, or that the tools for the command line left; nil where there is none.
    private func findCredentials() throws(OutboundFailure) -> (Credentials, path: String)? {
        if let path = settings.credentialsFile ?? servers.variable("GOOGLE_APPLICATION_CREDENTIALS") {
            return (try GoogleTokens.read(path), path)
        }
        let folder = servers.variable("CLOUDSDK_CONFIG") ?? (servers.variable("HOME") ?? NSHomeDirectory()) + "/.config/gcloud"
        let path = folder + "/application_default_credentials.json"
        return FileManager.default.fileExists(atPath: path) ? (try GoogleTokens.read(path), path) : nil
    }

    private static func read(_ path: String) throws(OutboundFailure) -> Credentials {
        let text = try HTTPSecret.file(path: path).read()
        guard let credentials = try? JSONDecoder().decode(Credentials.self, from: Data(text.utf8)) else {
            throw OutboundFailure(.credentials, "the credentials file \(path) is no JSON of Google's form")
        }
        return credentials
    }

    private func token(_ credentials: Credentials, _ path: String) async throws -> (token: AccessToken, seconds: Double?) {
        let url = credentials.token_uri.flatMap { $0.isEmpty ? nil : $0 } ?? GoogleTokens.defaultTokenURL
        let fields: [(String, String)]
        switch credentials.type {
        case "service_account":
            guard let account = credentials.client_email, let pem = credentials.private_key else {
                throw OutboundFailure(.credentials, "the credentials file \(path) lacks client_email or private_key")
            }
            let key = try SigningKey(pem: pem, called: "the private_key in \(path)")
            fields = [
                ("grant_type", OAuth2Assertion.grantType),
                ("assertion", try GoogleTokens.assertion(account, credentials.private_key_id, url, key, now: Date())),
            ]
        case "authorized_user":
            guard let id = credentials.client_id, let secret = credentials.client_secret, let refresh = credentials.refresh_token else {
                throw OutboundFailure(.credentials, "the credentials file \(path) lacks client_id, client_secret or refresh_token")
            }
            fields = [("grant_type", "refresh_token"), ("client_id", id), ("client_secret", secret), ("refresh_token", refresh)]
        default:
            throw OutboundFailure(
                .credentials,
                "the credentials file \(path) is of the type \"\(TokenReply.oneLine(credentials.type ?? "", max: 50))\"; "
                    + "service_account and authorized_user are understood")
        }
        return try TokenReply.read(try await servers.send(form: fields, to: url), from: GoogleTokens.server)
    }

    private static func assertion(
        _ account: String, _ keyID: String?, _ url: String, _ key: SigningKey, now: Date
    ) throws(OutboundFailure) -> String {
        let claims: [String: TokenClaim] = [
            "iss": .text(account), "scope": .text(scope), "aud": .text(url), "iat": .seconds(now),
            "exp": .seconds(now.addingTimeInterval(3600)),
        ]
        var header: [String: TokenClaim] = [:]
        if let keyID { header["kid"] = .text(keyID) }
        return try SignedToken.make(header: header, claims: claims, by: .rs256, with: key)
    }

    private func machineToken() async throws -> (token: AccessToken, seconds: Double?) {
        let host = servers.variable("GCE_METADATA_HOST") ?? "169.254.169.254"
        let url =
            "http://\(host)/computeMetadata/v1/instance/service-accounts/default/token?"
            + FormEncoding.fields([("scopes", GoogleTokens.scope)])
        do {
            let response = try await servers.sendNear(OutboundRequest(.GET, url, headers: ["metadata-flavor": "Google"]))
            return try TokenReply.read(response, from: "it")
        } catch let failure as OutboundFailure {
            throw OutboundFailure(
                .credentials, "no credentials of Google: neither a file nor the environment names any, and from the machine: \(failure)")
        }
    }
}
