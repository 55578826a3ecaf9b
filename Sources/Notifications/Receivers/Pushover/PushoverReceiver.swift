internal import NIOHTTP1
internal import OutboundHTTP

/// Pushover: its message API.
struct PushoverReceiver: HTTPReceiver {
    let settings: PushoverSettings
    var url = "https://api.pushover.net/1/messages.json"

    private static let titleCharactersMax = 250
    private static let messageCharactersMax = 1024
    private static let addressCharactersMax = 512

    var http: HTTPClientSettings { settings.http }

    func requests(_ delivery: Delivery) throws(DeliveryFailure) -> [ReceiverRequest] {
        let token = try delivery.text(try delivery.read(settings.token))
        let user = try delivery.text(try delivery.read(settings.userKey))
        delivery.hide(token)
        delivery.hide(user)
        var fields: [(String, String)] = []
        fields.append(("title", Truncation.characters(try delivery.text(settings.title), Self.titleCharactersMax)))
        if settings.isHTML { fields.append(("html", "1")) }
        if settings.isMonospace { fields.append(("monospace", "1")) }
        fields.append(("message", try message(delivery)))
        fields.append(("url", Truncation.characters(try delivery.text(settings.url), Self.addressCharactersMax)))
        fields.append(("url_title", try delivery.text(settings.urlTitle)))
        fields.append(("priority", try delivery.text(settings.priority)))
        fields.append(("retry", String(settings.retry / 1000)))
        fields.append(("expire", String(settings.expire / 1000)))
        fields.append(("device", try delivery.text(settings.device)))
        fields.append(("sound", try delivery.text(settings.sound)))
        if settings.timeToLive >= 1000 { fields.append(("ttl", String(settings.timeToLive / 1000))) }
        delivery.record(fields.filter { !$0.1.isEmpty }.map { "\($0.0): \($0.1)" }.joined(separator: "\n"))
        // In the body, where proxies and logs do not show the keys.
        let body = Array(FormEncoding.fields([("token", token), ("user", user)] + fields).utf8)
        return [
            ReceiverRequest(
                method: .POST, address: try delivery.address(text: url, "url"),
                headers: [("content-type", "application/x-www-form-urlencoded")], body: body)
        ]
    }

    private func message(_ delivery: Delivery) throws(DeliveryFailure) -> String {
        let text = try settings.isHTML ? delivery.templates.html(settings.message) : delivery.text(settings.message)
        let cut = Truncation.characters(text, Self.messageCharactersMax)
        let trimmed = String(cut.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
        // Pushover refuses an empty message.
        return trimmed.isEmpty ? "(no details)" : trimmed
    }
}
