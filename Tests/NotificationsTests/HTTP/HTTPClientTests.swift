import AlertModel
import Foundation
import NIOHTTP1
import NIOSSL
import Synchronization
import Testing

@testable import Notifications

@Suite struct HTTPClientTests {
    private func requests(
        _ http: String, answer: @escaping @Sendable (HTTPSink.Request) -> HTTPSink.Answer = { _ in .status(200) }
    ) async throws -> [HTTPSink.Request] {
        let sink = try await HTTPSink(answer: answer)
        let attempt = try await Samples.send(
            "webhook", "webhook_configs: [{url: '\(sink.url)/a', http_config: \(http.replacingOccurrences(of: "$URL", with: sink.url))}]")
        #expect(attempt.outcome == .delivered, "\(attempt.detail)")
        return sink.requests
    }

    @Test func `requests say who they are from, and by what right`() async throws {
        let plain = try await requests("{}").first?.headers
        #expect(plain?.first(name: "user-agent") == "Perch" && plain?.first(name: "authorization") == nil)
        #expect(try await requests("{basic_auth: {username: u, password: p}}").first?.headers["authorization"] == ["Basic dTpw"])
        #expect(try await requests("{authorization: {type: Token, credentials: c}}").first?.headers["authorization"] == ["Token c"])
        #expect(try await requests("{bearer_token: b}").first?.headers["authorization"] == ["Bearer b"])
        #expect(try await requests("{http_headers: {X-A: {values: [a, b]}}}").first?.headers["x-a"] == ["a", "b"])
    }

    @Test func `files of secrets are read anew each time`() async throws {
        let folder = try TemporaryFolder()
        let token = try folder.write("one\n", to: "token")
        let sink = try await HTTPSink()
        let address = try folder.write(sink.url + "/first\n", to: "url")
        let configuration = try Samples.configuration(
            "webhook_configs: [{url_file: '\(address)', http_config: {authorization: {credentials_file: '\(token)'}}}]")
        let sender = try NotificationSender(configuration, externalURL: "http://perch.example")
        let id = IntegrationID(receiver: "r", kind: "webhook", index: 0)
        _ = await sender.send(Samples.notification(id), deadline: WallClock.milliseconds + 90_000)
        _ = try folder.write("two", to: "token")
        _ = try folder.write(sink.url + "/second", to: "url")
        _ = await sender.send(Samples.notification(id), deadline: WallClock.milliseconds + 90_000)
        await sender.shutdown()
        #expect(sink.requests.map(\.uri) == ["/first", "/second"])
        #expect(sink.requests.map { $0.headers.first(name: "authorization") } == ["Bearer one", "Bearer two"])
    }

