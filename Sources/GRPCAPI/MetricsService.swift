internal import GRPCCore
internal import Ingestion
internal import OTLPFormat

extension ExportService {
    /// `opentelemetry.proto.collector.metrics.v1.MetricsService`: takes metric points.
    static func metrics(messageBytesMax: Int, _ receive: @escaping OTLPGRPCServer.MetricReceiver) -> ExportService {
        let method = MethodDescriptor(
            fullyQualifiedService: "opentelemetry.proto.collector.metrics.v1.MetricsService", method: "Export")
        return ExportService(method: method, messageBytesMax: messageBytesMax) { message, client in
            let outcome = await receive(message, client)
            switch outcome.status {
            case .accepted:
                return ExportMetricsResponse(rejectedPoints: Int64(outcome.rejectedPoints), message: outcome.message).encoded(as: .protobuf)
            case .malformed: throw RPCError(code: .invalidArgument, message: outcome.message)
            // Without RetryInfo: the same message will be too large again.
            case .tooLarge: throw RPCError(code: .resourceExhausted, message: outcome.message)
            case .unavailable, .tooManyRequests: throw comeAgain(outcome.message, afterSeconds: outcome.retryAfterSeconds)
            }
        }
    }
}
