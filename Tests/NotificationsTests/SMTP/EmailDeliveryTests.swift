import AlertModel
import AlertRouting
import Foundation
import OutboundHTTP
import TelemetryModel
import Testing

@testable import Notifications

/// Mails sent to a real server, and read by Python.
@Suite(.enabled(if: MailSink.isInstalled && TestCertificate.isPossible, "aiosmtpd or openssl is not installed"))
struct EmailDeliveryTests {
    private func send(_ settings: String, to sink: MailSink, alerts: [Alert] = [Samples.alert()]) async throws -> DeliveryAttempt {
        try await Samples.send(
            "email", "email_configs: [{to: 'team@x.example', from: 'perch@x.example', smarthost: 'localhost:\(sink.port)', \(settings)}]",
            alerts: alerts)
    }

    @Test func `the example of the guide works with a server that wants STARTTLS`() async throws {
        let certificate = try TestCertificate(["smtp.gmail.com"])
        let sink = try await MailSink([
            "--starttls", "--cert", certificate.certificate, "--key", certificate.key, "--auth", "alertmanager@example.com:password",
        ])
        var configuration = try AlertmanagerConfiguration(contentsOf: ConfigurationCase.folder + "/alertmanager.yml")
        #expect(configuration.warnings.isEmpty && !configuration.redactedText.contains("'password'"))
        let id = try #require(configuration.integrations["email-notifications"]?.first?.id)
        guard case .email(var settings) = configuration.settings[id]?.kind else { throw ConfigErrorBox(text: "no mail") }
        #expect(settings.smarthost == HostPort(host: "smtp.gmail.com", port: "587"))
        // The file is unchanged; the name leads to this machine, and its certificate is trusted.
        settings.smarthost = HostPort(host: "localhost", port: String(sink.port))
        settings.tls = HTTPTLSSettings(certificateAuthority: .file(path: certificate.authority), serverName: "smtp.gmail.com")
        configuration.settings[id]?.kind = .email(settings)
        let sender = try NotificationSender(configuration, externalURL: "http://perch.example")
        let attempt = await sender.send(Samples.notification(id), deadline: WallClock.milliseconds + 90_000)
        await sender.shutdown()
        #expect(attempt.outcome == .delivered && attempt.detail == "the server answered 250 taken", "\(attempt.detail)")
        #expect(!attempt.payload.contains("password"))
        let mail = try await sink.mail()
        #expect(mail.text("from") == "alertmanager@example.com" && mail.recipients == ["team@example.com"] && mail.truth("tls") == true)
        #expect(mail.text("mechanism") == "PLAIN" || mail.text("mechanism") == "LOGIN")
        #expect(mail.headers["Subject"] == "[FIRING:1] Down (a:9100 critical)")
        #expect(mail.defects.isEmpty && mail.partTypes == ["text/html"])
        #expect(mail.part("text/html")?.contains("a is down") == true)
    }

