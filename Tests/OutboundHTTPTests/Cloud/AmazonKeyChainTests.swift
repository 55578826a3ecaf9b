internal import Foundation
internal import NIOHTTP1
internal import ScriptedHTTP
internal import Synchronization
internal import Testing

@testable internal import OutboundHTTP

@Suite struct AmazonKeyChainTests {
    private func identity(_ settings: AmazonSettings, _ surroundings: CloudSurroundings) async throws -> AmazonIdentity {
        let servers = try surroundings.servers()
        do {
            let lease = try await AmazonKeyChain(settings: settings, servers: servers).lease()
            await servers.shutdown()
            return lease.value
        } catch {
            await servers.shutdown()
            throw error
        }
    }

    private func failure(_ settings: AmazonSettings, _ surroundings: CloudSurroundings) async throws -> String {
        let failure = await #expect(throws: OutboundFailure.self) { try await identity(settings, surroundings) }
        #expect(failure?.code == .credentials)
        return failure?.description ?? ""
    }

    /// What the token service answers; the access key says who asked.
    private static func role(_ accessKey: String, end: String = "2100-01-01T00:00:00Z") -> [ScriptedServer.Step] {
        ScriptedServer.page(
            """
            <AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>\(accessKey)</AccessKeyId><SecretAccessKey>rs</SecretAccessKey>
            <SessionToken>rt/+=</SessionToken><Expiration>\(end)</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>
            """, contentType: "text/xml")
    }

    @Test func `keys of the settings come before all others`() async throws {
        let surroundings = try CloudSurroundings(["AWS_ACCESS_KEY_ID": "env", "AWS_SECRET_ACCESS_KEY": "es", "AWS_REGION": "r-1"])
        let settings = AmazonSettings(keys: .init(accessKey: "own", secretKey: .literal("secret")))
        let found = try await identity(settings, surroundings)
        #expect(found == AmazonIdentity(keys: AmazonKeys(accessKey: "own", secretKey: "secret"), region: "r-1"))
    }

    @Test func `keys of the environment come before those of files, unless a profile is named`() async throws {
        let surroundings = try CloudSurroundings([
            "AWS_ACCESS_KEY_ID": "env", "AWS_SECRET_ACCESS_KEY": "es", "AWS_SESSION_TOKEN": "et", "AWS_DEFAULT_REGION": "r-1",
        ])
        try surroundings.write(
            "[default]\naws_access_key_id = d\naws_secret_access_key=ds # remark\n[other]\naws_access_key_id=o\naws_secret_access_key=os\n",
            to: ".aws/credentials")
        try surroundings.write("[profile other]\nregion = r-2\ns3 =\n  aws_access_key_id = nested\n", to: ".aws/config")
        let environment = AmazonKeys(accessKey: "env", secretKey: "es", sessionToken: "et")
        #expect(try await identity(AmazonSettings(), surroundings) == AmazonIdentity(keys: environment, region: "r-1"))
        let other = AmazonKeys(accessKey: "o", secretKey: "os")
        #expect(try await identity(AmazonSettings(profile: "other"), surroundings) == AmazonIdentity(keys: other, region: "r-1"))
        surroundings.environment = ["HOME": surroundings.folder, "AWS_PROFILE": "other"]
        #expect(try await identity(AmazonSettings(), surroundings) == AmazonIdentity(keys: other, region: "r-2"))
        surroundings.environment = ["HOME": surroundings.folder]
        let byDefault = AmazonKeys(accessKey: "d", secretKey: "ds")
        #expect(try await identity(AmazonSettings(region: "r-3"), surroundings) == AmazonIdentity(keys: byDefault, region: "r-3"))
    }

    @Test func `a role is taken on with a signed request, and its keys are the ones used`() async throws {
        let server = try await ScriptedServer { _ in Self.role("role") }
        let surroundings = try CloudSurroundings(["AWS_ENDPOINT_URL_STS": server.url])
        let settings = AmazonSettings(
            region: "eu-west-1", keys: .init(accessKey: "AKIDEXAMPLE", secretKey: .literal("s")), role: "arn:aws:iam::1:role/r",
            externalID: "outside")
        let found = try await identity(settings, surroundings)
        #expect(found.keys.accessKey == "role" && found.keys.sessionToken == "rt/+=" && found.keys.endsAt == 4_102_444_800)
        let request = try #require(server.requests.first)
        let fields = form(of: request)
        #expect(fields["Action"] == "AssumeRole" && fields["RoleArn"] == "arn:aws:iam::1:role/r" && fields["ExternalId"] == "outside")
        #expect(fields["Version"] == "2011-06-15" && fields["DurationSeconds"] == "900" && fields["RoleSessionName"]?.isEmpty == false)
        #expect(request.contains("Credential=AKIDEXAMPLE/") && request.contains("/eu-west-1/sts/aws4_request"))
        #expect(!request.lowercased().contains("x-amz-security-token"))
        try await server.stop()
    }

