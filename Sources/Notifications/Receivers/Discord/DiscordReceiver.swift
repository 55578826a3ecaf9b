internal import ByteCoding
internal import OutboundHTTP

/// Discord: webhooks of a channel.
struct DiscordReceiver: HTTPReceiver {
    let settings: DiscordSettings

    private static let titleCharactersMax = 256
    private static let descriptionCharactersMax = 4096
    private static let contentCharactersMax = 2000

    var http: HTTPClientSettings { settings.http }

    func requests(_ delivery: Delivery) throws(DeliveryFailure) -> [ReceiverRequest] {
        let body = try JSONTextWriter.object { (writer) throws(DeliveryFailure) in
            writer.member("content", Truncation.characters(try delivery.text(settings.content), Self.contentCharactersMax))
            writer.name("embeds")
            writer.beginArray()
            writer.beginObject()
            writer.member("title", Truncation.characters(try delivery.text(settings.title), Self.titleCharactersMax))
            writer.member("description", Truncation.characters(try delivery.text(settings.message), Self.descriptionCharactersMax))
            writer.name("color")
            writer.value(delivery.data.isFiring ? 0x992d22 : 0x2ecc71)
            writer.endObject()
            writer.endArray()
            writer.optional("username", settings.username)
            writer.optional("avatar_url", settings.avatarURL)
        }
        delivery.record(String(decoding: body, as: UTF8.self))
        return [.post(try delivery.address(settings.url, "webhook_url"), json: body)]
    }
}
