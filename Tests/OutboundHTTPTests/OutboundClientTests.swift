internal import NIOHTTP1
internal import OutboundHTTP
internal import ScriptedHTTP
internal import Synchronization
internal import Testing

@Suite struct OutboundClientTests {
    private func client(_ settings: HTTPClientSettings, environment: [String: String] = [:]) throws -> OutboundClient {
        try OutboundClient(settings, userAgent: "Perch/test", environment: environment)
    }

    @Test func `a request bears the settings' authorization and headers`() async throws {
        let server = try await ScriptedServer { _ in ScriptedServer.page("fine") }
        let client = try client(
            HTTPClientSettings(
                authorization: .basic(username: .literal("me"), password: .literal("pw")),
                headers: [HTTPHeaderSetting(name: "X-Team", values: [.literal("a"), .literal("b")])]))
        let response = try await client.send(
            OutboundRequest(.POST, "http://127.0.0.1:\(server.port)/x", body: Array("hello".utf8)), timeoutMilliseconds: 60_000)
        #expect(response.status == 200)
        #expect(String(decoding: response.body, as: UTF8.self) == "fine")
        let head = try #require(server.requests.first).lowercased()
        for line in ["post /x ", "authorization: basic bwu6chc=", "x-team: a", "x-team: b", "user-agent: perch/test", "content-length: 5"] {
            #expect(head.contains(line), "\(line) in \(head)")
        }
        await client.shutdown()
        try await server.stop()
    }

    @Test func `requests go through the proxy, but not to the hosts that are left out`() async throws {
        let proxy = try await ScriptedServer { head in
            head.hasPrefix("CONNECT ") ? [.send("HTTP/1.1 200 OK\r\n\r\n")] : ScriptedServer.page("from the proxy")
        }
        let server = try await ScriptedServer { _ in ScriptedServer.page("direct") }
        let address = HTTPProxy.Source.url(.literal("http://u:p@127.0.0.1:\(proxy.port)"))
        let client = try client(
            HTTPClientSettings(
                proxy: HTTPProxy(
                    address, exceptions: ProxyExceptions("direct.test"),
                    connectHeaders: [HTTPHeaderSetting(name: "X-Tunnel", values: [.literal("yes")])])))
        let response = try await client.send(OutboundRequest(.GET, "http://far.test:81/page"), timeoutMilliseconds: 60_000)
        #expect(String(decoding: response.body, as: UTF8.self) == "from the proxy")
        let tunnel = try #require(proxy.requests.first)
        #expect(tunnel.hasPrefix("CONNECT far.test:81 "))
        #expect(tunnel.lowercased().contains("proxy-authorization: basic dtpw"))
        #expect(tunnel.lowercased().contains("x-tunnel: yes"))
        // Loopback addresses never go through a proxy.
        let direct = try await client.send(OutboundRequest(.GET, "http://127.0.0.1:\(server.port)/"), timeoutMilliseconds: 60_000)
        #expect(String(decoding: direct.body, as: UTF8.self) == "direct")
        await client.shutdown()
        let fromEnvironment = try self.client(
            HTTPClientSettings(proxy: HTTPProxy(.environment)),
            environment: ["http_proxy": "127.0.0.1:\(proxy.port)", "NO_PROXY": "near.test"])
        _ = try await fromEnvironment.send(OutboundRequest(.GET, "http://far.test/2"), timeoutMilliseconds: 60_000)
        #expect(proxy.requests.contains { $0.hasPrefix("CONNECT far.test:80 ") })
        #expect(proxy.requests.last?.hasPrefix("GET /2 ") == true)
        await fromEnvironment.shutdown()
        try await proxy.stop()
        try await server.stop()
    }

    @Test(arguments: [(OutboundClient.Usage.steady, 3), (.occasional, 1)])
    func `a request whose connection is closed is sent again where that does no harm`(usage: OutboundClient.Usage, count: Int) async throws
    {
        let server = try await ScriptedServer { _ in [.hangUp] }
        let client = try OutboundClient(HTTPClientSettings(), userAgent: "Perch/test", usage: usage)
        let failure = await #expect(throws: OutboundFailure.self) {
            try await client.send(OutboundRequest(.POST, "http://127.0.0.1:\(server.port)/"), timeoutMilliseconds: 60_000)
        }
        #expect(failure?.code == .connection)
        #expect(server.requests.count == count)
        await client.shutdown()
        try await server.stop()
    }

    @Test func `a request's own authorization stays`() async throws {
        let server = try await ScriptedServer { _ in ScriptedServer.page("fine") }
        let client = try client(HTTPClientSettings(authorization: .credentials(type: "Bearer", .literal("settings"))))
        _ = try await client.send(
            OutboundRequest(.GET, "http://127.0.0.1:\(server.port)/", headers: ["authorization": "Key own"]), timeoutMilliseconds: 60_000)
        let head = try #require(server.requests.first).lowercased()
        #expect(head.contains("authorization: key own\r\n") && !head.contains("settings"))
        await client.shutdown()
        try await server.stop()
    }

    @Test func `another name in the certificate and a proxy do not go together`() async throws {
        let client = try client(
            HTTPClientSettings(
                tls: HTTPTLSSettings(serverName: "other.test"), proxy: HTTPProxy(.url(.literal("http://127.0.0.1:9")))))
        let failure = await #expect(throws: OutboundFailure.self) {
            try await client.send(OutboundRequest(.GET, "https://far.test/"), timeoutMilliseconds: 60_000)
        }
        #expect(failure?.description == "server_name of tls_config cannot be used together with a proxy")
        await client.shutdown()
    }

    @Test func `a token that a server no longer takes is asked for anew`() async throws {
        let given = Atomic<Int>(0)
        let server = try await ScriptedServer { head in
            if head.hasPrefix("POST /token") {
                let number = given.add(1, ordering: .relaxed).newValue
                return ScriptedServer.page(#"{"access_token":"t\#(number)","expires_in":3600}"#, contentType: "application/json")
            }
            if head.contains("Bearer t2") { return ScriptedServer.page("in") }
            return [.send("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")]
        }
        let settings = OAuth2Settings(
            clientID: "id", clientSecret: .literal("s"), tokenURL: "http://127.0.0.1:\(server.port)/token")
        let client = try client(HTTPClientSettings(authorization: .oauth2(settings)))
        let response = try await client.send(OutboundRequest(.GET, "http://127.0.0.1:\(server.port)/data"), timeoutMilliseconds: 60_000)
        #expect(response.status == 200)
        #expect(given.load(ordering: .relaxed) == 2)
        await client.shutdown()
        try await server.stop()
    }

    @Test func `a server that never ends its answer costs the time allowed and no more`() async throws {
        let server = try await ScriptedServer { head in
            head.contains("/large")
                ? [.send("HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n"), .sendForever(String(repeating: "x", count: 4096))]
                : [.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"), .wait(milliseconds: 60_000)]
        }
        let client = try client(HTTPClientSettings())
        let slow = await #expect(throws: OutboundFailure.self) {
            try await client.send(OutboundRequest(.GET, "http://127.0.0.1:\(server.port)/slow"), timeoutMilliseconds: 200)
        }
        #expect(slow?.code == .timeout)
        let large = await #expect(throws: OutboundFailure.self) {
            try await client.send(OutboundRequest(.GET, "http://127.0.0.1:\(server.port)/large"), timeoutMilliseconds: 60_000)
        }
        #expect(large?.code == .body)
        await client.shutdown()
        try await server.stop()
    }
}
