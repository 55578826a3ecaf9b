internal import ByteCoding
internal import HTTPTypes
internal import HummingbirdCore
internal import Ingestion
public import LogFormats
internal import NIOCore

/// `POST /ingest/json`: newline-delimited JSON. Which fields mean what is said by parameters, by headers or by the configuration; the names that
/// VictoriaLogs has for parameters and headers are taken as well.
public struct JSONLinesAPI: HTTPEndpoints {
    private let receiver: LogReceiver
    private let fields: JSONLineFields

    /// - Parameter fields: what counts where the sender says nothing.
    public init(_ receiver: LogReceiver, fields: JSONLineFields = JSONLineFields()) {
        self.receiver = receiver
        self.fields = fields
    }

    public func addRoutes(to routes: inout Routes) {
        routes.on("/ingest/json", .post) { await lines($0) }
    }

    private func lines(_ call: APICall) async -> APIReply {
        guard let coding = RequestCoding(header: call.headers[.contentEncoding]) else {
            return APICall.unsupported("Content-Encoding", call.headers[.contentEncoding] ?? "", taken: RequestCoding.accepted)
        }
        let fields = fields(of: call)
        let options = receiver.intake.options
        let mapping = fields.mapping(metadataFieldsMax: options.metadataFieldsMax, metadataBytesMax: options.metadataBytesMax)
        let (outcome, report) = await receiver.receive(call, as: .jsonLines, codecs: coding.codecs) { intake, body in
            var report = JSONLines.Report()
            let outcome = intake.deliver(liftsTraceIDs: true) { delivery in
                report = JSONLines.decode(body.bindMemory(to: UInt8.self), mapping, labels: fields.labels, into: &delivery)
            }
            return (outcome, report)
        }
        return Self.reply(outcome, report ?? JSONLines.Report())
    }

    /// The fields that a request names, and for others what counts by default.
    private func fields(of call: APICall) -> JSONLineFields {
        var parameters = FormParameters()
        if let query = call.request.uri.query { parameters.add(encoded: query.utf8) }
        func said(_ names: String..., header: String) -> [String]? {
            let text = names.lazy.compactMap { parameters[$0] }.first ?? HTTPField.Name(header).flatMap { call.headers[$0] }
            guard let text else { return nil }
            return text.split(separator: ",").map { $0.trimmingPrefix(while: \.isWhitespace) }.map(String.init).filter { !$0.isEmpty }
        }
        var fields = fields
        fields.time = said("time_field", "_time_field", header: "VL-Time-Field") ?? fields.time
        fields.message = said("message_field", "_msg_field", header: "VL-Msg-Field") ?? fields.message
        fields.level = said("level_field", "_level_field", header: "VL-Level-Field") ?? fields.level
        fields.stream = said("stream_fields", "_stream_fields", header: "VL-Stream-Fields") ?? fields.stream
        for pair in said("labels", "extra_fields", header: "VL-Extra-Fields") ?? [] {
            guard let equals = pair.firstIndex(of: "=") else { continue }
            fields.labels.append(.init(name: String(pair[..<equals]), value: String(pair[pair.index(after: equals)...])))
        }
        return fields
    }

    private static func reply(_ outcome: LogDeliveryOutcome, _ report: JSONLines.Report) -> APIReply {
        switch outcome.status {
        case .accepted: break
        case .malformed: return APIReply.text(outcome.message + "\n", status: .badRequest)
        case .tooLarge: return APIReply.text(outcome.message + "\n", status: .contentTooLarge)
        case .unavailable:
            var reply = APIReply.text(outcome.message + "\n", status: outcome.comeAgainStatus)
            reply.headers[.retryAfter] = String(outcome.retryAfterSeconds ?? 1)
            return reply
        }
        var writer = JSONTextWriter()
        writer.beginObject()
        writer.name("accepted")
        writer.value(outcome.acceptedEntries)
        writer.name("rejected")
        writer.value(outcome.rejectedEntries)
        if outcome.rejectedEntries > 0 {
            writer.name("message")
            writer.value(outcome.message)
            writer.name("errors")
            writer.beginArray()
            for fault in report.faults {
                writer.beginObject()
                writer.name("line")
                writer.value(fault.line)
                writer.name("reason")
                writer.value(fault.reason)
                writer.endObject()
            }
            writer.endArray()
        }
        writer.endObject()
        let nothingIsKept = outcome.acceptedEntries == 0 && outcome.rejectedEntries > 0
        let status: HTTPResponse.Status = nothingIsKept ? (outcome.isOverStreamLimit ? .tooManyRequests : .badRequest) : .ok
        return APIReply(status: status, contentType: "application/json", body: [ByteBuffer(bytes: writer.bytes)])
    }
}
