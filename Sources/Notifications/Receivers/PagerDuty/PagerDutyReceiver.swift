internal import ByteCoding
internal import GoTemplate
internal import OutboundHTTP

/// PagerDuty: Events API v2, and v1 for service keys.
struct PagerDutyReceiver: HTTPReceiver {
    let settings: PagerDutySettings
    /// Of the Events API v1, which has no other.
    var firstVersionURL = "https://events.pagerduty.com/generic/2010-04-15/create_event.json"

    /// Larger events are refused.
    private static let eventBytesMax = 512_000
    private static let summaryCharactersMax = 1024

    var http: HTTPClientSettings { settings.http }

    /// What an event is made of, its texts expanded.
    private struct Event {
        var action: String
        var dedupKey: String
        var summary: String
        var client: String
        var clientURL: String
        var details: TemplateValue
    }

    func requests(_ delivery: Delivery) throws(DeliveryFailure) -> [ReceiverRequest] {
        let event = Event(
            action: delivery.data.isFiring ? "trigger" : "resolve", dedupKey: delivery.groupHash,
            summary: Truncation.characters(try delivery.text(settings.description), Self.summaryCharactersMax),
            client: try delivery.text(settings.client), clientURL: try delivery.text(settings.clientURL),
            details: try delivery.templates.value(.map(settings.details)))
        let (secret, name, address): (HTTPSecret, String, HTTPAddress)
        switch settings.key {
        case .service(let key): (secret, name, address) = (key, "service", try delivery.address(text: firstVersionURL, "url"))
        case .routing(let key): (secret, name, address) = (key, "routing", settings.url)
        }
        let key = try delivery.text(try delivery.read(secret))
        delivery.hide(key)
        if key.isEmpty { throw DeliveryFailure(.configuration, "\(name) key cannot be empty") }
        let body = try encode(event, key: key, delivery)
        let recorded = try encode(event, key: HTTPSecret.placeholder, delivery)
        delivery.record(String(decoding: recorded, as: UTF8.self))
        return [.post(address, json: body)]
    }

    /// The event, without details where it is too large with them.
    private func encode(_ event: Event, key: String, _ delivery: Delivery) throws(DeliveryFailure) -> [UInt8] {
        let body = try message(event, key: key, delivery)
        if body.count <= Self.eventBytesMax { return body }
        var event = event
        let note = "Custom details have been removed because the original event exceeds the maximum size of 512KB"
        event.details = .map(.strings([("error", note)]))
        return try message(event, key: key, delivery)
    }

    private func message(_ event: Event, key: String, _ delivery: Delivery) throws(DeliveryFailure) -> [UInt8] {
        if case .service = settings.key { return try firstVersion(event, key: key) }
        return try JSONTextWriter.object { (writer) throws(DeliveryFailure) in
            writer.member("routing_key", key)
            writer.member("dedup_key", event.dedupKey)
            writer.member("event_action", event.action)
            try writer.object("payload") { (writer) throws(DeliveryFailure) in
                writer.member("summary", event.summary)
                writer.member("source", try delivery.text(settings.source))
                writer.member("severity", try delivery.text(settings.severity))
                writer.optional("class", try delivery.text(settings.class))
                writer.optional("component", try delivery.text(settings.component))
                writer.optional("group", try delivery.text(settings.group))
                writer.name("custom_details")
                JSONText.write(event.details, into: &writer)
            }
            writer.optional("client", event.client)
            writer.optional("client_url", event.clientURL)
            try images(delivery, &writer)
            try links(delivery, &writer)
        }
    }

    private func firstVersion(_ event: Event, key: String) throws(DeliveryFailure) -> [UInt8] {
        try JSONTextWriter.object { (writer) throws(DeliveryFailure) in
            writer.member("service_key", key)
            writer.member("incident_key", event.dedupKey)
            writer.member("event_type", event.action)
            writer.member("description", event.summary)
            if event.action == "trigger" {
                writer.optional("client", event.client)
                writer.optional("client_url", event.clientURL)
            }
            writer.name("details")
            JSONText.write(event.details, into: &writer)
        }
    }

    private func images(_ delivery: Delivery, _ writer: inout JSONTextWriter) throws(DeliveryFailure) {
        var images: [(String, String, String)] = []
        for image in settings.images {
            let source = try delivery.text(image.source)
            if !source.isEmpty { images.append((source, try delivery.text(image.alternative), try delivery.text(image.link))) }
        }
        if images.isEmpty { return }
        writer.name("images")
        writer.beginArray()
        for image in images {
            writer.beginObject()
            writer.member("src", image.0)
            writer.member("alt", image.1)
            writer.member("href", image.2)
            writer.endObject()
        }
        writer.endArray()
    }

    private func links(_ delivery: Delivery, _ writer: inout JSONTextWriter) throws(DeliveryFailure) {
        var links: [(String, String)] = []
        for link in settings.links {
            let address = try delivery.text(link.address)
            if !address.isEmpty { links.append((address, try delivery.text(link.text))) }
        }
        if links.isEmpty { return }
        writer.name("links")
        writer.beginArray()
        for link in links {
            writer.beginObject()
            writer.member("href", link.0)
            writer.member("text", link.1)
            writer.endObject()
        }
        writer.endArray()
    }

    /// PagerDuty says 429 where there is too much of it, its first version 403; and why an event is no good.
    func check(_ response: ReceiverResponse, now: Int64) throws(DeliveryFailure) {
        let isFirstVersion = if case .service = settings.key { true } else { false }
        let policy = RetryPolicy(retriedStatuses: isFirstVersion ? [403] : [429]) { response in
            guard response.status == 400, let answer = JSONAnswer(response.body) else { return "" }
            return "\(answer.text("message") ?? ""): \(answer.texts("errors").joined(separator: ","))"
        }
        try policy.check(response, now: now)
    }
}
