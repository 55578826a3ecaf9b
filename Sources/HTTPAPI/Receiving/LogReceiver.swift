internal import Compression
internal import HTTPTypes
public import Ingestion
public import LogFormats
public import PerchMetrics

/// All receivers of log entries over HTTP and gRPC.
public final class LogReceiver: Sendable {
    public typealias Limits = ReceiverLimits

    /// By which way entries come, as the metrics name it.
    public enum Source: String, Sendable, CaseIterable {
        case lokiJSON = "loki_json"
        case lokiProtobuf = "loki_protobuf"
        case otlpGRPC = "otlp_grpc"
        case otlpHTTPProtobuf = "otlp_http_protobuf"
        case otlpHTTPJSON = "otlp_http_json"
        case jsonLines = "json_lines"
        case elasticsearch
        case journal
    }

    /// What is done with a message that lies in memory: decoded and kept.
    typealias Work<Value> = @Sendable (LogIntake, UnsafeRawBufferPointer) -> (outcome: LogDeliveryOutcome, value: Value?)

    let intake: LogIntake
    /// What becomes of OTLP's attributes.
    let mapping: OTLPLogMapping
    let messages: MessageReceiver<LogDeliveryOutcome, Source>
    private let limits: Limits

    /// Starts the threads on which entries are kept.
    ///
    /// - Parameter clients: what each client is held to; nil for nothing.
    public init(
        intake: LogIntake, mapping: OTLPLogMapping = OTLPLogMapping(), limits: Limits = Limits(), clients: ClientLimiter? = nil,
        metrics: MetricRegistry
    ) {
        self.intake = intake
        self.mapping = mapping
        self.limits = limits
        messages = MessageReceiver(
            limits, clients: clients, metrics,
            .init(prefix: "perch_log_receiver", items: LogDeliveryOutcome.items, unit: "entries", faults: "wrong, too old or too much"))
    }

    /// Ends the threads once what was begun is kept.
    public func shutdown() async throws { try await messages.shutdown() }

    /// Takes an `ExportLogsServiceRequest` that is in memory already.
    public func receive(otlp message: [UInt8], _ source: Source, from client: ClientIdentity) async -> LogDeliveryOutcome {
        let (intake, mapping) = (intake, mapping)
        return await messages.receive(message, of: source, from: client) { message in
            message.withUnsafeBytes { intake.deliver(otlp: $0, mapping) }
        }
    }

    /// Takes the body of a request.
    ///
    /// - Parameters:
    ///   - codecs: what the body is decompressed by, the outermost first.
    ///   - work: takes the entries of the decompressed body.
    func receive<Value: Sendable>(
        _ call: APICall, as source: Source, codecs: [Codec], _ work: @escaping Work<Value>
    ) async -> (outcome: LogDeliveryOutcome, value: Value?) {
        let intake = intake
        return await messages.receive(call, of: source, codecs: codecs, bytesMax: limits.messageBytesMax) { work(intake, $0) }
    }
}

extension LogIntake {
    /// Takes an `ExportLogsServiceRequest`.
    func deliver(otlp message: UnsafeRawBufferPointer, _ mapping: OTLPLogMapping) -> LogDeliveryOutcome {
        // Records have their own fields for ids; a body that is JSON may have them as well.
        deliver(liftsTraceIDs: true) { (delivery) throws(LogFormatError) in
            try OTLPLogs.decode(message, mapping: mapping, into: &delivery)
        }
    }
}

extension LogDeliveryOutcome {
    /// What a sender is answered that may come again.
    var comeAgainStatus: HTTPResponse.Status { isOverRate ? .tooManyRequests : .serviceUnavailable }
}
