internal import ByteCoding
internal import OutboundHTTP

/// Telegram: the API for bots.
struct TelegramReceiver: HTTPReceiver {
    let settings: TelegramSettings

    private static let messageCharactersMax = 4096

    var http: HTTPClientSettings { settings.http }

    func requests(_ delivery: Delivery) throws(DeliveryFailure) -> [ReceiverRequest] {
        let text = try message(delivery)
        let chat = try settings.chat.text()
        guard let chat = Int64(chat) else { throw DeliveryFailure(.configuration, "chat_id_file holds no number") }
        let body = try JSONTextWriter.object { (writer) throws(DeliveryFailure) in
            writer.member("chat_id", String(chat))
            writer.member("text", text)
            writer.optional("parse_mode", settings.parseMode)
            writer.name("disable_web_page_preview")
            writer.value(true)
            if settings.isSilent {
                writer.name("disable_notification")
                writer.value(true)
            }
            if settings.threadID != 0 {
                writer.name("message_thread_id")
                writer.value(settings.threadID)
            }
        }
        delivery.record(String(decoding: body, as: UTF8.self))
        let token = try delivery.read(settings.token)
        return [.post(settings.url.appending(path: "bot\(token)/sendMessage"), json: body)]
    }

    /// Markup cannot be cut without breaking it.
    private func message(_ delivery: Delivery) throws(DeliveryFailure) -> String {
        guard settings.parseMode == "HTML" else {
            return Truncation.characters(try delivery.text(settings.message), Self.messageCharactersMax)
        }
        let text = try delivery.templates.html(settings.message)
        if text.unicodeScalars.count <= Self.messageCharactersMax { return text }
        return
            "A notification could not be shown: its message is longer than Telegram takes. Please look at the template that it is made with."
    }

    /// The API says when to come back in its body.
    func check(_ response: ReceiverResponse, now: Int64) throws(DeliveryFailure) {
        let answer = JSONAnswer(response.body)
        do throws(DeliveryFailure) {
            let description = answer?.text("description")
            try RetryPolicy { description ?? $0.text }.check(response, now: now)
        } catch {
            let seconds = answer?.object("parameters")?.number("retry_after").flatMap { Int64(exactly: $0.rounded(.up)) }
            let wait = seconds.map { min(max(0, $0), RetryAfter.millisecondsMax / 1000) * 1000 }
            // Alertmanager tries again whatever the answer was.
            throw DeliveryFailure(error.reason, error.description, isRetried: true, retryAfter: wait ?? error.retryAfter)
        }
        if answer?.truth("ok") == false {
            throw DeliveryFailure(.clientError, "Telegram: \(answer?.text("description") ?? "an error")", isRetried: true)
        }
    }
}
