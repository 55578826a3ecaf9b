internal import ByteCoding
internal import HTTPTypes
internal import Ingestion
internal import OTLPFormat
internal import ZipkinFormat

/// `POST /api/v2/spans`: what Zipkin's clients send, in JSON of version 2.
public struct ZipkinReceiverAPI: HTTPEndpoints {
    private let receiver: SpanReceiver
    private let now: @Sendable () -> UInt64

    /// - Parameter now: the present in nanoseconds since 1970.
    public init(_ receiver: SpanReceiver, now: @escaping @Sendable () -> UInt64) {
        self.receiver = receiver
        self.now = now
    }

    public func addRoutes(to routes: inout Routes) {
        routes.on("/api/v2/spans", .post) { await spans($0) }
    }

    private func spans(_ call: APICall) async -> APIReply {
        guard ["", "application/json"].contains(call.mediaType) else {
            return APICall.unsupported("Content-Type", call.mediaType, taken: "application/json")
        }
        guard let coding = RequestCoding(header: call.headers[.contentEncoding]) else {
            return APICall.unsupported("Content-Encoding", call.headers[.contentEncoding] ?? "", taken: RequestCoding.accepted)
        }
        let now = now
        return await receiver.receive(call, as: .zipkin, coding: coding, bytesMax: receiver.limits.foreignBytesMax) {
            (text) throws(SpanConversionError) in
            var encoder = SpanStreamEncoder()
            do throws(JSONError) {
                try ZipkinSpans.read(text, now: now()) { encoder.append($0, resource: $1, scope: $2) }
            } catch {
                throw SpanConversionError(error.description)
            }
            return encoder.finish()
        }.foreignReply
    }
}
