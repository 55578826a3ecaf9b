internal import ByteCoding
internal import OutboundHTTP

/// VictorOps, now Splunk On-Call: its REST integration.
struct VictorOpsReceiver: HTTPReceiver {
    let settings: VictorOpsSettings

    private static let messageCharactersMax = 20_480

    var http: HTTPClientSettings { settings.http }

    func requests(_ delivery: Delivery) throws(DeliveryFailure) -> [ReceiverRequest] {
        var type = try delivery.text(settings.messageType)
        if !delivery.data.isFiring {
            type = "RECOVERY"
        } else if !["INFO", "WARNING", "CRITICAL"].contains(type) {
            type = "CRITICAL"
        }
        var fields = [
            ("message_type", type), ("entity_id", delivery.groupHash),
            ("entity_display_name", try delivery.text(settings.entityDisplayName)),
            ("state_message", Truncation.characters(try delivery.text(settings.stateMessage), Self.messageCharactersMax)),
            ("monitoring_tool", try delivery.text(settings.monitoringTool)),
        ]
        for field in settings.customFields { fields.append((field.name, try delivery.text(field.template))) }
        let body = try JSONTextWriter.object { (writer) throws(DeliveryFailure) in
            for field in fields { writer.member(field.0, field.1) }
        }
        delivery.record(String(decoding: body, as: UTF8.self))
        let key = try delivery.read(settings.key)
        let routingKey = String(decoding: PercentForm.segment(try delivery.text(settings.routingKey)), as: UTF8.self)
        return [.post(settings.url.appending(path: "\(key)/\(routingKey)"), json: body)]
    }
}
