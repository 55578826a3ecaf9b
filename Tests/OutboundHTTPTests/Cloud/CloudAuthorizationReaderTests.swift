internal import ConfigFile
internal import Testing

@testable internal import OutboundHTTP

@Suite struct CloudAuthorizationReaderTests {
    private static let id = "12345678-ABCD-abcd-0123-123456789012"

    private func read(_ text: String) throws(ConfigError) -> HTTPAuthorization {
        let document = try ConfigDocument(parsing: text, file: "f.yml")
        return try document.root.mapping { (mapping) throws(ConfigError) in
            try HTTPClientReader(folder: "/etc/perch/").read(&mapping, authenticators: HTTPClientReader.cloudAuthenticators).authorization
        }
    }

    @Test func `every key of sigv4 is read`() throws {
        let all = try read(
            """
            sigv4: {region: r, access_key: a, secret_key: s, profile: p, role_arn: arn, external_id: x, use_fips_sts_endpoint: true,
              service_name: es}
            """)
        #expect(
            all
                == .amazon(
                    AmazonSettings(
                        region: "r", keys: .init(accessKey: "a", secretKey: .literal("s")), profile: "p", role: "arn", externalID: "x",
                        usesFIPS: true, service: "es")))
        #expect(!"\(all)".contains("secretKey: s"))
        #expect(try read("sigv4: {}") == .amazon(AmazonSettings()))
        #expect(try read("sigv4:") == .none)
    }

    @Test func `every key of google_iam and azuread is read`() throws {
        #expect(try read("google_iam: {credentials_file: g.json}") == .google(GoogleSettings(credentialsFile: "g.json")))
        #expect(try read("google_iam: {}") == .google(GoogleSettings()))
        #expect(
            try read("azuread: {cloud: AzureChina, scope: 'api://a_b/.default', managed_identity: {client_id: \(Self.id)}}")
                == .azure(AzureSettings(.managed(clientID: Self.id), cloud: .china, scope: "api://a_b/.default")))
        #expect(
            try read("azuread: {oauth: {client_id: \(Self.id), client_secret: s, tenant_id: t}}")
                == .azure(AzureSettings(.secret(clientID: Self.id, tenantID: "t", .literal("s")))))
        #expect(
            try read("azuread: {workload_identity: {client_id: \(Self.id), tenant_id: \(Self.id), token_file_path: /t}}")
                == .azure(AzureSettings(.workload(clientID: Self.id, tenantID: Self.id, tokenFile: "/t"))))
        #expect(try read("azuread: {sdk: {}}") == .azure(AzureSettings(.surroundings(tenantID: nil))))
        #expect(
            try read(
                """
                azuread: {certificate: {client_id: \(Self.id), tenant_id: t, certificate_path: c, certificate_key_path: k, certificate_password: p,
                  send_certificate_chain: true}}
                """)
                == .azure(
                    AzureSettings(
                        .certificate(
                            AzureCertificate(
                                clientID: Self.id, tenantID: "t", path: "c", keyPath: "k", password: .literal("p"), sendsChain: true)))))
    }

    @Test(arguments: [
        "sigv4: {access_key: a}", "sigv4: {secret_key: a}", "sigv4: {external_id: a}", "sigv4: {x: y}", "sigv4: []",
        "sigv4: {use_fips_sts_endpoint: maybe}", "sigv4: {region: [a]}", "sigv4: {}\nbasic_auth: {username: a}",
        "sigv4: {}\nazuread: {sdk: {}}", "google_iam: {}\nsigv4: {}", "google_iam: {}\nbearer_token: a", "google_iam: {x: y}",
        "azuread: {}", "azuread: {cloud: AzurePublic}", "azuread: {cloud: azurepublic, sdk: {}}",
        "azuread: {sdk: {}, managed_identity: {}}",
        "azuread: {managed_identity: {client_id: nobody}}", "azuread: {managed_identity: ~}", "azuread: {scope: 'a\"', sdk: {}}",
        "azuread: {oauth: {client_id: \(id), client_secret: s}}", "azuread: {oauth: {client_id: \(id), tenant_id: t}}",
        "azuread: {oauth: {client_id: 5, client_secret: s, tenant_id: t}}", "azuread: {workload_identity: {client_id: \(id)}}",
        "azuread: {workload_identity: {client_id: \(id), tenant_id: example.com}}",
        "azuread: {certificate: {client_id: \(id), tenant_id: t}}",
        "azuread: {sdk: {x: y}}",
    ])
    func `what Prometheus refuses is refused`(text: String) {
        let fault = #expect(throws: ConfigError.self) { try read(text) }
        #expect(fault?.line ?? 0 > 0)
    }

    @Test(arguments: [
        (id, true), ("urn:uuid:" + id, true), ("{" + id + "}", true), ("12345678ABCDabcd0123123456789012", true), ("", false),
        ("12345678-ABCD-abcd-0123-12345678901", false), ("12345678-ABCD-abcd-0123-12345678901g", false),
        ("12345678+ABCD-abcd-0123-123456789012", false), ("urn:uuix:" + id, false),
    ])
    func `numbers of applications have the forms that Prometheus takes`(text: String, isValid: Bool) {
        #expect(HTTPClientReader.isIdentifier(text) == isValid)
    }

    @Test func `an assertion of oauth2 is read with claims of every kind`() throws {
        let grant = OAuth2Assertion.grantType
        let authorization = try read(
            """
            oauth2:
              client_id: id
              token_url: https://t/
              grant_type: \(grant)
              client_certificate_key_file: key.pem
              client_certificate_key_id: k
              signature_algorithm: RS384
              iss: i
              audience: a
              claims: {text: '5', number: 5, flag: true, nothing: ~, list: [a], fields: {b: c}}
            """)
        var assertion = OAuth2Assertion(key: .file(path: "/etc/perch/key.pem"))
        (assertion.keyID, assertion.algorithm, assertion.issuer, assertion.audience) = ("k", .rs384, "i", "a")
        assertion.claims = [
            "text": .text("5"), "number": .number(5), "flag": .flag(true), "nothing": .nothing, "list": .list([.text("a")]),
            "fields": .fields(["b": .text("c")]),
        ]
        var settings = OAuth2Settings(clientID: "id", clientSecret: .literal(""), tokenURL: "https://t/")
        settings.grant = .signedAssertion(assertion)
        #expect(authorization == .oauth2(settings))
        let start = "oauth2: {client_id: a, token_url: 'http://t', "
        // Only what the grant uses is checked.
        #expect(throws: Never.self) { try read(start + "client_certificate_key: a, client_certificate_key_file: b}") }
        #expect(throws: Never.self) { try read(start + "grant_type: '\(grant)', client_secret: a, client_secret_file: b}") }
        #expect(throws: Never.self) { try read(start + "signature_algorithm: HS256}") }
        for wrong in [
            "grant_type: '\(grant)', client_certificate_key: a, client_certificate_key_file: b}",
            "client_secret: a, client_secret_file: b}",
            "grant_type: '\(grant)', signature_algorithm: HS256}", "grant_type: password}", "claims: [a]}",
        ] { #expect(throws: ConfigError.self, "\(wrong)") { try read(start + wrong) } }
    }
}
