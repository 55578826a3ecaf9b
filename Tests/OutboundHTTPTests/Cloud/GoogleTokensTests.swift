internal import CryptoExtras
internal import Foundation
internal import NIOHTTP1
internal import ScriptedHTTP
internal import Testing

@testable internal import OutboundHTTP

@Suite struct GoogleTokensTests {
    private static let token = #"{"access_token":"goog","expires_in":3599,"token_type":"Bearer"}"#
    private static let key = try? _RSA.Signing.PrivateKey(keySize: .bits2048)

    private func lease(_ surroundings: CloudSurroundings, file: String? = nil) async throws -> TokenSource.Lease {
        let servers = try surroundings.servers()
        do {
            let lease = try await GoogleTokens(settings: GoogleSettings(credentialsFile: file), servers: servers).lease()
            await servers.shutdown()
            return lease
        } catch {
            await servers.shutdown()
            throw error
        }
    }

    private func json(_ fields: [String: String]) throws -> String {
        String(decoding: try JSONEncoder().encode(fields), as: UTF8.self)
    }

    @Test(.enabled(if: CloudSurroundings.hasOpenSSL, "openssl is not installed"))
    func `a service account signs what openssl takes for signed`() async throws {
        let server = try await ScriptedServer { _ in ScriptedServer.json(Self.token) }
        let surroundings = try CloudSurroundings()
        let key = try #require(Self.key)
        let file = try surroundings.write(
            json([
                "type": "service_account", "client_email": "perch@project.iam.gserviceaccount.com", "private_key_id": "k1",
                "private_key": key.pkcs8PEMRepresentation, "token_uri": server.url + "/token",
            ]), to: "account.json")
        let lease = try await lease(surroundings, file: file)
        #expect(lease.value == AccessToken(authorization: "Bearer goog"))
        let request = try #require(server.requests.first)
        #expect(request.hasPrefix("POST /token ") && form(of: request)["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer")
        let token = try parts(ofToken: try #require(form(of: request)["assertion"]))
        #expect(token.header as? [String: String] == ["alg": "RS256", "typ": "JWT", "kid": "k1"])
        #expect(token.claims["iss"] as? String == "perch@project.iam.gserviceaccount.com")
        #expect(token.claims["scope"] as? String == "https://www.googleapis.com/auth/monitoring.write")
        #expect(token.claims["aud"] as? String == server.url + "/token")
        let (begin, end) = (try #require(token.claims["iat"] as? Double), try #require(token.claims["exp"] as? Double))
        #expect(end - begin == 3600 && abs(begin - Date().timeIntervalSince1970) < 60)
        try surroundings.write(token.signed, to: "signed")
        try token.signature.write(to: URL(filePath: surroundings.folder + "/signature"))
        try surroundings.write(key.publicKey.pemRepresentation, to: "public.pem")
        let checked = try surroundings.run("openssl", "dgst", "-sha256", "-verify", "public.pem", "-signature", "signature", "signed")
        #expect(checked.output.contains("Verified OK"), "\(checked.output)")
        try await server.stop()
    }

    @Test func `a user's refresh token is exchanged, and the user's project pays`() async throws {
        let server = try await ScriptedServer { _ in ScriptedServer.json(Self.token) }
        let receiver = try await ScriptedServer { _ in ScriptedServer.page("in") }
        let surroundings = try CloudSurroundings()
        try surroundings.write(
            json([
                "type": "authorized_user", "client_id": "id", "client_secret": "cs", "refresh_token": "rt", "token_uri": server.url + "/t",
                "quota_project_id": "payer",
            ]), to: ".config/gcloud/application_default_credentials.json")
        let client = try OutboundClient(
            HTTPClientSettings(authorization: .google(GoogleSettings())), userAgent: "Perch/test", environment: surroundings.environment)
        for _ in 0..<2 { _ = try await client.send(OutboundRequest(.POST, receiver.url + "/", body: [1]), timeoutMilliseconds: 60_000) }
        #expect(
            server.requests.map { form(of: $0) } == [
                ["grant_type": "refresh_token", "client_id": "id", "client_secret": "cs", "refresh_token": "rt"]
            ])
        for request in receiver.requests.map({ $0.lowercased() }) {
            #expect(request.contains("authorization: bearer goog\r\n") && request.contains("x-goog-user-project: payer\r\n"))
        }
        #expect(receiver.requests.count == 2)
        await client.shutdown()
        try await server.stop()
        try await receiver.stop()
    }

    @Test func `a machine asks its metadata`() async throws {
        let server = try await ScriptedServer { head in
            head.lowercased().contains("metadata-flavor: google") ? ScriptedServer.json(Self.token) : [.hangUp]
        }
        let surroundings = try CloudSurroundings(["GCE_METADATA_HOST": "127.0.0.1:\(server.port)"])
        #expect(try await lease(surroundings).value.authorization == "Bearer goog")
        #expect(server.requests[0].hasPrefix("GET /computeMetadata/v1/instance/service-accounts/default/token?scopes=https%3A%2F%2Fwww"))
        try await server.stop()
        let failure = await #expect(throws: OutboundFailure.self) { try await lease(surroundings) }
        #expect(failure?.description.hasPrefix("no credentials of Google: ") == true)
    }

    @Test(arguments: [
        (#"{"type":"service_account"}"#, "lacks client_email"), (#"{"type":"authorized_user","client_id":"a"}"#, "lacks client_id"),
        (#"{"type":"external_account"}"#, "of the type \"external_account\""), ("{}", "of the type \"\""), ("no JSON", "no JSON"),
        (#"{"type":"service_account","client_email":"a","private_key":"hidden"}"#, "no private key of RSA in PEM"),
        (#"{"type":5}"#, "no JSON of Google's form"),
    ])
    func `a file that cannot be used is named`(text: String, words: String) async throws {
        let surroundings = try CloudSurroundings()
        surroundings.environment["GOOGLE_APPLICATION_CREDENTIALS"] = try surroundings.write(text, to: "file.json")
        let failure = await #expect(throws: OutboundFailure.self) { try await lease(surroundings) }
        #expect(failure?.description.contains(words) == true && failure?.description.contains("/file.json") == true)
        #expect(failure?.code == .credentials && failure?.description.contains("hidden") == false)
    }
}
