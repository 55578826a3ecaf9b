internal import ByteCoding
internal import OutboundHTTP

/// Mattermost: incoming webhooks.
struct MattermostReceiver: HTTPReceiver {
    let settings: MattermostSettings

    private static let textCharactersMax = 16_383

    var http: HTTPClientSettings { settings.http }

    func requests(_ delivery: Delivery) throws(DeliveryFailure) -> [ReceiverRequest] {
        let body = try JSONTextWriter.object { (writer) throws(DeliveryFailure) in
            // With attachments of its own, a message has its text above them.
            if !settings.attachments.isEmpty {
                writer.optional("text", Truncation.characters(try delivery.text(settings.main.text), Self.textCharactersMax))
            }
            writer.optional("channel", try delivery.text(settings.channel))
            writer.optional("username", try delivery.text(settings.username))
            writer.optional("icon_url", try delivery.text(settings.iconURL))
            writer.optional("icon_emoji", try delivery.text(settings.iconEmoji))
            writer.name("attachments")
            writer.beginArray()
            for attachment in settings.attachments.isEmpty ? [settings.main] : settings.attachments {
                try write(attachment, delivery, &writer)
            }
            writer.endArray()
            writer.optional("type", try delivery.text(settings.type))
            if !settings.card.isEmpty {
                try writer.object("props") { (writer) throws(DeliveryFailure) in
                    writer.member("card", try delivery.text(settings.card))
                }
            }
            if let priority = settings.priority, !priority.priority.isEmpty { try write(priority, delivery, &writer) }
        }
        delivery.record(String(decoding: body, as: UTF8.self))
        return [.post(try delivery.address(settings.url, "webhook_url"), json: body)]
    }

    private func write(
        _ attachment: MattermostSettings.Attachment, _ delivery: Delivery, _ writer: inout JSONTextWriter
    ) throws(DeliveryFailure) {
        writer.beginObject()
        let texts = [
            ("fallback", attachment.fallback), ("color", attachment.color), ("pretext", attachment.pretext), ("text", attachment.text),
            ("author_name", attachment.authorName), ("author_link", attachment.authorLink), ("author_icon", attachment.authorIcon),
            ("title", attachment.title), ("title_link", attachment.titleLink), ("thumb_url", attachment.thumbURL),
            ("footer", attachment.footer), ("footer_icon", attachment.footerIcon), ("image_url", attachment.imageURL),
        ]
        for (name, template) in texts { writer.optional(name, try delivery.text(template)) }
        if !attachment.fields.isEmpty {
            writer.name("fields")
            writer.beginArray()
            for field in attachment.fields {
                writer.beginObject()
                writer.optional("title", try delivery.text(field.title))
                writer.optional("value", try delivery.text(field.value))
                if let isShort = field.isShort {
                    writer.name("short")
                    writer.value(isShort)
                }
                writer.endObject()
            }
            writer.endArray()
        }
        writer.endObject()
    }

    /// What does not go together is left out, as Mattermost would refuse it: only urgent and important messages ask for an acknowledgement, only
    /// urgent ones persist.
    private func write(
        _ priority: MattermostSettings.Priority, _ delivery: Delivery, _ writer: inout JSONTextWriter
    ) throws(DeliveryFailure) {
        var name = try delivery.text(priority.priority).lowercased()
        if !["urgent", "important", "standard"].contains(name) { name = "standard" }
        try writer.object("priority") { (writer) throws(DeliveryFailure) in
            writer.member("priority", name)
            if priority.asksForAcknowledgement, name != "standard" {
                writer.name("requested_ack")
                writer.value(true)
            }
            if priority.isPersistent, name == "urgent" {
                writer.name("persistent_notifications")
                writer.value(true)
            }
        }
    }
}
