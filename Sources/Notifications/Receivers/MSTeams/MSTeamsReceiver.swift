internal import ByteCoding
internal import OutboundHTTP

/// Microsoft Teams: adaptive cards for workflows, message cards for connectors.
struct MSTeamsReceiver: HTTPReceiver {
    let settings: MSTeamsSettings

    var http: HTTPClientSettings { settings.http }

    func requests(_ delivery: Delivery) throws(DeliveryFailure) -> [ReceiverRequest] {
        let title = try delivery.text(settings.title)
        let text = try delivery.text(settings.text)
        let body =
            switch settings.version {
            case .workflow: try adaptiveCard(title, text, isFiring: delivery.data.isFiring)
            case .connector: try messageCard(title, text, try delivery.text(settings.summary), isFiring: delivery.data.isFiring)
            }
        delivery.record(String(decoding: body, as: UTF8.self))
        return [.post(try delivery.address(settings.url, "webhook_url"), json: body)]
    }

    private func messageCard(_ title: String, _ text: String, _ summary: String, isFiring: Bool) throws(DeliveryFailure) -> [UInt8] {
        try JSONTextWriter.object { (writer) throws(DeliveryFailure) in
            writer.member("@context", "http://schema.org/extensions")
            writer.member("type", "MessageCard")
            writer.member("title", title)
            writer.member("summary", summary)
            writer.member("text", text)
            writer.member("themeColor", isFiring ? "8C1A1A" : "2DC72D")
        }
    }

    private func adaptiveCard(_ title: String, _ text: String, isFiring: Bool) throws(DeliveryFailure) -> [UInt8] {
        try JSONTextWriter.object { (writer) throws(DeliveryFailure) in
            writer.member("type", "message")
            writer.name("attachments")
            writer.beginArray()
            writer.beginObject()
            writer.member("contentType", "application/vnd.microsoft.card.adaptive")
            writer.name("contentUrl")
            writer.null()
            try writer.object("content") { (writer) throws(DeliveryFailure) in
                writer.member("$schema", "http://adaptivecards.io/schemas/adaptive-card.json")
                writer.member("type", "AdaptiveCard")
                writer.member("version", "1.2")
                writer.name("body")
                writer.beginArray()
                block(title, &writer) { writer in
                    writer.member("weight", "Bolder")
                    writer.member("size", "Medium")
                    writer.member("style", "heading")
                    writer.member("color", isFiring ? "Attention" : "Good")
                }
                block(text, &writer) { _ in }
                writer.endArray()
                try writer.object("msteams") { (writer) throws(DeliveryFailure) in writer.member("width", "full") }
            }
            writer.endObject()
            writer.endArray()
        }
    }

    private func block(_ text: String, _ writer: inout JSONTextWriter, _ style: (inout JSONTextWriter) -> Void) {
        writer.beginObject()
        writer.member("type", "TextBlock")
        writer.member("text", text)
        writer.name("wrap")
        writer.value(true)
        style(&writer)
        writer.endObject()
    }
}
