internal import ByteCoding
internal import Compression
internal import HTTPTypes
internal import Ingestion
internal import NIOCore
internal import OTLPFormat

/// OTLP over HTTP in protobuf and JSON: `/v1/traces`, `/v1/logs` and `/v1/metrics`, `/otlp/v1/logs` as Loki has it, and
/// `/api/v1/otlp/v1/metrics` as Prometheus has it.
public struct OTLPReceiverAPI: HTTPEndpoints {
    private let receiver: SpanReceiver
    private let logs: LogReceiver
    private let metrics: MetricReceiver

    public init(_ receiver: SpanReceiver, logs: LogReceiver, metrics: MetricReceiver) {
        self.receiver = receiver
        self.logs = logs
        self.metrics = metrics
    }

    public func addRoutes(to routes: inout Routes) {
        routes.on("/v1/traces", .post) { await traces($0) }
        routes.on("/v1/logs", .post) { await logs($0, emptyStatus: .ok) }
        routes.on("/otlp/v1/logs", .post) { await logs($0, emptyStatus: .noContent) }
        routes.on("/v1/metrics", .post) { await metrics($0) }
        routes.on("/api/v1/otlp/v1/metrics", .post) { await metrics($0) }
    }

    private func traces(_ call: APICall) async -> APIReply {
        let encoding: OTLPEncoding
        let coding: RequestCoding
        switch Self.forms(of: call) {
        case .taken(let found, let foundCoding): (encoding, coding) = (found, foundCoding)
        case .refused(let reply): return reply
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
        switch outcome.status {
        case .accepted:
            let response = ExportTraceResponse(rejectedSpans: Int64(outcome.rejectedSpans), message: outcome.message)
            return Self.bytes(response.encoded(as: encoding), .ok, encoding)
        case .malformed: return Self.failure(.badRequest, RPCStatus(.invalidArgument, outcome.message), encoding)
        case .tooLarge: return Self.failure(.contentTooLarge, RPCStatus(.resourceExhausted, outcome.message), encoding)
        case .unavailable, .tooManyRequests:
            let status: HTTPResponse.Status = outcome.status == .unavailable ? .serviceUnavailable : .tooManyRequests
            return Self.comeAgain(status, outcome.message, outcome.retryAfterSeconds, encoding)
        }
    }

    /// - Parameter emptyStatus: of the answer where everything was taken and there is nothing to say.
    private func logs(_ call: APICall, emptyStatus: HTTPResponse.Status) async -> APIReply {
        let encoding: OTLPEncoding
        let coding: RequestCoding
        switch Self.forms(of: call) {
        case .taken(let found, let foundCoding): (encoding, coding) = (found, foundCoding)
        case .refused(let reply): return reply
        }
        let mapping = logs.mapping
        let source: LogReceiver.Source = encoding == .protobuf ? .otlpHTTPProtobuf : .otlpHTTPJSON
        let outcome = await logs.receive(call, as: source, codecs: coding.codecs) { intake, body -> (LogDeliveryOutcome, Never?) in
            guard encoding == .json, !body.isEmpty else { return (intake.deliver(otlp: body, mapping), nil) }
            do throws(JSONError) {
                return (try OTLPJSON.transcodeLogs(Array(body)).withUnsafeBytes { intake.deliver(otlp: $0, mapping) }, nil)
            } catch {
                return (LogDeliveryOutcome(.malformed, error.description), nil)
            }
        }.outcome
        switch outcome.status {
        case .accepted:
            if outcome.rejectedEntries == 0, emptyStatus == .noContent { return APIReply(status: .noContent) }
            let response = ExportLogsResponse(rejectedRecords: Int64(outcome.rejectedEntries), message: outcome.message)
            return Self.bytes(response.encoded(as: encoding), .ok, encoding)
        case .malformed: return Self.failure(.badRequest, RPCStatus(.invalidArgument, outcome.message), encoding)
        case .tooLarge: return Self.failure(.contentTooLarge, RPCStatus(.resourceExhausted, outcome.message), encoding)
        case .unavailable: return Self.comeAgain(outcome.comeAgainStatus, outcome.message, outcome.retryAfterSeconds, encoding)
        }
    }

    private func metrics(_ call: APICall) async -> APIReply {
        let encoding: OTLPEncoding
        let coding: RequestCoding
        switch Self.forms(of: call) {
        case .taken(let found, let foundCoding): (encoding, coding) = (found, foundCoding)
        case .refused(let reply): return reply
        }
        let ingestor = metrics.otlp
        let source: MetricReceiver.Source = encoding == .protobuf ? .otlpHTTPProtobuf : .otlpHTTPJSON
        let outcome = await metrics.receive(call, as: source, coding: coding) { body in
            guard encoding == .json, !body.isEmpty else { return ingestor.append(otlp: body) }
            do throws(JSONError) {
                return try OTLPJSON.transcodeMetrics(Array(body)).withUnsafeBytes { ingestor.append(otlp: $0) }
            } catch {
                return MetricDeliveryOutcome(.malformed, error.description)
            }
        }
        switch outcome.status {
        case .accepted:
            let response = ExportMetricsResponse(rejectedPoints: Int64(outcome.rejectedPoints), message: outcome.message)
            return Self.bytes(response.encoded(as: encoding), .ok, encoding)
        case .malformed: return Self.failure(.badRequest, RPCStatus(.invalidArgument, outcome.message), encoding)
        case .tooLarge: return Self.failure(.contentTooLarge, RPCStatus(.resourceExhausted, outcome.message), encoding)
        case .unavailable, .tooManyRequests:
            let status: HTTPResponse.Status = outcome.status == .unavailable ? .serviceUnavailable : .tooManyRequests
            return Self.comeAgain(status, outcome.message, outcome.retryAfterSeconds, encoding)
        }
    }

    // MARK: - Requests

    private enum Forms {
        case taken(OTLPEncoding, RequestCoding)
        case refused(APIReply)
    }

    /// How the body is encoded and compressed, as the headers say.
    private static func forms(of call: APICall) -> Forms {
        guard let encoding = OTLPEncoding(contentType: call.headers[.contentType]) else {
            let sent = call.headers[.contentType].map { "the Content-Type \($0)" } ?? "a request without a Content-Type"
            let message = "\(sent) is not taken; send application/x-protobuf or application/json"
            return .refused(failure(.unsupportedMediaType, RPCStatus(.invalidArgument, message), .json))
        }
        guard let coding = RequestCoding(header: call.headers[.contentEncoding]) else {
            let message = "the Content-Encoding \(call.headers[.contentEncoding] ?? "") is not taken; send \(RequestCoding.accepted)"
            var reply = failure(.unsupportedMediaType, RPCStatus(.invalidArgument, message), encoding)
            reply.headers[.acceptEncoding] = RequestCoding.accepted
            return .refused(reply)
        }
        return .taken(encoding, coding)
    }

    // MARK: - Answers

    private static func comeAgain(
        _ status: HTTPResponse.Status, _ message: String, _ retryAfterSeconds: Int?, _ encoding: OTLPEncoding
    ) -> APIReply {
        let seconds = retryAfterSeconds ?? 1
        var reply = failure(status, RPCStatus(.unavailable, message, retryAfterSeconds: seconds), encoding)
        reply.headers[.retryAfter] = String(seconds)
        return reply
    }

    private static func failure(_ status: HTTPResponse.Status, _ body: RPCStatus, _ encoding: OTLPEncoding) -> APIReply {
        bytes(body.encoded(as: encoding), status, encoding)
    }

    private static func bytes(_ bytes: [UInt8], _ status: HTTPResponse.Status, _ encoding: OTLPEncoding) -> APIReply {
        APIReply(status: status, contentType: encoding.contentType, body: [ByteBuffer(bytes: bytes)])
    }
}
