internal import ByteCoding
internal import HTTPTypes
internal import Ingestion
internal import JaegerFormat
internal import OTLPFormat

/// `POST /api/traces`: batches of Jaeger's clients in Thrift's binary encoding, as its collector takes them on port 14268. For a listener of
/// its own: Jaeger's query API has the same path.
public struct JaegerReceiverAPI: HTTPEndpoints {
    private let receiver: SpanReceiver

    public init(_ receiver: SpanReceiver) { self.receiver = receiver }

    public func addRoutes(to routes: inout Routes) {
        routes.on("/api/traces", .post) { await batch($0) }
    }

    private func batch(_ call: APICall) async -> APIReply {
        // What the parameter `format` says is the same in all clients, and not looked at by Jaeger itself any more.
        guard ["application/x-thrift", "application/vnd.apache.thrift.binary"].contains(call.mediaType) else {
            return APICall.unsupported("Content-Type", call.mediaType, taken: "application/x-thrift")
        }
        guard let coding = RequestCoding(header: call.headers[.contentEncoding]) else {
            return APICall.unsupported("Content-Encoding", call.headers[.contentEncoding] ?? "", taken: RequestCoding.accepted)
        }
        return await receiver.receive(call, as: .jaegerHTTP, coding: coding, bytesMax: receiver.limits.foreignBytesMax) {
            (bytes) throws(SpanConversionError) in
            var encoder = SpanStreamEncoder()
            do throws(ByteCodingError) {
                try JaegerBatch.read(bytes, .binary) { encoder.append($0, resource: $1, scope: $2) }
            } catch {
                throw SpanConversionError("no batch of jaeger.thrift in the binary encoding: \(error)")
            }
            return encoder.finish()
        }.foreignReply
    }
}
