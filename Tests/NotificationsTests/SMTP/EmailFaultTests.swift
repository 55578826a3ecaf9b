import AlertModel
import Foundation
import NIOSSL
import TelemetryModel
import Testing

@testable import Notifications

@Suite struct EmailFaultTests {
    private func send(
        _ server: ScriptedServer, _ settings: String = "", host: String = "127.0.0.1", within milliseconds: Int64 = 90_000
    ) async throws -> DeliveryAttempt {
        try await Samples.send(
            "email",
            "email_configs: [{to: 'a@x.example, b@x.example', from: 'p@x.example', smarthost: '\(host):\(server.port)', require_tls: false\(settings)}]",
            within: milliseconds)
    }

    @Test func `a server is spoken to in the order of the standard`() async throws {
        let server = try await ScriptedServer { ScriptedServer.polite($0, extensions: ["8BITMIME", "AUTH PLAIN"]) }
        let attempt = try await send(server, ", auth_username: u, auth_password: p, auth_identity: i")
        #expect(attempt.outcome == .delivered && attempt.detail == "the server answered 250 fine", "\(attempt.detail)")
        #expect(
            server.lines == [
                "EHLO localhost", "AUTH PLAIN \(Data("i\0u\0p".utf8).base64EncodedString())", "MAIL FROM:<p@x.example> BODY=8BITMIME",
                "RCPT TO:<a@x.example>", "RCPT TO:<b@x.example>", "DATA", "QUIT",
            ])
    }

    @Test(arguments: [
        ("", "greeting: 554 no"), ("EHLO", "send EHLO command: 554 no"), ("MAIL", "send MAIL command: 554 no"),
        ("RCPT", "send RCPT command: 554 no"), ("DATA", "send DATA command: 554 no"), (".", "delivery failure: 554 no"),
    ])
    func `what a server refuses is told with its words, and tried again`(command: String, detail: String) async throws {
        let server = try await ScriptedServer { line in
            let isIt =
                command.isEmpty ? line == nil : line?.hasPrefix(command) == true || (command == "EHLO" && line?.hasPrefix("HELO") == true)
            return isIt ? .say("554 no") : ScriptedServer.polite(line)
        }
        let attempt = try await send(server)
        #expect(attempt.outcome == .retry(after: nil) && attempt.detail == detail, "\(attempt.detail)")
    }

    @Test(arguments: ["", "EHLO", "MAIL", "RCPT", "DATA", "."])
    func `a server that drops the connection in the middle is tried again`(command: String) async throws {
        for step in [ScriptedServer.Step.close, .sayAndClose("250-half")] {
            let server = try await ScriptedServer { line in
                (command.isEmpty ? line == nil : line?.hasPrefix(command) == true) ? step : ScriptedServer.polite(line)
            }
            let attempt = try await send(server)
            #expect(
                attempt.outcome == .retry(after: nil) && attempt.detail.contains("closed the connection")
                    || attempt.detail.contains("reset"), "\(attempt.detail)")
        }
    }

    @Test(arguments: ["", "EHLO", "DATA", "."])
    func `a server that hangs is given up at the deadline`(command: String) async throws {
        let server = try await ScriptedServer { line in
            (command.isEmpty ? line == nil : line?.hasPrefix(command) == true) ? .hang : ScriptedServer.polite(line)
        }
        let before = WallClock.milliseconds
        let attempt = try await send(server, within: 500)
        #expect(attempt.outcome == .retry(after: nil), "\(attempt.detail)")
        #expect(attempt.endedAt - before >= 490 && attempt.endedAt - before < 60_000)
    }

    @Test func `a mail that was accepted is delivered, whatever the server says to the end`() async throws {
        let server = try await ScriptedServer { line in line == "QUIT" ? .close : ScriptedServer.polite(line) }
        #expect(try await send(server).outcome == .delivered)
    }

    @Test func `a server without EHLO is spoken to as of old`() async throws {
        let server = try await ScriptedServer { line in line?.hasPrefix("EHLO") == true ? .say("502 unknown") : ScriptedServer.polite(line)
        }
        #expect(try await send(server).outcome == .delivered)
        #expect(server.lines.contains("HELO localhost"))
    }

    @Test func `nothing is said without TLS where TLS is required`() async throws {
        let server = try await ScriptedServer { ScriptedServer.polite($0) }
        let attempt = try await Samples.send(
            "email", "email_configs: [{to: a@x.example, from: p@x.example, smarthost: '127.0.0.1:\(server.port)'}]")
        #expect(attempt.outcome == .retry(after: nil))
        #expect(
            attempt.detail == "'require_tls' is true (default) but \"127.0.0.1:\(server.port)\" does not advertise the STARTTLS extension")
        #expect(!server.lines.contains { $0.hasPrefix("MAIL") })
    }

    @Test func `a password does not go over an unencrypted connection, but for this machine's own`() async throws {
        let machine = try await ScriptedServer { ScriptedServer.polite($0, extensions: ["AUTH PLAIN LOGIN"]) }
        #expect(try await send(machine, ", auth_username: u, auth_password: p", host: "localhost").outcome == .delivered)
        // Another name for the same machine, which the client cannot know.
        let server = try await ScriptedServer { ScriptedServer.polite($0, extensions: ["AUTH PLAIN LOGIN"]) }
        let attempt = try await send(server, ", auth_username: u, auth_password: p", host: "127.0.0.2")
        #expect(attempt.outcome == .retry(after: nil))
        #expect(attempt.detail == "PLAIN auth: unencrypted connection" || attempt.detail.hasPrefix("establish connection"))
        #expect(!server.lines.contains { $0.hasPrefix("AUTH") })
    }

    @Test func `the first way is taken that there is a secret for`() async throws {
        let server = try await ScriptedServer { line in
            line?.hasPrefix("AUTH CRAM") == true
                ? .say("334 PDFAeD4=")
                : line?.hasSuffix("=") == true ? .say("235 ok") : ScriptedServer.polite(line, extensions: ["AUTH GSSAPI PLAIN CRAM-MD5"])
        }
        _ = try await send(server, ", auth_username: u, auth_secret: s")
        #expect(server.lines.contains("AUTH CRAM-MD5"))
        let other = try await ScriptedServer { ScriptedServer.polite($0, extensions: ["AUTH GSSAPI"]) }
        let attempt = try await send(other, ", auth_username: u, auth_password: p")
        #expect(attempt.detail == "find auth mechanism: unknown auth mechanism: GSSAPI" && attempt.outcome == .retry(after: nil))
    }

    @Test func `a server that asks on and on gets no further answers`() async throws {
        let server = try await ScriptedServer { line in
            line == "*"
                ? .say("501 stopped")
                : line?.hasPrefix("EHLO") == true || line == nil
                    ? ScriptedServer.polite(line, extensions: ["AUTH LOGIN"]) : .say("334 VXNlcm5hbWU6")
        }
        let attempt = try await send(server, ", auth_username: u, auth_password: p")
        #expect(attempt.outcome == .retry(after: nil) && attempt.detail == "LOGIN auth: unexpected server challenge", "\(attempt.detail)")
        #expect(server.lines.count < 10)
    }

    @Test(.enabled(if: TestCertificate.isPossible, "openssl is not installed"))
    func `what was said in clear text behind STARTTLS is not taken for the server's word`() async throws {
        let server = try await ScriptedServer { line in
            line == "STARTTLS" ? .say("220 go on\r\n250 injected") : ScriptedServer.polite(line, extensions: ["STARTTLS"])
        }
        let attempt = try await Samples.send(
            "email", "email_configs: [{to: a@x.example, from: p@x.example, smarthost: '127.0.0.1:\(server.port)'}]")
        #expect(attempt.outcome == .retry(after: nil))
        #expect(!server.lines.contains { $0.hasPrefix("MAIL") })
        let broken = try await ScriptedServer { line in
            line == "STARTTLS" ? .say("220 go on") : ScriptedServer.polite(line, extensions: ["STARTTLS"])
        }
        let second = try await Samples.send(
            "email", "email_configs: [{to: a@x.example, from: p@x.example, smarthost: '127.0.0.1:\(broken.port)'}]", within: 2000)
        #expect(second.outcome == .retry(after: nil))
    }

    @Test func `an HTTP server, a closed port and a wrong port are told as what they are`() async throws {
        let http = try await ScriptedServer { $0 == nil ? .say("HTTP/1.1 400 Bad Request") : .hang }
        #expect(try await send(http).detail == "the server does not speak SMTP")
        let closed = try await HTTPSink().port
        let attempt = try await Samples.send(
            "email", "email_configs: [{to: a@x.example, from: p@x.example, smarthost: '127.0.0.1:\(closed)'}]")
        #expect(attempt.outcome == .retry(after: nil) && attempt.detail.hasPrefix("establish connection to server: "), "\(attempt.detail)")
        let named = try await Samples.send("email", "email_configs: [{to: a@x.example, from: p@x.example, smarthost: '127.0.0.1:mail'}]")
        #expect(named.outcome == .refused)
    }

    @Test(arguments: ["nobody", "'{{ .CommonLabels.nobody }}'", "'a@x.example\\r\\nRCPT TO:<b@x.example>'"])
    func `addresses that are none are refused, whoever wrote them`(to: String) async throws {
        let server = try await ScriptedServer { ScriptedServer.polite($0) }
        let quoted = to.replacingOccurrences(of: "'", with: "\"")
        let attempt = try await Samples.send(
            "email", "email_configs: [{to: \(quoted), from: p@x.example, smarthost: '127.0.0.1:\(server.port)', require_tls: false}]")
        #expect(attempt.outcome == .refused && attempt.detail.hasPrefix("parse 'to' addresses"), "\(attempt.detail)")
        #expect(server.lines.isEmpty)
    }

    @Test func `a server that sends the password back does not get it into the record`() async throws {
        let server = try await ScriptedServer { line in
            line?.hasPrefix("AUTH") == true
                ? .say("535 you said \(line ?? "") top-secret") : ScriptedServer.polite(line, extensions: ["AUTH PLAIN"])
        }
        let attempt = try await send(server, ", auth_username: u, auth_password: top-secret")
        #expect(attempt.detail == "PLAIN auth: 535 you said AUTH PLAIN <secret> <secret>")
    }

    @Test func `replies of any kind end in an attempt, not in a trap`() async throws {
        var random = SystemRandomNumberGenerator()
        let words = ["250 ", "250-", "354 ", "334 ", "220 ", "999", "\u{0}", "é", "AUTH PLAIN", "STARTTLS", " ", "-", "\n", "5"]
        for _ in 0..<40 {
            let text = (0..<3).map { _ in words.randomElement(using: &random) ?? "" }.joined()
            let server = try await ScriptedServer { line in
                Bool.random() ? .say(text) : ScriptedServer.polite(line, extensions: ["AUTH PLAIN"])
            }
            let attempt = try await send(server, ", auth_username: u, auth_password: p", within: 300)
            #expect(attempt.endedAt >= attempt.startedAt)
        }
    }
}
