internal import GRPCCore
internal import Ingestion
internal import OTLPFormat

/// `opentelemetry.proto.collector.trace.v1.TraceService`: takes spans over gRPC.
struct TraceService: RegistrableRPCService {
    static let export = MethodDescriptor(
        fullyQualifiedService: "opentelemetry.proto.collector.trace.v1.TraceService", method: "Export")

    let messageBytesMax: Int
    let receive: OTLPGRPCServer.Receiver

    func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
        router.registerHandler(
            forMethod: TraceService.export, deserializer: PlainBytes(), serializer: PlainBytes()
        ) { request, _ in
            var messages = request.messages.makeAsyncIterator()
            guard let message = try await messages.next() else { throw RPCError(code: .invalidArgument, message: "there is no request") }
            let answer = try await export(message)
            return StreamingServerResponse(of: [UInt8].self) { writer in
                try await writer.write(answer)
                return [:]
            }
        }
    }

    private func export(_ message: [UInt8]) async throws -> [UInt8] {
        if message.count > messageBytesMax {
            throw RPCError(code: .resourceExhausted, message: "the message has more than \(messageBytesMax) bytes")
        }
        let outcome = await receive(message)
        switch outcome.status {
        case .accepted:
            return ExportTraceResponse(rejectedSpans: Int64(outcome.rejectedSpans), message: outcome.message).encoded(as: .protobuf)
        case .malformed: throw RPCError(code: .invalidArgument, message: outcome.message)
        // Without RetryInfo: the same message will be too large again.
        case .tooLarge: throw RPCError(code: .resourceExhausted, message: outcome.message)
        case .unavailable, .tooManyRequests:
            let status = RPCStatus(.unavailable, outcome.message, retryAfterSeconds: outcome.retryAfterSeconds ?? 1)
            var metadata = Metadata()
            metadata.addBinary(status.encoded(as: .protobuf), forKey: "grpc-status-details-bin")
            throw RPCError(code: .unavailable, message: outcome.message, metadata: metadata)
        }
    }
}

/// Messages as the bytes that they are: what they say is read in place further on.
private struct PlainBytes: MessageSerializer, MessageDeserializer {
    func serialize<Bytes: GRPCContiguousBytes>(_ message: [UInt8]) throws -> Bytes { Bytes(message) }

    func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) throws -> [UInt8] { bytes.withUnsafeBytes { Array($0) } }
}
