internal import Foundation
internal import ScriptedHTTP
internal import Synchronization
internal import Testing

@testable internal import OutboundHTTP

@Suite struct AzureTokensTests {
    private static let client = "11111111-2222-3333-4444-555555555555"
    private static let token = #"{"token_type":"Bearer","expires_in":3599,"access_token":"entra"}"#

    private func lease(_ settings: AzureSettings, _ surroundings: CloudSurroundings) async throws -> TokenSource.Lease {
        let servers = try surroundings.servers()
        do {
            let lease = try await AzureTokens(settings: settings, servers: servers).lease()
            await servers.shutdown()
            return lease
        } catch {
            await servers.shutdown()
            throw error
        }
    }

    @Test func `an application asks with its secret, and again after half the token's time`() async throws {
        let server = try await ScriptedServer { _ in ScriptedServer.json(Self.token) }
        let surroundings = try CloudSurroundings(["AZURE_AUTHORITY_HOST": server.url + "/"])
        let settings = AzureSettings(.secret(clientID: Self.client, tenantID: "example.com", .literal("the secret")))
        let lease = try await lease(settings, surroundings)
        #expect(lease.value == AccessToken(authorization: "Bearer entra"))
        let left = try #require(lease.renewAt) - .now
        #expect(left > .seconds(1700) && left < .seconds(1800))
        let request = try #require(server.requests.first)
        #expect(request.hasPrefix("POST /example.com/oauth2/v2.0/token "))
        #expect(
            form(of: request) == [
                "grant_type": "client_credentials", "client_id": Self.client, "client_secret": "the secret",
                "scope": "https://monitor.azure.com//.default",
            ])
        try await server.stop()
    }

    @Test func `a token of the cluster is exchanged, and read anew each time`() async throws {
        let server = try await ScriptedServer { _ in ScriptedServer.json(Self.token) }
        let surroundings = try CloudSurroundings(["AZURE_AUTHORITY_HOST": server.url])
        let file = try surroundings.write("first\n", to: "token")
        surroundings.environment["AZURE_FEDERATED_TOKEN_FILE"] = file
        let settings = AzureSettings(.workload(clientID: Self.client, tenantID: Self.client, tokenFile: nil), scope: "api://x/.default")
        _ = try await lease(settings, surroundings)
        try surroundings.write("second\n", to: "token")
        _ = try await lease(settings, surroundings)
        let forms = server.requests.map { form(of: $0) }
        #expect(forms.map { $0["client_assertion"] } == ["first", "second"])
        #expect(forms[0]["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
        #expect(forms[0]["scope"] == "api://x/.default")
        let lost = AzureSettings(.workload(clientID: Self.client, tenantID: Self.client, tokenFile: surroundings.folder + "/none"))
        let failure = await #expect(throws: OutboundFailure.self) { try await lease(lost, surroundings) }
        #expect(failure?.description == "the credentials file \(surroundings.folder)/none cannot be read")
        try await server.stop()
    }

    @Test func `a machine asks its metadata, or what its environment names`() async throws {
        let server = try await ScriptedServer { head in
            // The metadata of machines writes numbers as strings.
            head.lowercased().contains("metadata: true") || head.lowercased().contains("x-identity-header: key")
                ? ScriptedServer.json(#"{"access_token":"machine","expires_in":"86399","token_type":"Bearer"}"#)
                : ScriptedServer.json(#"{"error":"bad"}"#, status: "400 Bad Request")
        }
        let surroundings = try CloudSurroundings(["AZURE_POD_IDENTITY_AUTHORITY_HOST": server.url])
        let lease = try await lease(AzureSettings(.managed(clientID: Self.client), cloud: .china), surroundings)
        #expect(lease.value.authorization == "Bearer machine")
        let left = try #require(lease.renewAt) - .now
        #expect(left > .seconds(43_000) && left < .seconds(43_200))
        #expect(
            server.requests[0].hasPrefix(
                "GET /metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fmonitor.azure.cn%2F&client_id=\(Self.client) "
            ))
        surroundings.environment = ["IDENTITY_ENDPOINT": server.url + "/msi", "IDENTITY_HEADER": "key"]
        _ = try await self.lease(AzureSettings(.managed(clientID: nil), cloud: .government), surroundings)
        #expect(
            server.requests[1].hasPrefix("GET /msi?api-version=2019-08-01&resource=https%3A%2F%2Fmonitor.azure.us%2F "))
        try await server.stop()
    }

    @Test func `the environment says who asks: a secret, then the cluster's token, then the machine`() async throws {
        let server = try await ScriptedServer { _ in ScriptedServer.json(Self.token) }
        let surroundings = try CloudSurroundings([
            "AZURE_AUTHORITY_HOST": server.url, "AZURE_POD_IDENTITY_AUTHORITY_HOST": server.url, "AZURE_CLIENT_ID": Self.client,
            "AZURE_TENANT_ID": "t1", "AZURE_CLIENT_SECRET": "s",
        ])
        surroundings.environment["AZURE_FEDERATED_TOKEN_FILE"] = try surroundings.write("cluster", to: "token")
        let settings = AzureSettings(.surroundings(tenantID: "t2"))
        _ = try await lease(settings, surroundings)
        surroundings.environment["AZURE_CLIENT_SECRET"] = nil
        _ = try await lease(settings, surroundings)
        surroundings.environment["AZURE_FEDERATED_TOKEN_FILE"] = nil
        _ = try await lease(settings, surroundings)
        #expect(
            server.requests.map { $0.prefix { $0 != "?" && $0 != "H" } } == [
                "POST /t1/oauth2/v2.0/token ", "POST /t2/oauth2/v2.0/token ", "GET /metadata/identity/oauth2/token",
            ])
        #expect(form(of: server.requests[0])["client_secret"] == "s" && form(of: server.requests[1])["client_assertion"] == "cluster")
        try await server.stop()
    }

    @Test func `what the token server says of a refusal is told, and no secret`() async throws {
        let server = try await ScriptedServer { _ in
            ScriptedServer.json(
                #"{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret.\r\nTrace"}"#,
                status: "401 Unauthorized")
        }
        let surroundings = try CloudSurroundings(["AZURE_AUTHORITY_HOST": server.url])
        let settings = AzureSettings(.secret(clientID: Self.client, tenantID: "t", .literal("hidden")))
        let failure = await #expect(throws: OutboundFailure.self) { try await lease(settings, surroundings) }
        #expect(
            failure
                == OutboundFailure(
                    .credentials,
                    "the token server of azuread answered with HTTP status 401: invalid_client, AADSTS7000215: Invalid client secret. Trace"
                ))
        for tenant in ["a/b", "", "a?b"] {
            let settings = AzureSettings(.secret(clientID: Self.client, tenantID: tenant, .literal("hidden")))
            let failure = await #expect(throws: OutboundFailure.self) { try await lease(settings, surroundings) }
            #expect(failure?.description.contains("tenant_id") == true)
        }
        #expect(server.requests.count == 1)
        try await server.stop()
    }

    // MARK: Certificates

    @Test(.enabled(if: CloudSurroundings.hasOpenSSL, "openssl is not installed"), arguments: ["pem", "two files", "pkcs12"])
    func `a certificate's key signs what openssl takes for signed`(kind: String) async throws {
        let server = try await ScriptedServer { _ in ScriptedServer.json(Self.token) }
        let surroundings = try CloudSurroundings(["AZURE_AUTHORITY_HOST": server.url])
        #expect(
            try surroundings.run(
                "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "cert.pem", "-subj", "/CN=perch"
            ).status == 0)
        let folder = surroundings.folder + "/"
        var certificate = AzureCertificate(clientID: Self.client, tenantID: "t", path: folder + "cert.pem", sendsChain: true)
        switch kind {
        case "pem":
            let both =
                try String(contentsOfFile: folder + "cert.pem", encoding: .utf8)
                + String(contentsOfFile: folder + "key.pem", encoding: .utf8)
            certificate.path = try surroundings.write(both, to: "both.pem")
        case "two files": certificate.keyPath = folder + "key.pem"
        default:
            let made = try surroundings.run(
                "openssl", "pkcs12", "-export", "-inkey", "key.pem", "-in", "cert.pem", "-out", "c.pfx", "-passout", "pass:open")
            #expect(made.status == 0, "\(made.output)")
            certificate.path = folder + "c.pfx"
            certificate.password = .literal("open")
        }
        _ = try await lease(AzureSettings(.certificate(certificate)), surroundings)
        let request = try #require(server.requests.first)
        let assertion = try #require(form(of: request)["client_assertion"])
        let token = try parts(ofToken: assertion)
        #expect(token.claims["aud"] as? String == server.url + "/t/oauth2/v2.0/token" && token.claims["iss"] as? String == Self.client)
        #expect(token.header["alg"] as? String == "PS256" && (token.header["x5c"] as? [String])?.count == 1)
        let print = try surroundings.run("openssl", "x509", "-in", "cert.pem", "-noout", "-fingerprint", "-sha256").output
        let hex = try #require(print.split(separator: "=").last).split(separator: ":").compactMap {
            UInt8($0.trimmingCharacters(in: .whitespacesAndNewlines), radix: 16)
        }
        #expect(token.header["x5t#S256"] as? String == SignedToken.base64URL(Data(hex)))
        try surroundings.write(token.signed, to: "signed")
        try token.signature.write(to: URL(filePath: folder + "signature"))
        try surroundings.run("sh", "-c", "openssl x509 -in cert.pem -pubkey -noout > public.pem")
        let checked = try surroundings.run(
            "openssl", "dgst", "-sha256", "-verify", "public.pem", "-sigopt", "rsa_padding_mode:pss", "-signature", "signature", "signed")
        #expect(checked.output.contains("Verified OK"), "\(checked.output)")
        certificate.password = .literal("wrong")
        certificate.keyPath = kind == "pkcs12" ? nil : folder + "none"
        let failure = await #expect(throws: OutboundFailure.self) {
            try await lease(AzureSettings(.certificate(certificate)), surroundings)
        }
        #expect(failure?.code == .credentials && failure?.description.contains("wrong") == false)
        try await server.stop()
    }
}
