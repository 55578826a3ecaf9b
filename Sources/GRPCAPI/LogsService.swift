internal import GRPCCore
internal import Ingestion
internal import OTLPFormat

extension ExportService {
    /// `opentelemetry.proto.collector.logs.v1.LogsService`: takes log records.
    static func logs(messageBytesMax: Int, _ receive: @escaping OTLPGRPCServer.LogReceiver) -> ExportService {
        let method = MethodDescriptor(
            fullyQualifiedService: "opentelemetry.proto.collector.logs.v1.LogsService", method: "Export")
        return ExportService(method: method, messageBytesMax: messageBytesMax) { message, client in
            let outcome = await receive(message, client)
            switch outcome.status {
            case .accepted:
                return ExportLogsResponse(rejectedRecords: Int64(outcome.rejectedEntries), message: outcome.message).encoded(as: .protobuf)
            case .malformed: throw RPCError(code: .invalidArgument, message: outcome.message)
            // Without RetryInfo: the same message will be too large again.
            case .tooLarge: throw RPCError(code: .resourceExhausted, message: outcome.message)
            case .unavailable: throw comeAgain(outcome.message, afterSeconds: outcome.retryAfterSeconds)
            }
        }
    }
}
