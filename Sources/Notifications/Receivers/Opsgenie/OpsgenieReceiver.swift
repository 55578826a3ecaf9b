internal import ByteCoding
internal import NIOHTTP1
internal import OutboundHTTP
internal import TelemetryModel

/// Opsgenie: its alert API.
struct OpsgenieReceiver: HTTPReceiver {
    let settings: OpsgenieSettings

    private static let messageCharactersMax = 130

    var http: HTTPClientSettings { settings.http }

    func requests(_ delivery: Delivery) throws(DeliveryFailure) -> [ReceiverRequest] {
        let alias = delivery.groupHash
        var requests: [ReceiverRequest] = []
        if delivery.data.isFiring {
            let message = Truncation.characters(try delivery.text(settings.message), Self.messageCharactersMax)
            let description = try delivery.text(settings.description)
            requests.append(.post(settings.url.appending(path: "v2/alerts"), json: try created(delivery, alias, message, description)))
            if settings.updatesAlerts {
                requests.append(try update("message", message, alias))
                requests.append(try update("description", description, alias))
            }
        } else {
            let body = try JSONTextWriter.object { (writer) throws(DeliveryFailure) in
                writer.member("source", try delivery.text(settings.source))
            }
            requests.append(.post(address(alias, "close"), json: body))
        }
        let key = try delivery.text(try delivery.read(settings.key))
        delivery.hide(key)
        for index in requests.indices {
            requests[index].headers.append(("authorization", "GenieKey " + key))
            delivery.record(String(decoding: requests[index].body ?? [], as: UTF8.self))
        }
        return requests
    }

    private func address(_ alias: String, _ action: String) -> HTTPAddress {
        settings.url.appending(path: "v2/alerts/\(alias)/\(action)").adding(parameter: "identifierType", "alias")
    }

    private func update(_ name: String, _ text: String, _ alias: String) throws(DeliveryFailure) -> ReceiverRequest {
        let body = try JSONTextWriter.object { (writer) throws(DeliveryFailure) in writer.optional(name, text) }
        var request = ReceiverRequest.post(address(alias, name), json: body)
        request.method = .PUT
        return request
    }

    private func created(_ delivery: Delivery, _ alias: String, _ message: String, _ description: String) throws(DeliveryFailure) -> [UInt8]
    {
        try JSONTextWriter.object { (writer) throws(DeliveryFailure) in
            writer.member("alias", alias)
            writer.member("message", message)
            writer.optional("description", description)
            var details = delivery.data.commonLabels.map { ($0.name, $0.value) }
            for detail in settings.details {
                details.removeAll { $0.0 == detail.name }
                details.append((detail.name, try delivery.text(detail.template)))
            }
            details.sort { $0.0 < $1.0 }
            try writer.object("details") { (writer) throws(DeliveryFailure) in
                for detail in details { writer.member(detail.0, detail.1) }
            }
            writer.member("source", try delivery.text(settings.source))
            try responders(delivery, &writer)
            list("tags", try delivery.text(settings.tags), &writer)
            writer.optional("note", try delivery.text(settings.note))
            writer.optional("priority", try delivery.text(settings.priority))
            writer.optional("entity", try delivery.text(settings.entity))
            list("actions", try delivery.text(settings.actions), &writer)
        }
    }

    /// Parts of a text with commas between them; those that are empty are left out.
    private func list(_ name: String, _ text: String, _ writer: inout JSONTextWriter) {
        let parts = OpsgenieReceiver.parts(text)
        if parts.isEmpty { return }
        writer.name(name)
        writer.beginArray()
        for part in parts { writer.value(part) }
        writer.endArray()
    }

    private static func parts(_ text: String) -> [String] {
        let trimmed = text.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed()
        return String(trimmed).split(separator: ",").map(String.init)
    }

    private func responders(_ delivery: Delivery, _ writer: inout JSONTextWriter) throws(DeliveryFailure) {
        var responders: [OpsgenieSettings.Responder] = []
        for template in settings.responders {
            let responder = OpsgenieSettings.Responder(
                id: try delivery.text(template.id), name: try delivery.text(template.name),
                username: try delivery.text(template.username), type: try delivery.text(template.type))
            // Nobody is named where labels that name them are not there.
            if responder.id.isEmpty, responder.name.isEmpty, responder.username.isEmpty, responder.type.isEmpty { continue }
            if responder.type == "teams" {
                responders += OpsgenieReceiver.parts(responder.name).map { .init(id: "", name: $0, username: "", type: "team") }
            } else {
                responders.append(responder)
            }
        }
        if responders.isEmpty { return }
        writer.name("responders")
        writer.beginArray()
        for responder in responders {
            writer.beginObject()
            writer.optional("id", responder.id)
            writer.optional("name", responder.name)
            writer.optional("username", responder.username)
            writer.member("type", responder.type)
            writer.endObject()
        }
        writer.endArray()
    }

    func check(_ response: ReceiverResponse, now: Int64) throws(DeliveryFailure) {
        try RetryPolicy(retriedStatuses: [429]).check(response, now: now)
    }
}