    @Test func `a profile takes a role on with the keys of another one`() async throws {
        let server = try await ScriptedServer { request in
            Self.role(request.contains("Credential=base/") ? "first" : "second of first")
        }
        let surroundings = try CloudSurroundings(["AWS_ENDPOINT_URL_STS": server.url, "AWS_REGION": "r"])
        try surroundings.write(
            """
            [profile a]
            role_arn = arn:a
            source_profile = b
            role_session_name = mine
            duration_seconds = 1800
            external_id = x
            [profile b]
            role_arn = arn:b
            source_profile = c
            [profile c]
            aws_access_key_id = base
            aws_secret_access_key = bs
            [profile circle]
            role_arn = arn:c
            source_profile = circle2
            [profile circle2]
            role_arn = arn:c
            source_profile = circle
            [profile lost]
            role_arn = arn:c
            source_profile = nobody
            [profile program]
            credential_process = /bin/true
            """, to: ".aws/config")
        #expect(try await identity(AmazonSettings(profile: "a"), surroundings).keys.accessKey == "second of first")
        let last = form(of: try #require(server.requests.last))
        #expect(last["RoleArn"] == "arn:a" && last["RoleSessionName"] == "mine" && last["DurationSeconds"] == "1800")
        #expect(last["ExternalId"] == "x" && server.requests.last?.contains("Credential=first/") == true)
        #expect(try await failure(AmazonSettings(profile: "circle"), surroundings).contains("in a circle"))
        #expect(try await failure(AmazonSettings(profile: "lost"), surroundings).contains("source_profile that there is not"))
        #expect(try await failure(AmazonSettings(profile: "program"), surroundings).contains("neither of which is supported"))
        #expect(try await failure(AmazonSettings(profile: "none"), surroundings).contains("no profile \"none\""))
        try await server.stop()
    }

    @Test func `a token of the cluster is exchanged for the keys of a role`() async throws {
        let server = try await ScriptedServer { _ in Self.role("web") }
        let surroundings = try CloudSurroundings(["AWS_ENDPOINT_URL": server.url, "AWS_REGION": "r", "AWS_ROLE_ARN": "arn:w"])
        surroundings.environment["AWS_WEB_IDENTITY_TOKEN_FILE"] = try surroundings.write("the.web.token\n", to: "token")
        #expect(try await identity(AmazonSettings(), surroundings).keys.accessKey == "web")
        let request = try #require(server.requests.first)
        #expect(form(of: request)["Action"] == "AssumeRoleWithWebIdentity" && form(of: request)["WebIdentityToken"] == "the.web.token")
        #expect(!request.lowercased().contains("authorization:"))
        surroundings.environment["AWS_ROLE_ARN"] = nil
        #expect(try await failure(AmazonSettings(), surroundings).contains("AWS_ROLE_ARN is not"))
        try await server.stop()
    }

    @Test func `the agent of a container gives keys to who has its token`() async throws {
        let server = try await ScriptedServer { head in
            head.lowercased().contains("authorization: agent token")
                ? ScriptedServer.json(#"{"AccessKeyId":"c","SecretAccessKey":"cs","Token":"ct","Expiration":"2100-01-01T00:00:00Z"}"#)
                : ScriptedServer.json(#"{"code":"x","message":"who are you?"}"#, status: "401 Unauthorized")
        }
        let surroundings = try CloudSurroundings([
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": server.url + "/v1/credentials", "AWS_REGION": "r",
        ])
        #expect(try await failure(AmazonSettings(), surroundings).contains("status 401: who are you?"))
        surroundings.environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = try surroundings.write("agent token\n", to: "t")
        #expect(
            try await identity(AmazonSettings(), surroundings).keys
                == AmazonKeys(accessKey: "c", secretKey: "cs", sessionToken: "ct", endsAt: 4_102_444_800))
        surroundings.environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://elsewhere.test/"
        #expect(try await failure(AmazonSettings(), surroundings).contains("neither https://"))
        try await server.stop()
    }

    @Test(arguments: [
        ("http://127.0.0.1/x", true), ("http://127.9.9.9:80/", true), ("http://localhost:5/", true), ("http://169.254.170.23/v1", true),
        ("http://[::1]/", true), ("http://[fd00:ec2::23]/v1", true), ("https://anywhere.test/", true),
        ("http://127.0.0.1.evil.test/", false),
        ("http://10.0.0.1/", false), ("ftp://127.0.0.1/", false), ("nothing", false),
    ])
    func `keys are asked for by TLS or close by`(url: String, isTrusted: Bool) { #expect(AmazonMetadata.isTrusted(url) == isTrusted) }

    @Test func `a machine gives the keys of its role to who has a token of it`() async throws {
        let server = try await ScriptedServer { head in
            if head.hasPrefix("PUT /latest/api/token ") {
                return head.lowercased().contains("x-aws-ec2-metadata-token-ttl-seconds: 21600")
                    ? ScriptedServer.page("v2 token") : [.hangUp]
            }
            guard head.contains("v2 token") else { return ScriptedServer.json("", status: "401 Unauthorized") }
            if head.hasPrefix("GET /latest/meta-data/iam/security-credentials/ ") { return ScriptedServer.page("the-role") }
            return head.hasPrefix("GET /latest/meta-data/iam/security-credentials/the-role ")
                ? ScriptedServer.json(
                    #"{"Code":"Success","AccessKeyId":"m","SecretAccessKey":"ms","Token":"mt","Expiration":"2100-01-01T00:00:00Z"}"#)
                : ScriptedServer.json("", status: "404 Not Found")
        }
        let surroundings = try CloudSurroundings(["AWS_EC2_METADATA_SERVICE_ENDPOINT": server.url + "/", "AWS_REGION": "r"])
        #expect(try await identity(AmazonSettings(), surroundings).keys.accessKey == "m")
        surroundings.environment["AWS_EC2_METADATA_DISABLED"] = "true"
        #expect(try await failure(AmazonSettings(), surroundings).contains("no keys for AWS"))
        surroundings.environment["AWS_REGION"] = nil
        #expect(try await failure(AmazonSettings(), surroundings).contains("no region for sigv4"))
        #expect(try await failure(AmazonSettings(region: "evil.test/"), surroundings).contains("no name of one"))
        try await server.stop()
    }

    @Test func `what the token service says of a refusal is told, and no secret`() async throws {
        let server = try await ScriptedServer { _ in
            ScriptedServer.json(
                "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not &quot;you&quot;\nat all</Message></Error></ErrorResponse>",
                status: "403 Forbidden")
        }
        let surroundings = try CloudSurroundings(["AWS_ENDPOINT_URL_STS": server.url])
        let settings = AmazonSettings(region: "r", keys: .init(accessKey: "a", secretKey: .literal("hidden")), role: "arn:r")
        let text = try await failure(settings, surroundings)
        #expect(text == "the token service of AWS answered with HTTP status 403: AccessDenied, not \"you\" at all")
        try await server.stop()
    }

    @Test func `answers that are cut anywhere give keys or a failure`() throws {
        let text =
            "<AccessKeyId>a</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>x</Expiration>"
        for length in 0...text.utf8.count {
            let response = OutboundResponse(status: 200, headers: [:], body: Array(text.utf8.prefix(length)))
            if let keys = try? AmazonRoles.keys(in: response) { #expect(keys.accessKey == "a" && keys.sessionToken == "t") }
        }
        #expect(throws: OutboundFailure.self) { try AmazonRoles.keys(in: OutboundResponse(status: 200, headers: [:], body: [])) }
    }

    // MARK: Through the client

    @Test func `requests are signed with keys that are asked for once, and again before they end`() async throws {
        let asked = Atomic<Int>(0)
        let tokens = try await ScriptedServer { _ in
            let number = asked.add(1, ordering: .relaxed).newValue
            return Self.role("role\(number)", end: number == 1 ? "2001-01-01T00:00:00Z" : "2100-01-01T00:00:00Z")
        }
        let receiver = try await ScriptedServer { _ in ScriptedServer.page("in") }
        let surroundings = try CloudSurroundings(["AWS_ENDPOINT_URL_STS": tokens.url])
        let settings = AmazonSettings(region: "eu-west-1", keys: .init(accessKey: "a", secretKey: .literal("s")), role: "arn:r")
        let client = try OutboundClient(
            HTTPClientSettings(
                authorization: .amazon(settings), headers: [HTTPHeaderSetting(name: "X-Tenant", values: [.literal("t")])]),
            userAgent: "Perch/test", environment: surroundings.environment)
        for _ in 0..<3 {
            let request = OutboundRequest(.POST, receiver.url + "//write?b=1&a=2", headers: ["x-version": "1"], body: Array("hello".utf8))
            #expect(try await client.send(request, timeoutMilliseconds: 60_000).status == 200)
        }
        let requests = receiver.requests
        // Those of the first answer had ended long ago.
        #expect(requests.map { $0.contains("Credential=role1/") } == [true, false, false])
        #expect(requests.dropFirst().allSatisfy { $0.contains("Credential=role2/") } && asked.load(ordering: .relaxed) == 2)
        let request = try #require(requests.last)
        #expect(request.hasPrefix("POST /write?a=2&b=1 ") && request.lowercased().contains("x-tenant: t\r\n"))
        #expect(request.contains("SignedHeaders=content-length;host;x-amz-date;x-amz-security-token;x-version,"))
        try verify(request, secret: "rs", region: "eu-west-1")
        await client.shutdown()
        try await tokens.stop()
        try await receiver.stop()
    }

    @Test func `a redirect is followed with a signature of its own`() async throws {
        let receiver = try await ScriptedServer { head in
            head.hasPrefix("POST /new ")
                ? ScriptedServer.page("in")
                : [
                    .send(
                        "HTTP/1.1 307 Temporary Redirect\r\nLocation: \(head.hasPrefix("POST /circle ") ? "/circle" : "/new")\r\nContent-Length: 0\r\n\r\n"
                    )
                ]
        }
        let settings = AmazonSettings(region: "eu-west-1", keys: .init(accessKey: "a", secretKey: .literal("s")))
        let client = try OutboundClient(HTTPClientSettings(authorization: .amazon(settings)), userAgent: "Perch/test", environment: [:])
        let response = try await client.send(
            OutboundRequest(.POST, receiver.url + "/old", body: Array("hello".utf8)), timeoutMilliseconds: 60_000)
        #expect(response.status == 200)
        #expect(receiver.requests.count == 2)
        for request in receiver.requests { try verify(request, secret: "s", region: "eu-west-1") }
        let failure = await #expect(throws: OutboundFailure.self) {
            try await client.send(OutboundRequest(.POST, receiver.url + "/circle", body: [1]), timeoutMilliseconds: 60_000)
        }
        #expect(failure?.code == .redirect)
        await client.shutdown()
        try await receiver.stop()
    }

    /// Signs what arrived once more, from the bytes of the request alone.
    private func verify(_ request: String, secret: String, region: String) throws {
        let parts = request.components(separatedBy: "\r\n\r\n")
        let lines = parts[0].components(separatedBy: "\r\n")
        var all: [String: String] = [:]
        for line in lines.dropFirst() {
            let mark = try #require(line.range(of: ": "))
            all[line[..<mark.lowerBound].lowercased()] = String(line[mark.upperBound...])
        }
        let authorization = try #require(all["authorization"])
        let names = try #require(authorization.components(separatedBy: "SignedHeaders=").last?.split(separator: ",").first).split(
            separator: ";")
        var headers = HTTPHeaders()
        for name in names where name != "content-length" { headers.add(name: String(name), value: try #require(all[String(name)])) }
        let accessKey = try #require(authorization.components(separatedBy: "Credential=").last?.split(separator: "/").first)
        var url = "http://" + (try #require(all["host"])) + lines[0].split(separator: " ")[1]
        let stamp = try #require(all["x-amz-date"])
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: "UTC")
        formatter.dateFormat = "yyyyMMdd'T'HHmmss'Z'"
        let time = try #require(formatter.date(from: stamp))
        #expect(abs(time.timeIntervalSinceNow) < 60)
        let keys = AmazonKeys(accessKey: String(accessKey), secretKey: secret, sessionToken: all["x-amz-security-token"])
        try RequestSignature(region: region, service: "aps").sign(
            "POST", &url, &headers, body: Array(parts[1].utf8), with: keys, at: Int64(time.timeIntervalSince1970 * 1000))
        #expect(headers.first(name: "authorization") == authorization)
    }
}
