internal import Compression
internal import HTTPTypes
internal import Ingestion
internal import LogFormats

/// Loki's push API: `POST /loki/api/v1/push`, and `/api/prom/push` as its first version had it. The header `X-Scope-OrgID` is taken and says
/// nothing: all entries belong together.
public struct LokiPushAPI: HTTPEndpoints {
    private let receiver: LogReceiver

    public init(_ receiver: LogReceiver) { self.receiver = receiver }

    public func addRoutes(to routes: inout Routes) {
        for path in ["/loki/api/v1/push", "/api/prom/push"] { routes.on(path, .post) { await push($0) } }
    }

    private func push(_ call: APICall) async -> APIReply {
        let isJSON = call.mediaType == "application/json"
        let encoding = call.headers[.contentEncoding] ?? ""
        guard var codecs = LokiPushAPI.codecs(encoding) else {
            let outcome = receiver.messages.refuse(
                .malformed("Content-Encoding \"\(encoding)\" not supported"), of: isJSON ? .lokiJSON : .lokiProtobuf, bytes: 0)
            return LokiPushAPI.reply(outcome, LokiPush.Contents())
        }
        // Protobuf is always compressed by Snappy, whether or not the header says so, and JSON where it does.
        if !isJSON || encoding.lowercased() == "snappy" { codecs.append(.snappyBlock) }
        let (outcome, contents) = await receiver.receive(call, as: isJSON ? .lokiJSON : .lokiProtobuf, codecs: codecs) { intake, body in
            var contents = LokiPush.Contents()
            // Loki leaves ids that stand in lines where they are, and so its users expect.
            let outcome = intake.deliver(liftsTraceIDs: false) { (delivery) throws(LogFormatError) in
                if isJSON {
                    contents = try LokiPush.decodeJSON(body.bindMemory(to: UInt8.self), into: &delivery)
                } else {
                    contents = try LokiPush.decodeProtobuf(body, into: &delivery)
                }
            }
            return (outcome, contents)
        }
        return LokiPushAPI.reply(outcome, contents)
    }

    /// What a body is decompressed by besides Snappy; nil for an encoding that is not taken.
    private static func codecs(_ encoding: String) -> [Codec]? {
        switch encoding.filter({ $0 != " " }).lowercased() {
        case "", "identity", "snappy": []
        case "gzip", "x-gzip": [.gzip]
        // As Loki has it: without the header and the checksum that HTTP's deflate has.
        case "deflate": [.deflate]
        case "zstd": [.zstd()]
        default: nil
        }
    }

    private static func reply(_ outcome: LogDeliveryOutcome, _ contents: LokiPush.Contents?) -> APIReply {
        switch outcome.status {
        case .accepted:
            if contents?.streams == 0 { return text("error at least one valid stream is required for ingestion", .unprocessableContent) }
            if outcome.rejectedEntries == 0 { return APIReply(status: .noContent) }
            let total = outcome.acceptedEntries + outcome.rejectedEntries
            let message = "\(outcome.message); \(outcome.acceptedEntries) of \(total) entries were kept"
            if !outcome.isOverStreamLimit { return text(message, .badRequest) }
            var reply = text(message, .tooManyRequests)
            reply.headers[.retryAfter] = "60"
            return reply
        case .malformed: return text(outcome.message, .badRequest)
        case .tooLarge: return text(outcome.message, .contentTooLarge)
        case .unavailable:
            var reply = text(outcome.message, outcome.comeAgainStatus)
            reply.headers[.retryAfter] = String(outcome.retryAfterSeconds ?? 1)
            return reply
        }
    }

    private static func text(_ message: String, _ status: HTTPResponse.Status) -> APIReply { APIReply.text(message + "\n", status: status) }
}
