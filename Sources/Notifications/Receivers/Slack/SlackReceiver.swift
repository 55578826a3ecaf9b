internal import ByteCoding
internal import OutboundHTTP

/// Slack: incoming webhooks, and the API for apps.
struct SlackReceiver: HTTPReceiver {
    let settings: SlackSettings

    private static let titleCharactersMax = 1024

    var http: HTTPClientSettings {
        var http = settings.http
        if let token = settings.appToken { http.authorization = .credentials(type: "Bearer", token) }
        return http
    }

    func requests(_ delivery: Delivery) throws(DeliveryFailure) -> [ReceiverRequest] {
        let body = try JSONTextWriter.object { (writer) throws(DeliveryFailure) in
            writer.optional("channel", try delivery.text(settings.channel))
            writer.optional("username", try delivery.text(settings.username))
            writer.optional("icon_emoji", try delivery.text(settings.iconEmoji))
            writer.optional("icon_url", try delivery.text(settings.iconURL))
            if settings.linksNames {
                writer.name("link_names")
                writer.value(true)
            }
            writer.optional("text", try delivery.text(settings.messageText))
            writer.name("attachments")
            writer.beginArray()
            writer.beginObject()
            try attachment(delivery, &writer)
            writer.endObject()
            writer.endArray()
        }
        delivery.record(String(decoding: body, as: UTF8.self))
        return [.post(try delivery.address(settings.url, "api_url"), json: body)]
    }

    private func attachment(_ delivery: Delivery, _ writer: inout JSONTextWriter) throws(DeliveryFailure) {
        writer.optional("title", Truncation.characters(try delivery.text(settings.title), Self.titleCharactersMax))
        writer.optional("title_link", try delivery.text(settings.titleLink))
        writer.optional("pretext", try delivery.text(settings.pretext))
        writer.member("text", try delivery.text(settings.text))
        writer.member("fallback", try delivery.text(settings.fallback))
        writer.member("callback_id", try delivery.text(settings.callbackID))
        try fields(delivery, &writer)
        try actions(delivery, &writer)
        writer.optional("image_url", try delivery.text(settings.imageURL))
        writer.optional("thumb_url", try delivery.text(settings.thumbURL))
        writer.member("footer", try delivery.text(settings.footer))
        writer.optional("color", try delivery.text(settings.color))
        writer.name("mrkdwn_in")
        writer.beginArray()
        for name in settings.markdownIn.isEmpty ? ["fallback", "pretext", "text"] : settings.markdownIn { writer.value(name) }
        writer.endArray()
    }

    private func fields(_ delivery: Delivery, _ writer: inout JSONTextWriter) throws(DeliveryFailure) {
        if settings.fields.isEmpty { return }
        writer.name("fields")
        writer.beginArray()
        for field in settings.fields {
            writer.beginObject()
            writer.optional("title", try delivery.text(field.title))
            writer.optional("value", try delivery.text(field.value))
            writer.name("short")
            writer.value(field.isShort ?? settings.hasShortFields)
            writer.endObject()
        }
        writer.endArray()
    }

    private func actions(_ delivery: Delivery, _ writer: inout JSONTextWriter) throws(DeliveryFailure) {
        if settings.actions.isEmpty { return }
        writer.name("actions")
        writer.beginArray()
        for action in settings.actions {
            writer.beginObject()
            writer.optional("type", try delivery.text(action.type))
            writer.optional("text", try delivery.text(action.text))
            writer.optional("url", try delivery.text(action.url))
            writer.optional("style", try delivery.text(action.style))
            writer.optional("name", try delivery.text(action.name))
            writer.optional("value", try delivery.text(action.value))
            if let question = action.confirmation {
                try writer.object("confirm") { (writer) throws(DeliveryFailure) in
                    writer.optional("text", try delivery.text(question.text))
                    writer.optional("title", try delivery.text(question.title))
                    writer.optional("ok_text", try delivery.text(question.okText))
                    writer.optional("dismiss_text", try delivery.text(question.dismissText))
                }
            }
            writer.endObject()
        }
        writer.endArray()
    }

    /// Slack says in the body whether it took a message.
    func check(_ response: ReceiverResponse, now: Int64) throws(DeliveryFailure) {
        try RetryPolicy().check(response, now: now)
        guard response.isJSON else {
            if response.text == "ok" { return }
            throw DeliveryFailure(.clientError, "received an error response from Slack: \(Truncation.bytes(response.text, 512))")
        }
        guard let answer = JSONAnswer(response.body) else {
            throw DeliveryFailure(.clientError, "Slack's answer cannot be read", isRetried: true)
        }
        if answer.truth("ok") != true {
            throw DeliveryFailure(.clientError, "error response from Slack: \(Truncation.bytes(answer.text("error") ?? "", 512))")
        }
    }
}
