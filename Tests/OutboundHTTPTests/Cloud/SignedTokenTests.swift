internal import CryptoExtras
internal import Foundation
internal import NIOHTTP1
internal import ScriptedHTTP
internal import Testing

@testable internal import OutboundHTTP

@Suite struct SignedTokenTests {
    @Test func `claims are written as JSON that says the same`() throws {
        let claim = TokenClaim.fields([
            "text": .text("a \"b\" \\ \n\u{1} ü 🐦"), "number": .number(1_700_000_000), "share": .number(0.5), "none": .number(.nan),
            "flag": .flag(true), "off": .flag(false), "nothing": .nothing, "list": .list([.number(-3), .text("")]), "empty": .fields([:]),
        ])
        let object = try JSONSerialization.jsonObject(with: Data(SignedToken.json(claim).utf8)) as? NSDictionary
        let expected: NSDictionary = [
            "text": "a \"b\" \\ \n\u{1} ü 🐦", "number": 1_700_000_000, "share": 0.5, "none": NSNull(), "flag": true, "off": false,
            "nothing": NSNull(), "list": [-3, ""] as NSArray, "empty": NSDictionary(),
        ]
        #expect(object == expected)
        #expect(SignedToken.json(.number(1_700_000_000)) == "1700000000")
    }

    @Test(arguments: [
        "", "-----BEGIN PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "-----END PRIVATE KEY-----",
    ])
    func `what is no key is no key`(pem: String) {
        #expect(throws: OutboundFailure.self) { try SigningKey(pem: pem, called: "it") }
    }

    @Test(arguments: TokenAlgorithm.allCases)
    func `each algorithm is named in the header`(algorithm: TokenAlgorithm) throws {
        let key = try SigningKey(pem: "text before\n" + _RSA.Signing.PrivateKey(keySize: .bits2048).pemRepresentation, called: "it")
        let token = try SignedToken.make(header: [:], claims: ["a": .text("b")], by: algorithm, with: key)
        let parts = try parts(ofToken: token)
        #expect(parts.header as? [String: String] == ["alg": algorithm.rawValue, "typ": "JWT"])
        #expect(parts.signature.count == 256 && !token.contains("="))
    }

    @Test func `oauth2 with a signed assertion asks as Prometheus asks`() async throws {
        let server = try await ScriptedServer { head in
            head.hasPrefix("POST /token ") ? ScriptedServer.json(#"{"access_token":"t","expires_in":60}"#) : ScriptedServer.page("in")
        }
        let key = try _RSA.Signing.PrivateKey(keySize: .bits2048)
        var assertion = OAuth2Assertion(key: .literal(key.pemRepresentation))
        assertion.keyID = "k"
        assertion.algorithm = .rs512
        assertion.audience = "aud"
        assertion.claims = ["scope": .text("other"), "n": .number(1)]
        var settings = OAuth2Settings(
            clientID: "id", clientSecret: .literal(""), tokenURL: server.url + "/token", scopes: ["a", "b"],
            parameters: [.init(name: "resource", value: "r"), .init(name: "grant_type", value: "special")])
        settings.grant = .signedAssertion(assertion)
        let client = try OutboundClient(HTTPClientSettings(authorization: .oauth2(settings)), userAgent: "Perch/test")
        _ = try await client.send(OutboundRequest(.GET, server.url + "/page"), timeoutMilliseconds: 60_000)
        let fields = form(of: server.requests[0])
        #expect(fields["grant_type"] == "special" && fields["scope"] == "a b" && fields["resource"] == "r")
        let token = try parts(ofToken: try #require(fields["assertion"]))
        #expect(token.header as? [String: String] == ["alg": "RS512", "typ": "JWT", "kid": "k"])
        #expect(token.claims["iss"] as? String == "id" && token.claims["sub"] as? String == "id" && token.claims["aud"] as? String == "aud")
        #expect(token.claims["scope"] as? String == "other" && token.claims["n"] as? Int == 1)
        #expect(server.requests[1].contains("Bearer t\r\n"))
        await client.shutdown()
        settings.parameters = [.init(name: "assertion", value: "x")]
        #expect(throws: OutboundFailure.self) { try OAuth2Tokens.form(settings, assertion, now: Date()) }
        try await server.stop()
    }
}
