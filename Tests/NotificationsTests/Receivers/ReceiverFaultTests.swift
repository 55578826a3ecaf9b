import AlertModel
import Foundation
import NIOHTTP1
import NIOSSL
import TelemetryModel
import Testing

@testable import Notifications

@Suite struct ReceiverFaultTests {
    private func deliver(
        _ answer: HTTPSink.Answer, within milliseconds: Int64 = 90_000, kind: String = "webhook"
    ) async throws -> DeliveryAttempt {
        let sink = try await HTTPSink { _ in answer }
        let entries = [
            "webhook": "webhook_configs: [{url: '\(sink.url)/secret-path-of-hook'}]", "slack": "slack_configs: [{api_url: '\(sink.url)'}]",
            "pagerduty": "pagerduty_configs: [{routing_key: k, url: '\(sink.url)'}]",
            "opsgenie": "opsgenie_configs: [{api_key: k, api_url: '\(sink.url)'}]",
            "telegram": "telegram_configs: [{bot_token: t, chat_id: 1, api_url: '\(sink.url)'}]",
        ]
        return try await Samples.send(kind, try #require(entries[kind]), within: milliseconds)
    }

    @Test(arguments: [
        ("webhook", 500, DeliveryAttempt.Outcome.retry(after: nil)), ("webhook", 503, .retry(after: nil)), ("webhook", 400, .refused),
        ("webhook", 401, .refused),
        ("webhook", 404, .refused), ("webhook", 429, .refused), ("webhook", 304, .refused), ("slack", 500, .retry(after: nil)),
        ("slack", 429, .refused), ("slack", 403, .refused),
        ("pagerduty", 429, .retry(after: nil)), ("pagerduty", 400, .refused), ("pagerduty", 502, .retry(after: nil)),
        ("opsgenie", 429, .retry(after: nil)),
        ("opsgenie", 422, .refused), ("telegram", 403, .retry(after: nil)),
    ])
    func `statuses are retried where Alertmanager retries them`(kind: String, status: Int, expected: DeliveryAttempt.Outcome) async throws {
        let attempt = try await deliver(.status(status, body: "no\nway"), kind: kind)
        #expect(attempt.outcome == expected)
        #expect(attempt.detail.contains("unexpected status code \(status)"))
        if kind == "webhook", status != 304 { #expect(attempt.detail == "unexpected status code \(status): no way") }
    }

    @Test func `Retry-After is heeded`() async throws {
        #expect(try await deliver(.status(429, headers: ["Retry-After": "7"])).outcome == .retry(after: 7000))
        #expect(try await deliver(.status(503, headers: ["Retry-After": "2"]), kind: "slack").outcome == .retry(after: 2000))
        #expect(try await deliver(.status(429, headers: ["Retry-After": "soon"])).outcome == .refused)
        let body = "{\"ok\": false, \"error_code\": 429, \"description\": \"Too Many Requests\", \"parameters\": {\"retry_after\": 3}}"
        let telegram = try await deliver(.status(429, body: body), kind: "telegram")
        #expect(telegram.outcome == .retry(after: 3000) && telegram.detail == "unexpected status code 429: Too Many Requests")
    }

    @Test func `a long answer is cut in what is told of it`() async throws {
        let attempt = try await deliver(.status(500, body: String(repeating: "x", count: 200_000)))
        #expect(attempt.outcome == .retry(after: nil) && attempt.detail.utf8.count <= 1024)
    }

    @Test func `Slack says in the body what it did not like`() async throws {
        let json = ["content-type": "application/json"]
        #expect(
            try await deliver(.status(200, headers: json, body: "{\"ok\": false, \"error\": \"channel_not_found\"}"), kind: "slack").detail
                == "error response from Slack: channel_not_found")
        #expect(try await deliver(.status(200, headers: json, body: "{"), kind: "slack").outcome == .retry(after: nil))
        #expect(try await deliver(.status(200, body: "no_text"), kind: "slack").outcome == .refused)
        let pagerDuty = try await deliver(
            .status(400, body: "{\"status\": \"invalid event\", \"message\": \"Event object is invalid\", \"errors\": [\"a\", \"b\"]}"),
            kind: "pagerduty")
        #expect(pagerDuty.detail == "unexpected status code 400: Event object is invalid: a,b")
    }

    @Test(arguments: [HTTPSink.Answer.hang, .half])
    func `a receiver that hangs is given up at the deadline`(answer: HTTPSink.Answer) async throws {
        let before = WallClock.milliseconds
        let attempt = try await deliver(answer, within: 600)
        #expect(attempt.outcome == .retry(after: nil))
        #expect(attempt.detail.contains("in time"))
        #expect(attempt.endedAt - before >= 590 && attempt.endedAt - before < 60_000)
    }

    @Test func `a timeout of the receiver's own comes first`() async throws {
        let sink = try await HTTPSink { _ in .hang }
        let attempt = try await Samples.send("webhook", "webhook_configs: [{url: '\(sink.url)', timeout: 400ms}]")
        #expect(attempt.outcome == .retry(after: nil) && attempt.endedAt - attempt.startedAt < 60_000)
    }

    @Test func `a reset, a closed port and an unknown host are tried again`() async throws {
        #expect(try await deliver(.reset).outcome == .retry(after: nil))
        let port = try await HTTPSink().port
        for address in ["http://127.0.0.1:\(port)/secret-path-of-hook", "http://no-such-host.invalid/secret-path-of-hook"] {
            let attempt = try await Samples.send("webhook", "webhook_configs: [{url: '\(address)'}]")
            #expect(attempt.outcome == .retry(after: nil))
            #expect(!attempt.detail.contains("secret-path"), "\(attempt.detail)")
        }
    }

    @Test(.enabled(if: TestCertificate.isPossible, "openssl is not installed"))
    func `a certificate that is not trusted, or bears another name, is told as such`() async throws {
        let certificate = try TestCertificate(["other.example"])
        let tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(certificate.certificate).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: certificate.key, format: .pem)))
        let sink = try await HTTPSink(tls: tls)
        let address = "https://localhost:\(sink.port)"
        let untrusted = try await Samples.send("webhook", "webhook_configs: [{url: '\(address)'}]")
        #expect(
            untrusted.outcome == .retry(after: nil) && untrusted.detail.hasPrefix("TLS: certificate verify failed"), "\(untrusted.detail)")
        let misnamed = try await Samples.send(
            "webhook", "webhook_configs: [{url: '\(address)', http_config: {tls_config: {ca_file: '\(certificate.authority)'}}}]")
        #expect(misnamed.outcome == .retry(after: nil) && misnamed.detail.hasPrefix("TLS: "), "\(misnamed.detail)")
        let named = try await Samples.send(
            "webhook",
            "webhook_configs: [{url: '\(address)', http_config: {tls_config: {ca_file: '\(certificate.authority)', server_name: other.example}}}]"
        )
        #expect(named.outcome == .delivered, "\(named.detail)")
        #expect(sink.requests.first?.headers.first(name: "host") == "localhost:\(sink.port)")
        let unchecked = try await Samples.send(
            "webhook", "webhook_configs: [{url: '\(address)', http_config: {tls_config: {insecure_skip_verify: true}}}]")
        #expect(unchecked.outcome == .delivered, "\(unchecked.detail)")
        let plain = try await Samples.send("webhook", "webhook_configs: [{url: 'https://localhost:\(try await HTTPSink().port)'}]")
        #expect(plain.outcome == .retry(after: nil))
    }

    @Test func `a receiver that hangs holds up no other`() async throws {
        let hanging = try await HTTPSink { _ in .hang }
        let quick = try await HTTPSink()
        let configuration = try Samples.configuration("webhook_configs: [{url: '\(hanging.url)'}, {url: '\(quick.url)'}]")
        let sender = try NotificationSender(configuration, externalURL: "http://perch.example")
        let deadline = WallClock.milliseconds + 120_000
        let slow = (0..<20).map { _ in
            Task { await sender.send(Samples.notification(IntegrationID(receiver: "r", kind: "webhook", index: 0)), deadline: deadline) }
        }
        try await Task.sleep(for: .milliseconds(100))
        for _ in 0..<5 {
            let attempt = await sender.send(
                Samples.notification(IntegrationID(receiver: "r", kind: "webhook", index: 1)), deadline: deadline)
            #expect(attempt.outcome == .delivered)
            #expect(WallClock.milliseconds < deadline)
        }
        for task in slow { task.cancel() }
        for task in slow { #expect(await task.value.outcome == .retry(after: nil)) }
        await sender.shutdown()
    }

    @Test func `what is wrong with the configuration is not tried again`() async throws {
        for (entry, detail) in [
            ("{url_file: /no/such/file}", "the file /no/such/file cannot be read"),
            ("{url: 'http://x.example/', payload: {a: '{{ .Nothing }}'}}", "executing the template failed"),
            ("{url: '{{ .CommonLabels.nobody }}'}", "webhook URL is empty after templating"),
            (
                "{url: 'http://x.example/', http_config: {tls_config: {ca: nonsense}}}",
                "tls_config: the certificate authority cannot be used"
            ),
        ] {
            let attempt = try await Samples.send("webhook", "webhook_configs: [\(entry)]")
            #expect(attempt.outcome == .refused && attempt.detail.contains(detail), "\(attempt.detail)")
        }
        let sender = try NotificationSender(try Samples.configuration("webhook_configs: []"), externalURL: "")
        let unknown = await sender.send(Samples.notification(IntegrationID(receiver: "r", kind: "webhook", index: 3)), deadline: .max)
        #expect(unknown.outcome == .refused)
        await sender.shutdown()
    }

    @Test func `no secret shows in an attempt, even where a receiver sends it back`() async throws {
        let secrets = ["webhook-path-secret", "basic-password", "header-secret", "file secret \"quoted\""]
        let folder = try TemporaryFolder()
        let file = try folder.write(secrets[3] + "\n", to: "secret")
        let sink = try await HTTPSink { request in
            let said = request.headers.map { "\($0.name): \($0.value)" }.joined(separator: " ") + request.uri + request.text
            return .status(400, body: said)
        }
        let attempt = try await Samples.send(
            "webhook",
            "webhook_configs: [{url: '\(sink.url)/\(secrets[0])/\(secrets[0])', payload: {a: '{{ .Status }} \(secrets[1])'}, http_config: {basic_auth: {username: u, password: \(secrets[1])}, http_headers: {X-A: {secrets: [\(secrets[2])]}, X-B: {files: ['\(file)']}}}}]"
        )
        let request = try #require(sink.requests.first)
        #expect(
            request.uri.contains(secrets[0]) && request.headers.first(name: "x-a") == secrets[2]
                && request.headers.first(name: "x-b") == secrets[3])
        #expect(attempt.outcome == .refused && attempt.detail.contains("<secret>"))
        for secret in secrets + [Data("u:basic-password".utf8).base64EncodedString()] {
            #expect(!attempt.detail.contains(secret) && !attempt.payload.contains(secret), "\(secret): \(attempt.detail)")
        }
    }
}
