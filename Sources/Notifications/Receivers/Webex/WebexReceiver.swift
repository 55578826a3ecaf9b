internal import ByteCoding
internal import OutboundHTTP

/// Webex: its messages API.
struct WebexReceiver: HTTPReceiver {
    let settings: WebexSettings

    private static let messageBytesMax = 7439

    var http: HTTPClientSettings { settings.http }

    func requests(_ delivery: Delivery) throws(DeliveryFailure) -> [ReceiverRequest] {
        let body = try JSONTextWriter.object { (writer) throws(DeliveryFailure) in
            writer.member("markdown", Truncation.bytes(try delivery.text(settings.message), Self.messageBytesMax))
            writer.optional("roomId", try delivery.text(settings.roomID))
        }
        delivery.record(String(decoding: body, as: UTF8.self))
        return [.post(settings.url, json: body)]
    }
}