    @Test func `a mail is plain and short in its lines, and Python reads what was written`() async throws {
        let sink = try await MailSink()
        let summary = "Grüße 🚨 " + String(repeating: "lang ", count: 60) + "\n.dot\n..two"
        let attempt = try await send(
            "require_tls: false, hello: me.example, text: '{{ .CommonAnnotations.summary }}', html: '<p>{{ .CommonAnnotations.summary }}</p>', headers: {subject: 'Wörter {{ .Status }}', X-Team: '{{ .CommonLabels.severity }}', to: '\"Team, Ä\" <team@x.example>'}",
            to: sink, alerts: [Samples.alert(annotations: [Label(name: "summary", value: summary)])])
        #expect(attempt.outcome == .delivered, "\(attempt.detail)")
        let mail = try await sink.mail()
        #expect(mail.part("text/plain")?.trimmingCharacters(in: .newlines) == summary)
        #expect(mail.part("text/html")?.contains("Grüße 🚨") == true && mail.partTypes == ["text/plain", "text/html"])
        #expect(
            mail.headers["Subject"] == "Wörter firing" && mail.headers["X-Team"] == "critical" && mail.headers["From"] == "perch@x.example")
        #expect(mail.headers["To"] == "\"Team, Ä\" <team@x.example>" && mail.recipients == ["team@x.example"])
        #expect(
            mail.text("type") == "multipart/alternative" && mail.defects.isEmpty && mail.text("hello") == "me.example"
                && mail.truth("tls") == false)
        // The longest is the header with the boundary; RFC 5322 allows 998.
        #expect(mail.number("longest") ?? 999 <= 110 && mail.number("bare") == 0)
        #expect(
            mail.headers["Message-Id"]?.hasPrefix("<") == true && mail.headers["Date"]?.hasSuffix("+0000") == true
                && mail.headers["MIME-Version"] == "1.0")
        #expect(attempt.payload.hasPrefix("Subject: Wörter firing\n") || attempt.payload.contains("\nSubject: Wörter firing\n"))
    }

    @Test func `TLS from the start is spoken where the configuration says so`() async throws {
        let certificate = try TestCertificate(["localhost"])
        let sink = try await MailSink(["--tls", "--cert", certificate.certificate, "--key", certificate.key])
        let trusted = try await send("force_implicit_tls: true, tls_config: {ca_file: '\(certificate.authority)'}", to: sink)
        #expect(trusted.outcome == .delivered, "\(trusted.detail)")
        #expect(try await sink.mail().truth("tls") == true)
        let untrusted = try await send("force_implicit_tls: true", to: sink)
        #expect(untrusted.outcome == .retry(after: nil) && untrusted.detail.contains("certificate verify failed"), "\(untrusted.detail)")
        let misnamed = try await send(
            "force_implicit_tls: true, tls_config: {ca_file: '\(certificate.authority)', server_name: other.example}", to: sink)
        #expect(misnamed.outcome == .retry(after: nil), "\(misnamed.detail)")
    }

    @Test(arguments: ["PLAIN", "LOGIN", "CRAM-MD5"])
    func `a client proves who it is in the ways that the server offers`(mechanism: String) async throws {
        let certificate = try TestCertificate(["localhost"])
        let sink = try await MailSink([
            "--starttls", "--cert", certificate.certificate, "--key", certificate.key, "--auth", "user:correct-secret", "--mechanisms",
            mechanism,
        ])
        let tls = "tls_config: {ca_file: '\(certificate.authority)'}"
        let secret = mechanism == "CRAM-MD5" ? "auth_secret" : "auth_password"
        let right = try await send("\(tls), auth_username: user, \(secret): correct-secret", to: sink)
        #expect(right.outcome == .delivered, "\(right.detail)")
        #expect(try await sink.mail().text("mechanism") == mechanism)
        let wrong = try await send("\(tls), auth_username: user, \(secret): wrong-secret", to: sink)
        #expect(wrong.outcome == .retry(after: nil) && wrong.detail.hasPrefix("\(mechanism) auth: 535"), "\(wrong.detail)")
        let none = try await send("\(tls), auth_username: user", to: sink)
        #expect(none.outcome == .retry(after: nil) && none.detail.contains("for \(mechanism) auth mechanism"), "\(none.detail)")
        let nobody = try await send(tls, to: sink)
        #expect(nobody.outcome == .retry(after: nil) && nobody.detail.hasPrefix("send MAIL command: 530"), "\(nobody.detail)")
    }

    @Test func `a mail goes to several, and mails about one group are shown together`() async throws {
        let sink = try await MailSink()
        let configuration = try Samples.configuration(
            "email_configs: [{to: 'a@x.example, B <b@x.example>', from: 'P <p@x.example>', smarthost: 'localhost:\(sink.port)', require_tls: false, threading: {enabled: true, thread_by_date: none}}]"
        )
        let sender = try NotificationSender(configuration, externalURL: "http://perch.example")
        let attempt = await sender.send(
            Samples.notification(IntegrationID(receiver: "r", kind: "email", index: 0)), deadline: WallClock.milliseconds + 90_000)
        await sender.shutdown()
        #expect(attempt.outcome == .delivered, "\(attempt.detail)")
        let mail = try await sink.mail()
        #expect(mail.recipients == ["a@x.example", "b@x.example"] && mail.text("from") == "p@x.example")
        #expect(
            mail.headers["References"] == "<alert-\(Samples.groupHash.prefix(16))-@alertmanager>"
                && mail.headers["In-Reply-To"] == mail.headers["References"])
    }
}
