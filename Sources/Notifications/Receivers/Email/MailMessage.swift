internal import GoTemplate
internal import TelemetryModel

/// A mail about a notification, ready to be sent.
struct MailMessage: Sendable {
    /// Who it is from, for the server.
    var sender: String
    /// Whom it goes to.
    var recipients: [String]
    /// Headers and body.
    var bytes: [UInt8]
    /// Headers and text for people, as the record has them.
    var readable: String

    private static let addressHeaders: Set<String> = ["From", "To", "Cc", "Bcc", "Reply-To", "Sender"]

    /// - Parameters:
    ///   - host: the name of this machine, for the message's id.
    ///   - now: milliseconds since 1970.
    init(
        _ settings: EmailSettings, _ delivery: Delivery, host: String, now: Timestamp, random: inout some RandomNumberGenerator
    ) throws(DeliveryFailure) {
        let from = try delivery.text(settings.from)
        let to = try delivery.text(settings.to)
        let senders = try MailMessage.addresses(from, "from")
        guard senders.count == 1 else {
            throw DeliveryFailure(.configuration, "must be exactly one 'from' address (got: \(senders.count))")
        }
        sender = senders[0].address
        recipients = try MailMessage.addresses(to, "to").map(\.address)
        var headers = try MailMessage.headers(settings, delivery, from: from, to: to)
        if !headers.contains(where: { $0.0 == "Message-Id" }) {
            let number = UInt64.random(in: 0...UInt64.max, using: &random)
            headers.append(("Message-Id", "<\(now).\(number)@\(host)>"))
        }
        headers += MailMessage.threading(settings, delivery, now)
        headers.append(("Date", AlertObject.time(now).format("Mon, 02 Jan 2006 15:04:05 -0700")))
        let text = try delivery.text(settings.text)
        let html = try delivery.templates.html(settings.html)
        let boundary = (0..<30).map { _ in String(UInt8.random(in: 16...255, using: &random), radix: 16) }.joined()
        headers.append(("Content-Type", "multipart/alternative; boundary=\(boundary)"))
        headers.append(("MIME-Version", "1.0"))
        var bytes: [UInt8] = []
        for header in headers { bytes += "\(header.0): \(header.1)\r\n".utf8 }
        bytes += "\r\n".utf8
        // The form that is preferred comes last (RFC 2046, section 5.1.4).
        if !settings.text.isEmpty { bytes += MailMessage.part(text, "plain", boundary) }
        if !settings.html.isEmpty { bytes += MailMessage.part(html, "html", boundary) }
        bytes += "--\(boundary)--\r\n".utf8
        self.bytes = bytes
        let shown = try MailMessage.headers(settings, delivery, from: from, to: to, isEncoded: false)
        readable = shown.map { "\($0.0): \($0.1)\n" }.joined() + "\n" + (settings.text.isEmpty ? html : text)
    }

    private static func part(_ text: String, _ kind: String, _ boundary: String) -> [UInt8] {
        let head = "--\(boundary)\r\nContent-Transfer-Encoding: quoted-printable\r\nContent-Type: text/\(kind); charset=UTF-8\r\n\r\n"
        return Array(head.utf8) + MailText.quotedPrintable(text) + Array("\r\n".utf8)
    }

    /// The configured headers, and Subject, To and From where these are not among them.
    private static func headers(
        _ settings: EmailSettings, _ delivery: Delivery, from: String, to: String, isEncoded: Bool = true
    ) throws(DeliveryFailure) -> [(String, String)] {
        var texts: [(String, String)] = []
        for header in settings.headers { texts.append((header.name, try delivery.text(header.template))) }
        for (name, text) in [("From", from), ("To", to)] where !texts.contains(where: { $0.0 == name }) { texts.append((name, text)) }
        if !texts.contains(where: { $0.0 == "Subject" }) { texts.append(("Subject", try delivery.text(EmailSettings.defaultSubject))) }
        if !isEncoded { return texts }
        return texts.map { name, text in
            if addressHeaders.contains(name), let list = try? MailAddressParser.list(text) {
                return (name, list.map(\.header).joined(separator: ",\r\n "))
            }
            return (name, MailText.header(text))
        }
    }

    /// Mails about one group refer to a mail that there never was, so that mail programs show them together.
    private static func threading(_ settings: EmailSettings, _ delivery: Delivery, _ now: Timestamp) -> [(String, String)] {
        if settings.threading == .none { return [] }
        let date = settings.threading == .daily ? AlertObject.time(now).format("2006-01-02") : ""
        let root = "<alert-\(delivery.groupHash.prefix(16))-\(date)@alertmanager>"
        return [("References", root), ("In-Reply-To", root)]
    }

    private static func addresses(_ text: String, _ key: String) throws(DeliveryFailure) -> [MailAddress] {
        do throws(MailAddressFault) {
            return try MailAddressParser.list(text)
        } catch {
            throw DeliveryFailure(.configuration, "parse '\(key)' addresses: \(error.message)")
        }
    }
}
