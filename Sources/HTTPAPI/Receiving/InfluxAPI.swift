internal import HTTPTypes
internal import Hummingbird
public import Ingestion
internal import NIOCore

/// InfluxDB's line protocol: `/write` of version 1 and `/api/v2/write` of version 2, and what clients ask before they write.
public struct InfluxAPI: HTTPEndpoints {
    private let receiver: MetricReceiver
    private let samples: SampleIntake

    public init(_ receiver: MetricReceiver, samples: SampleIntake) {
        self.receiver = receiver
        self.samples = samples
    }

    public func addRoutes(to routes: inout Routes) {
        routes.on("/write", .post) { await write($0, isVersion2: false) }
        routes.on("/api/v2/write", .post) { await write($0, isVersion2: true) }
        routes.on("/ping", .get) { _ in
            var reply = APIReply(status: .noContent)
            if let name = HTTPField.Name("X-Influxdb-Version") { reply.headers[name] = "1.8.10" }
            return reply
        }
        // Clients of version 1 create their database first; there is nothing to be created.
        routes.on("/query", .get, .post) { _ in Self.json(#"{"results":[{"statement_id":0}]}"#, .ok) }
    }

    private func write(_ call: APICall, isVersion2: Bool) async -> APIReply {
        let parameters = call.request.uri.queryParameters
        let named = parameters["precision"].map { String($0) } ?? ""
        guard let precision = InfluxPrecision(parameter: named) else {
            return Self.failure("invalid precision \"\(named)\"; use ns, us, ms, s, m or h", isVersion2, .badRequest)
        }
        guard let coding = RequestCoding(header: call.headers[.contentEncoding]) else {
            return Self.failure("the Content-Encoding is not taken; send \(RequestCoding.accepted)", isVersion2, .unsupportedMediaType)
        }
        let database = (parameters["db"] ?? parameters["bucket"]).map { String($0) }
        let samples = samples
        let outcome = await receiver.receive(call, as: .influx, coding: coding) { body in
            samples.deliver(influx: body, precision: precision, database: database)
        }
        switch outcome.status {
        case .accepted:
            if outcome.rejectedPoints == 0 { return APIReply(status: .noContent) }
            let text = "partial write: \(outcome.message) dropped=\(outcome.rejectedPoints)"
            return Self.failure(text, isVersion2, .badRequest)
        case .malformed: return Self.failure(outcome.message, isVersion2, .badRequest)
        case .tooLarge: return Self.failure(outcome.message, isVersion2, .contentTooLarge)
        case .unavailable, .tooManyRequests:
            let status: HTTPResponse.Status = outcome.status == .unavailable ? .serviceUnavailable : .tooManyRequests
            var reply = Self.failure(outcome.message, isVersion2, status)
            reply.headers[.retryAfter] = String(outcome.retryAfterSeconds ?? 1)
            return reply
        }
    }

    private static func failure(_ message: String, _ isVersion2: Bool, _ status: HTTPResponse.Status) -> APIReply {
        var writer = JSONWriter()
        writer.beginObject()
        if isVersion2 {
            writer.member("code", status == .contentTooLarge ? "request too large" : status == .badRequest ? "invalid" : "unavailable")
            writer.member("message", message)
        } else {
            writer.member("error", message)
        }
        writer.endObject()
        return APIReply(status: status, contentType: "application/json", body: writer.finish())
    }

    private static func json(_ text: String, _ status: HTTPResponse.Status) -> APIReply {
        APIReply(status: status, contentType: "application/json", body: [ByteBuffer(string: text)])
    }
}
