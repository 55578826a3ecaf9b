internal import AlertModel
internal import ByteCoding
internal import GoTemplate
internal import OutboundHTTP

/// Webhooks: any service that takes Alertmanager's JSON, version 4.
struct WebhookReceiver: HTTPReceiver {
    let settings: WebhookSettings

    var http: HTTPClientSettings { settings.http }

    func requests(_ delivery: Delivery) throws(DeliveryFailure) -> [ReceiverRequest] {
        var delivery = delivery
        var omitted = 0
        let count = delivery.notification.alerts.count
        if settings.alertsMax > 0, count > settings.alertsMax {
            omitted = count - settings.alertsMax
            delivery = delivery.limited(toFirst: settings.alertsMax)
        }
        let body =
            try settings.payload.map { (payload) throws(DeliveryFailure) in JSONText.bytes(try delivery.templates.value(payload)) }
            ?? message(delivery, omitted: omitted)
        let url = try delivery.text(try delivery.read(settings.url))
        delivery.hide(url)
        if url.isEmpty { throw DeliveryFailure(.configuration, "webhook URL is empty after templating") }
        delivery.record(String(decoding: body, as: UTF8.self))
        return [.post(try delivery.address(text: url, "url"), json: body)]
    }

    private func message(_ delivery: Delivery, omitted: Int) -> [UInt8] {
        var writer = JSONTextWriter()
        writer.beginObject()
        for (name, value) in DataObject(data: delivery.data).json {
            writer.name(name)
            JSONText.write(value, into: &writer)
        }
        writer.member("version", "4")
        writer.member("groupKey", delivery.notification.groupKey)
        writer.name("truncatedAlerts")
        writer.value(omitted)
        writer.endObject()
        return writer.bytes
    }
}
