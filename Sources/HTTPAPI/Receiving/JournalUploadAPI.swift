internal import HTTPTypes
internal import HummingbirdCore
internal import Ingestion
internal import LogFormats
internal import NIOCore

/// `POST /journald/upload`: entries of systemd's journal, as `systemd-journal-upload --url=http://HOST:PORT/journald` sends them. An upload may be of
/// any length: its entries are kept while it goes on.
public struct JournalUploadAPI: HTTPEndpoints {
    private let receiver: LogReceiver
    /// Bytes that are worked through at once.
    private static let pieceBytes = 1 << 20

    public init(_ receiver: LogReceiver) { self.receiver = receiver }

    public func addRoutes(to routes: inout Routes) {
        routes.on("/journald/upload", .post) { await upload($0) }
    }

    private func upload(_ call: APICall) async -> APIReply {
        guard ["", "application/vnd.fdo.journal"].contains(call.mediaType) else {
            return APICall.unsupported("Content-Type", call.mediaType, taken: "application/vnd.fdo.journal")
        }
        guard let coding = RequestCoding(header: call.headers[.contentEncoding]) else {
            return APICall.unsupported("Content-Encoding", call.headers[.contentEncoding] ?? "", taken: RequestCoding.accepted)
        }
        if !coding.codecs.isEmpty {
            return Self.reply(
                await receiver.receive(call, as: .journal, codecs: coding.codecs) {
                    intake, body -> (outcome: LogDeliveryOutcome, value: Never?) in
                    var reader = JournalExportReader()
                    return (Self.work(&reader, body, isLast: true, intake), nil)
                }.outcome)
        }
        return Self.reply(await uploadPlain(call))
    }

    /// Works an upload through piece by piece; what became of all of it.
    private func uploadPlain(_ call: APICall) async -> LogDeliveryOutcome {
        var total = LogDeliveryOutcome(.accepted)
        var reader = JournalExportReader()
        let messages = receiver.messages
        let intake = receiver.intake
        var room = messages.room()
        var piece = ByteBuffer()
        func flush(isLast: Bool) async -> Bool {
            let (bytes, before) = (piece, reader)
            let (outcome, after) = await messages.run(.journal, bytes: bytes.readableBytes, room) {
                var reader = before
                let outcome = bytes.withUnsafeReadableBytes { Self.work(&reader, $0, isLast: isLast, intake) }
                return (outcome, reader)
            }
            total.status = outcome.status
            total.acceptedEntries += outcome.acceptedEntries
            total.rejectedEntries += outcome.rejectedEntries
            if !outcome.message.isEmpty { total.message = outcome.message }
            total.retryAfterSeconds = outcome.retryAfterSeconds
            guard outcome.status == .accepted, let after else { return false }
            reader = after
            piece = ByteBuffer()
            room = messages.room()
            return true
        }
        do {
            for try await var bytes in call.request.body {
                guard room.grow(by: bytes.readableBytes) else {
                    return messages.refuse(.noRoom, of: .journal, bytes: bytes.readableBytes)
                }
                piece.writeBuffer(&bytes)
                if piece.readableBytes >= Self.pieceBytes, await !flush(isLast: false) { return total }
            }
        } catch {
            return messages.refuse(.malformed("the body ends early: \(error)"), of: .journal, bytes: piece.readableBytes)
        }
        _ = await flush(isLast: true)
        return total
    }

    /// Takes the entries of a piece; where it is not of the format, those that stand before that place.
    private static func work(
        _ reader: inout JournalExportReader, _ body: UnsafeRawBufferPointer, isLast: Bool, _ intake: LogIntake
    ) -> LogDeliveryOutcome {
        var fault: LogFormatError?
        var outcome = intake.deliver(liftsTraceIDs: true) { delivery in
            do throws(LogFormatError) {
                try reader.read(body.bindMemory(to: UInt8.self), into: &delivery)
                if isLast { try reader.finish(into: &delivery) }
            } catch {
                fault = error
            }
        }
        if let fault, outcome.status == .accepted {
            outcome.status = .malformed
            outcome.message = "\(fault.message); \(outcome.acceptedEntries) entries before that were kept"
        }
        return outcome
    }

    /// Entries that were left out are counted and are no failure: the sender would stop there, and send them again for ever.
    private static func reply(_ outcome: LogDeliveryOutcome) -> APIReply {
        switch outcome.status {
        case .accepted:
            let text = outcome.rejectedEntries == 0 ? "OK.\n" : "OK, without \(outcome.rejectedEntries) entries: \(outcome.message)\n"
            return APIReply.text(text, status: .accepted)
        case .malformed: return APIReply.text(outcome.message + "\n", status: .badRequest)
        case .tooLarge: return APIReply.text(outcome.message + "\n", status: .contentTooLarge)
        case .unavailable:
            var reply = APIReply.text(outcome.message + "\n", status: outcome.comeAgainStatus)
            reply.headers[.retryAfter] = String(outcome.retryAfterSeconds ?? 1)
            return reply
        }
    }
}