    @Test func `a token is asked for once, with the secret in the header or else in the form`() async throws {
        for isInForm in [false, true] {
            let sink = try await HTTPSink { request in
                guard request.uri == "/token" else { return .status(200) }
                if isInForm, request.headers.contains(name: "authorization") { return .status(401) }
                return .status(200, body: "{\"access_token\": \"token-5\", \"expires_in\": 3600}")
            }
            let configuration = try Samples.configuration(
                "webhook_configs: [{url: '\(sink.url)/a', http_config: {oauth2: {client_id: me, client_secret: s3, token_url: '\(sink.url)/token', scopes: [x, y], endpoint_params: {audience: z}}}}]"
            )
            let sender = try NotificationSender(configuration, externalURL: "")
            for _ in 0..<2 {
                let attempt = await sender.send(
                    Samples.notification(IntegrationID(receiver: "r", kind: "webhook", index: 0)), deadline: WallClock.milliseconds + 90_000
                )
                #expect(attempt.outcome == .delivered, "\(attempt.detail)")
            }
            await sender.shutdown()
            let tokens = sink.requests.filter { $0.uri == "/token" }
            #expect(tokens.count == (isInForm ? 2 : 1))
            #expect(tokens.first?.headers.first(name: "authorization") == "Basic " + Data("me:s3".utf8).base64EncodedString())
            var form = ["grant_type": "client_credentials", "scope": "x y", "audience": "z"]
            #expect(tokens.first?.form == form)
            if isInForm {
                form["client_id"] = "me"
                form["client_secret"] = "s3"
                #expect(tokens.last?.form == form)
            }
            #expect(
                sink.requests.filter { $0.uri == "/a" }.map { $0.headers.first(name: "authorization") } == [
                    "Bearer token-5", "Bearer token-5",
                ])
        }
    }

    @Test func `redirects are followed unless the configuration forbids it`() async throws {
        let answer: @Sendable (HTTPSink.Request) -> HTTPSink.Answer = {
            $0.uri == "/a" ? .status(307, headers: ["location": "/b"]) : .status(200)
        }
        #expect(try await requests("{}", answer: answer).map(\.uri) == ["/a", "/b"])
        let sink = try await HTTPSink(answer: answer)
        let attempt = try await Samples.send("webhook", "webhook_configs: [{url: '\(sink.url)/a', http_config: {follow_redirects: false}}]")
        #expect(attempt.outcome == .refused && attempt.detail.hasPrefix("unexpected status code 307"))
    }

    @Test func `a proxy gets the request, but for hosts that it is not for`() async throws {
        let headCount = Mutex(0)
        let proxy = try await ScriptedServer { line in
            // Each head ends with an empty line: that of CONNECT, and that of the request behind it.
            guard line?.isEmpty == true else { return .wait }
            let isConnect = headCount.withLock { count in
                count += 1
                return count == 1
            }
            return .say("HTTP/1.1 200 OK\r\n" + (isConnect ? "" : "content-length: 0\r\n"))
        }
        let sink = try await HTTPSink()
        let attempt = try await Samples.send(
            "webhook", "webhook_configs: [{url: 'http://x.example/a', http_config: {proxy_url: 'http://u:p@127.0.0.1:\(proxy.port)'}}]")
        #expect(attempt.outcome == .delivered, "\(attempt.detail)")
        let lines = proxy.lines
        #expect(lines.first == "CONNECT x.example:80 HTTP/1.1" && lines.contains { $0.lowercased() == "proxy-authorization: basic dtpw" })
        #expect(lines.contains("POST /a HTTP/1.1"))
        let direct = try await Samples.send(
            "webhook",
            "webhook_configs: [{url: '\(sink.url)/a', http_config: {proxy_url: 'http://127.0.0.1:\(proxy.port)', no_proxy: 'a.example,127.0.0.0/8'}}]"
        )
        #expect(direct.outcome == .delivered && sink.requests.count == 1 && proxy.lines == lines)
    }

    @Test(.enabled(if: TestCertificate.isPossible, "openssl is not installed"))
    func `a client shows its certificate, and takes another one when the files change`() async throws {
        let server = try TestCertificate(["localhost"])
        let own = try TestCertificate(["client.example"])
        var tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(server.certificate).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: server.key, format: .pem)))
        tls.certificateVerification = .noHostnameVerification
        tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(own.authority))
        let sink = try await HTTPSink(tls: tls)
        let folder = try TemporaryFolder()
        let stranger = try TestCertificate(["stranger.example"])
        func place(_ certificate: TestCertificate) throws {
            _ = try folder.write(try String(contentsOfFile: certificate.certificate, encoding: .utf8), to: "cert")
            _ = try folder.write(try String(contentsOfFile: certificate.key, encoding: .utf8), to: "key")
        }
        try place(stranger)
        let configuration = try Samples.configuration(
            "webhook_configs: [{url: 'https://localhost:\(sink.port)/', http_config: {tls_config: {ca_file: '\(server.authority)', cert_file: '\(folder.path)/cert', key_file: '\(folder.path)/key'}}}]"
        )
        let sender = try NotificationSender(configuration, externalURL: "")
        let notification = Samples.notification(IntegrationID(receiver: "r", kind: "webhook", index: 0))
        #expect(await sender.send(notification, deadline: WallClock.milliseconds + 90_000).outcome == .retry(after: nil))
        try place(own)
        let attempt = await sender.send(notification, deadline: WallClock.milliseconds + 90_000)
        #expect(attempt.outcome == .delivered, "\(attempt.detail)")
        await sender.shutdown()
    }

    @Test func `authorization of the service itself goes before that of http_config`() async throws {
        let sink = try await HTTPSink()
        let attempt = try await Samples.send(
            "opsgenie",
            "opsgenie_configs: [{api_key: genie-key, api_url: '\(sink.url)', http_config: {authorization: {credentials: other}}}]")
        #expect(attempt.outcome == .delivered, "\(attempt.detail)")
        #expect(sink.requests.first?.headers["authorization"] == ["GenieKey genie-key"])
    }

    @Test func `a server of tokens that hangs is given up at the deadline, and one that fails is asked again`() async throws {
        for answer in [HTTPSink.Answer.hang, .status(500)] {
            let sink = try await HTTPSink { $0.uri == "/token" ? answer : .status(200) }
            let attempt = try await Samples.send(
                "webhook",
                "webhook_configs: [{url: '\(sink.url)/a', http_config: {oauth2: {client_id: me, client_secret: s3, token_url: '\(sink.url)/token'}}}]",
                within: 1000)
            #expect(attempt.outcome == .retry(after: nil), "\(attempt.detail)")
            #expect(attempt.endedAt - attempt.startedAt < 60_000)
            #expect(sink.requests.allSatisfy { $0.uri == "/token" })
        }
    }

    @Test func `a request whose connection is closed is not sent again in the same attempt`() async throws {
        let sink = try await HTTPSink { _ in .reset }
        let attempt = try await Samples.send("webhook", "webhook_configs: [{url: '\(sink.url)/a'}]")
        #expect(attempt.outcome == .retry(after: nil) && sink.requests.count == 1, "\(attempt.detail)")
    }

    @Test(arguments: [
        ("7", 7000 as Int64?), ("0", 0), ("Sun, 22 Nov 2026 23:05:34 GMT", 10_000), ("Sun, 22 Nov 2026 23:05:14 GMT", 0), ("soon", nil),
        ("", nil), ("-1", nil), ("99999999999999999999", 86_400_000),
    ])
    func `Retry-After is a number of seconds or a date`(text: String, expected: Int64?) {
        #expect(RetryAfter.milliseconds(text, now: Samples.now) == expected)
    }

    @Test func `addresses get paths and parameters in front of and behind what is there`() throws {
        let address = try HTTPAddress("https://X.example:8443/a/?b=c#d")
        #expect(address.appending(path: "/e").text == "https://X.example:8443/a/e?b=c#d")
        #expect(address.adding(parameter: "x", "y z").text == "https://X.example:8443/a/?b=c&x=y+z#d")
        #expect(address.origin == ("https", "x.example", 8443) && address.base == "https://X.example:8443" && address.path == "/a/")
        #expect(try HTTPAddress("http://u:p@[::1]/").origin == ("http", "::1", 80))
    }

    @Test(arguments: [
        "", "x.example", "ftp://x.example", "http:", "http://", "http:///a", "http://x.example:99999/", "http://x.example:a/",
        "http://[::1/", "http://x y/", "http://x.example/%zz", "http://x.example/\u{7}", ":http",
    ])
    func `what is no address is refused`(text: String) {
        #expect(throws: HTTPAddress.Fault.self) { try HTTPAddress(text) }
    }
}
