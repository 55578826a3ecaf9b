internal import ByteCoding
internal import HTTPTypes
internal import Ingestion
internal import NIOCore
internal import OTLPFormat

/// `/v1/traces`: OTLP over HTTP in protobuf and JSON. Metrics and logs are not taken by this way yet, and senders are told so.
public struct OTLPReceiverAPI: HTTPEndpoints {
    private let receiver: SpanReceiver

    public init(_ receiver: SpanReceiver) { self.receiver = receiver }

    public func addRoutes(to routes: inout Routes) {
        routes.on("/v1/traces", .post) { await traces($0) }
        for signal in ["metrics", "logs"] {
            routes.on("/v1/\(signal)", .post) { call in
                let encoding = OTLPEncoding(contentType: call.headers[.contentType]) ?? .json
                return Self.failure(.notFound, RPCStatus(.notFound, "\(signal) are not taken over OTLP here; traces are"), encoding)
            }
        }
    }

    private func traces(_ call: APICall) async -> APIReply {
        guard let encoding = OTLPEncoding(contentType: call.headers[.contentType]) else {
            let sent = call.headers[.contentType].map { "the Content-Type \($0)" } ?? "a request without a Content-Type"
            let message = "\(sent) is not taken; send application/x-protobuf or application/json"
            return Self.failure(.unsupportedMediaType, RPCStatus(.invalidArgument, message), .json)
        }
        guard let coding = RequestCoding(header: call.headers[.contentEncoding]) else {
            let message = "the Content-Encoding \(call.headers[.contentEncoding] ?? "") is not taken; send \(RequestCoding.accepted)"
            var reply = Self.failure(.unsupportedMediaType, RPCStatus(.invalidArgument, message), encoding)
            reply.headers[.acceptEncoding] = RequestCoding.accepted
            return reply
        }
        let outcome: SpanAppendOutcome
        switch encoding {
        case .protobuf:
            outcome = await receiver.receive(call, as: .otlpHTTPProtobuf, coding: coding, bytesMax: receiver.limits.messageBytesMax)
        case .json:
            outcome = await receiver.receive(call, as: .otlpHTTPJSON, coding: coding, bytesMax: receiver.limits.messageBytesMax) {
                (text) throws(SpanConversionError) in
                do throws(JSONError) { return try OTLPJSON.transcode(text) } catch { throw SpanConversionError(error.description) }
            }
        }
        return Self.reply(outcome, encoding)
    }

    private static func reply(_ outcome: SpanAppendOutcome, _ encoding: OTLPEncoding) -> APIReply {
        switch outcome.status {
        case .accepted:
            let response = ExportTraceResponse(rejectedSpans: Int64(outcome.rejectedSpans), message: outcome.message)
            return bytes(response.encoded(as: encoding), .ok, encoding)
        case .malformed: return failure(.badRequest, RPCStatus(.invalidArgument, outcome.message), encoding)
        case .tooLarge: return failure(.contentTooLarge, RPCStatus(.resourceExhausted, outcome.message), encoding)
        case .unavailable, .tooManyRequests:
            let seconds = outcome.retryAfterSeconds ?? 1
            let status: HTTPResponse.Status = outcome.status == .unavailable ? .serviceUnavailable : .tooManyRequests
            var reply = failure(status, RPCStatus(.unavailable, outcome.message, retryAfterSeconds: seconds), encoding)
            reply.headers[.retryAfter] = String(seconds)
            return reply
        }
    }

    private static func failure(_ status: HTTPResponse.Status, _ body: RPCStatus, _ encoding: OTLPEncoding) -> APIReply {
        bytes(body.encoded(as: encoding), status, encoding)
    }

    private static func bytes(_ bytes: [UInt8], _ status: HTTPResponse.Status, _ encoding: OTLPEncoding) -> APIReply {
        APIReply(status: status, contentType: encoding.contentType, body: [ByteBuffer(bytes: bytes)])
    }
}
