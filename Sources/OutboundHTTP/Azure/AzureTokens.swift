internal import Foundation
internal import NIOHTTP1

/// Tokens of Microsoft Entra ID, as Azure's own client asks for them.
struct AzureTokens: Sendable {
    let settings: AzureSettings
    let servers: CredentialServers

    /// Where the webhook for workload identities puts the token, where it does not say.
    static let defaultTokenFile = "/var/run/secrets/azure/tokens/azure-identity-token"
    private static let assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    private static let server = "the token server of azuread"

    /// A token; another one is asked for after half its lifetime, as Prometheus does.
    ///
    /// - Throws: ``OutboundFailure``.
    func lease() async throws -> TokenSource.Lease {
        let (token, seconds) = try await token(for: settings.identity)
        // Without a lifetime the token is not kept for long.
        let lifetime = seconds ?? 600
        return TokenSource.Lease(token, seconds: lifetime, margin: .milliseconds(Int64(lifetime * 500)))
    }

    private func token(for identity: AzureSettings.Identity) async throws -> (token: AccessToken, seconds: Double?) {
        switch identity {
        case .managed(let clientID): return try await managedToken(clientID)
        case .workload(let clientID, let tenantID, let file):
            let path = file ?? servers.variable("AZURE_FEDERATED_TOKEN_FILE") ?? AzureTokens.defaultTokenFile
            return try await exchange(
                tenantID,
                [
                    ("client_id", clientID), ("client_assertion_type", AzureTokens.assertionType),
                    ("client_assertion", try servers.text(ofFile: path)),
                ])
        case .secret(let clientID, let tenantID, let secret):
            return try await exchange(tenantID, [("client_id", clientID), ("client_secret", try secret.read())])
        case .certificate(let certificate):
            let url = try tokenURL(certificate.tenantID)
            let assertion = try AzureAssertion(certificate).token(for: url, now: Date())
            return try await exchange(
                certificate.tenantID,
                [
                    ("client_id", certificate.clientID), ("client_assertion_type", AzureTokens.assertionType),
                    ("client_assertion", assertion),
                ])
        case .surroundings(let tenantID): return try await token(for: try surroundings(tenantID))
        }
    }

    /// What the environment says of who asks. The tools for the command line, which Azure's client tries last, are not run.
    private func surroundings(_ tenantID: String?) throws(OutboundFailure) -> AzureSettings.Identity {
        let clientID = servers.variable("AZURE_CLIENT_ID")
        if let clientID, let tenantID = servers.variable("AZURE_TENANT_ID") {
            if let secret = servers.variable("AZURE_CLIENT_SECRET") {
                return .secret(clientID: clientID, tenantID: tenantID, .literal(secret))
            }
            if let path = servers.variable("AZURE_CLIENT_CERTIFICATE_PATH") {
                let sendsChain = ["1", "true"].contains(servers.variable("AZURE_CLIENT_SEND_CERTIFICATE_CHAIN")?.lowercased())
                return .certificate(
                    AzureCertificate(
                        clientID: clientID, tenantID: tenantID, path: path,
                        password: servers.variable("AZURE_CLIENT_CERTIFICATE_PASSWORD").map { .literal($0) }, sendsChain: sendsChain))
            }
        }
        if let clientID, let file = servers.variable("AZURE_FEDERATED_TOKEN_FILE"),
            let tenantID = tenantID ?? servers.variable("AZURE_TENANT_ID")
        {
            return .workload(clientID: clientID, tenantID: tenantID, tokenFile: file)
        }
        return .managed(clientID: clientID)
    }

    // MARK: The token server

    private func exchange(_ tenantID: String, _ fields: [(String, String)]) async throws -> (token: AccessToken, seconds: Double?) {
        let form = [("grant_type", "client_credentials"), ("scope", scope)] + fields
        return try TokenReply.read(try await servers.send(form: form, to: try tokenURL(tenantID)), from: AzureTokens.server)
    }

    private func tokenURL(_ tenantID: String) throws(OutboundFailure) -> String {
        let isName = tenantID.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"), UInt8(ascii: "."):
                true
            default: false
            }
        }
        guard isName, !tenantID.isEmpty else {
            throw OutboundFailure(.credentials, "the tenant_id of azuread is neither a number of one nor a name of a domain")
        }
        return authority + "/" + tenantID + "/oauth2/v2.0/token"
    }

    private var authority: String {
        if settings.cloud == nil, var host = servers.variable("AZURE_AUTHORITY_HOST") {
            while host.hasSuffix("/") { host.removeLast() }
            return host
        }
        return switch settings.cloud ?? .publicCloud {
        case .publicCloud: "https://login.microsoftonline.com"
        case .china: "https://login.chinacloudapi.cn"
        case .government: "https://login.microsoftonline.us"
        }
    }

    private var scope: String {
        if let scope = settings.scope { return scope }
        return switch settings.cloud ?? .publicCloud {
        case .publicCloud: "https://monitor.azure.com//.default"
        case .china: "https://monitor.azure.cn//.default"
        case .government: "https://monitor.azure.us//.default"
        }
    }

    // MARK: The machine

    private func managedToken(_ clientID: String?) async throws -> (token: AccessToken, seconds: Double?) {
        // What the token is for is named without the part that says "all of it".
        let resource = scope.hasSuffix("/.default") ? String(scope.dropLast("/.default".count)) : scope
        var query = [("resource", resource)]
        if let clientID { query.append(("client_id", clientID)) }
        let url: String
        var headers: HTTPHeaders = [:]
        if let endpoint = servers.variable("IDENTITY_ENDPOINT"), let secret = servers.variable("IDENTITY_HEADER") {
            query.insert(("api-version", "2019-08-01"), at: 0)
            headers.add(name: "x-identity-header", value: secret)
            url = endpoint
        } else {
            query.insert(("api-version", "2018-02-01"), at: 0)
            headers.add(name: "metadata", value: "true")
            var host = servers.variable("AZURE_POD_IDENTITY_AUTHORITY_HOST") ?? "http://169.254.169.254"
            while host.hasSuffix("/") { host.removeLast() }
            url = host + "/metadata/identity/oauth2/token"
        }
        let mark = url.contains("?") ? "&" : "?"
        let response = try await servers.sendNear(OutboundRequest(.GET, url + mark + FormEncoding.fields(query), headers: headers))
        return try TokenReply.read(response, from: "the machine's identity service")
    }
}
