internal import AlertModel
internal import Crypto
internal import NIOCore
internal import OutboundHTTP
internal import Synchronization

/// One attempt to send one notification: what senders need, and what they leave for the record.
final class Delivery: Sendable {
    let notification: Notification
    let templates: TemplateExpander
    /// When to give up.
    let deadline: NIODeadline
    private let notes: Notes

    /// What is left for the record.
    private final class Notes: Sendable {
        let state = Mutex((payload: "", secrets: SecretScrubber()))
    }

    init(_ notification: Notification, _ templates: TemplateExpander, deadline: NIODeadline) {
        self.notification = notification
        self.templates = templates
        self.deadline = deadline
        notes = Notes()
    }

    private init(_ whole: Delivery, toFirst count: Int) {
        var notification = whole.notification
        notification.alerts = Array(notification.alerts.prefix(count))
        self.notification = notification
        templates = whole.templates.with(notification)
        deadline = whole.deadline
        notes = whole.notes
    }

    /// The same with the first few alerts only; notes go where they went before.
    func limited(toFirst count: Int) -> Delivery { Delivery(self, toFirst: count) }

    var data: NotificationData { templates.data }

    /// SHA-256 of the group's key in hexadecimal digits: by it services know that notifications are about the same.
    var groupHash: String {
        SHA256.hash(data: Array(notification.groupKey.utf8)).map { byte in
            let digits = String(byte, radix: 16)
            return digits.utf8.count == 1 ? "0" + digits : digits
        }.joined()
    }

    func text(_ template: String) throws(DeliveryFailure) -> String { try templates.text(template) }

    /// The text of a secret; wherever it turns up in the record it is left out. Blocks while a file is read.
    func read(_ secret: HTTPSecret) throws(DeliveryFailure) -> String {
        let text = try secret.text()
        hide(text)
        return text
    }

    /// Leaves a text out of the record.
    func hide(_ secret: String) { notes.state.withLock { $0.secrets.add(secret) } }

    /// Notes what is sent, for the record. Of several requests all are kept.
    func record(_ payload: String) {
        notes.state.withLock { notes in
            if !notes.payload.isEmpty { notes.payload += "\n" }
            notes.payload += payload
        }
    }

    /// The most bytes of a payload that are kept.
    static let payloadBytesMax = 16_384
    private static let detailBytesMax = 1024

    /// What was sent, without secrets.
    var payload: String {
        notes.state.withLock { Truncation.bytes($0.secrets.clean($0.payload), Delivery.payloadBytesMax) }
    }

    /// A line for people, without secrets.
    func clean(_ detail: String) -> String {
        let line = notes.state.withLock { $0.secrets.clean(detail) }.split(whereSeparator: \.isNewline).joined(separator: " ")
        return Truncation.bytes(line, Delivery.detailBytesMax)
    }
}

extension HTTPSecret {
    /// The text. Blocks while a file is read.
    func text() throws(DeliveryFailure) -> String {
        do throws(OutboundFailure) {
            return try read()
        } catch {
            throw DeliveryFailure(.configuration, "the file \(self) cannot be read")
        }
    }
}
