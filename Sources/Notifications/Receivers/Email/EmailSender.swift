internal import Foundation
internal import NIOCore
internal import NIOPosix
internal import OutboundHTTP

/// Mails over SMTP, with TLS from the start or after STARTTLS.
struct EmailSender: IntegrationSender {
    let settings: EmailSettings

    /// What is read and written before the server is spoken to.
    private struct Preparation: Sendable {
        var message: MailMessage
        var tls: SMTPTLS?
        /// Nil where the file cannot be read.
        var password: Result<String, DeliveryFailure>
        var secret: Result<String, DeliveryFailure>
    }

    func send(_ delivery: Delivery) async throws(DeliveryFailure) -> String {
        let preparation: Preparation
        do {
            preparation = try await NIOThreadPool.singleton.runIfActive { try prepare(delivery) }
        } catch {
            throw ConnectionFailure.of(error)
        }
        let isImplicit = settings.usesImplicitTLS
        let connection = try await SMTPConnection.connect(
            settings.smarthost, tls: isImplicit ? preparation.tls : nil, deadline: delivery.deadline)
        defer { connection.close() }
        try expect(try await connection.reply(), [220], "greeting")
        var extensions = try await hello(connection)
        if settings.requiresTLS, !isImplicit {
            guard extensions["STARTTLS"] != nil, let tls = preparation.tls else {
                throw DeliveryFailure(
                    .other, "'require_tls' is true (default) but \"\(settings.smarthost)\" does not advertise the STARTTLS extension",
                    isRetried: true)
            }
            try expect(try await connection.command("STARTTLS"), [220], "send STARTTLS command")
            try await connection.startTLS(tls)
            extensions = try await hello(connection)
        }
        let isEncrypted = isImplicit || settings.requiresTLS
        try await authenticate(connection, extensions, preparation, isEncrypted: isEncrypted, delivery)
        let answer = try await transfer(preparation.message, connection, extensions)
        // The mail is accepted, whatever the server says to this.
        _ = try? await connection.command("QUIT")
        return answer
    }

    private func prepare(_ delivery: Delivery) throws(DeliveryFailure) -> Preparation {
        var random = SystemRandomNumberGenerator()
        let host = ProcessInfo.processInfo.hostName
        let message = try MailMessage(
            settings, delivery, host: host.isEmpty ? "localhost.localdomain" : host, now: WallClock.milliseconds, random: &random)
        delivery.record(message.readable)
        let needsTLS = settings.usesImplicitTLS || settings.requiresTLS
        let tls = needsTLS ? try SMTPTLS(settings.tls, host: settings.smarthost.host) : nil
        func read(_ secret: HTTPSecret?) -> Result<String, DeliveryFailure> {
            do throws(DeliveryFailure) {
                return .success(try secret.map { (secret) throws(DeliveryFailure) in try delivery.read(secret) } ?? "")
            } catch {
                return .failure(error)
            }
        }
        return Preparation(message: message, tls: tls, password: read(settings.password), secret: read(settings.secret))
    }

    // MARK: The conversation

    private func hello(_ connection: SMTPConnection) async throws(DeliveryFailure) -> SMTPExtensions {
        let name = settings.hello.isEmpty ? "localhost" : settings.hello
        let reply = try await connection.command("EHLO \(name)")
        if reply.code == 250 { return SMTPExtensions(reply) }
        try expect(try await connection.command("HELO \(name)"), [250], "send EHLO command")
        return SMTPExtensions()
    }

    private func transfer(
        _ message: MailMessage, _ connection: SMTPConnection, _ extensions: SMTPExtensions
    ) async throws(DeliveryFailure) -> String {
        let isWide = !([message.sender] + message.recipients).allSatisfy { $0.utf8.allSatisfy { $0 < 0x80 } }
        if isWide, extensions["SMTPUTF8"] == nil {
            throw DeliveryFailure(.configuration, "the server takes no addresses with letters beyond ASCII")
        }
        let options = (extensions["8BITMIME"] == nil ? "" : " BODY=8BITMIME") + (isWide ? " SMTPUTF8" : "")
        try expect(try await connection.command("MAIL FROM:<\(message.sender)>\(options)"), [250], "send MAIL command")
        for recipient in message.recipients {
            try expect(try await connection.command("RCPT TO:<\(recipient)>"), [250, 251], "send RCPT command")
        }
        try expect(try await connection.command("DATA"), [354], "send DATA command")
        try await connection.write(MailText.data(message.bytes))
        let reply = try await connection.reply()
        try expect(reply, [250], "delivery failure")
        return "the server answered \(reply.text)"
    }

    private func authenticate(
        _ connection: SMTPConnection, _ extensions: SMTPExtensions, _ preparation: Preparation, isEncrypted: Bool, _ delivery: Delivery
    ) async throws(DeliveryFailure) {
        guard extensions["AUTH"] != nil, !settings.username.isEmpty else { return }
        let authentication = try choose(extensions.mechanisms, preparation)
        if authentication.revealsPassword, !isEncrypted, !["localhost", "127.0.0.1", "::1"].contains(settings.smarthost.host) {
            throw DeliveryFailure(.authError, "\(authentication.mechanism) auth: unencrypted connection", isRetried: true)
        }
        var line = "AUTH \(authentication.mechanism)"
        if let initial = authentication.initialResponse {
            delivery.hide(initial)
            line += " " + initial
        }
        var reply = try await connection.command(line)
        var step = 0
        while reply.code == 334 {
            guard let response = authentication.response(to: reply.lines[0], step: step), step < 3 else {
                _ = try await connection.command("*")
                throw DeliveryFailure(.authError, "\(authentication.mechanism) auth: unexpected server challenge", isRetried: true)
            }
            delivery.hide(response)
            reply = try await connection.command(response)
            step += 1
        }
        try expect(reply, [235], "\(authentication.mechanism) auth")
    }

    /// The first of the server's mechanisms that there is a secret for.
    private func choose(_ mechanisms: [String], _ preparation: Preparation) throws(DeliveryFailure) -> SMTPAuthentication {
        var faults: [String] = []
        for mechanism in mechanisms {
            guard let secret = ["PLAIN": preparation.password, "LOGIN": preparation.password, "CRAM-MD5": preparation.secret][mechanism]
            else {
                faults.append("unknown auth mechanism: \(mechanism)")
                continue
            }
            switch secret {
            case .failure(let failure): faults.append(failure.description)
            case .success(""):
                faults.append("missing \(mechanism == "CRAM-MD5" ? "secret" : "password") for \(mechanism) auth mechanism")
            case .success(let secret):
                switch mechanism {
                case "PLAIN": return .plain(identity: settings.identity, username: settings.username, password: secret)
                case "LOGIN": return .login(username: settings.username, password: secret)
                default: return .cramMD5(username: settings.username, secret: secret)
                }
            }
        }
        throw DeliveryFailure(.authError, "find auth mechanism: \(faults.joined(separator: "; "))", isRetried: true)
    }

    /// Whatever a server refuses, another attempt follows, as in Alertmanager: the reasons of mail servers pass.
    private func expect(_ reply: SMTPReply, _ codes: [Int], _ what: String) throws(DeliveryFailure) {
        if codes.contains(reply.code) { return }
        let reason: DeliveryFailure.Reason =
            switch reply.code {
            case 450, 451, 452, 421: .rateLimited
            case 432, 454, 530, 534, 535, 538: .authError
            case 400..<500: .serverError
            default: .clientError
            }
        throw DeliveryFailure(reason, "\(what): \(reply.text)", isRetried: true)
    }
}
