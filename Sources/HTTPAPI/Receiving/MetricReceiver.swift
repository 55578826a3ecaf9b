public import Ingestion
public import PerchMetrics

/// All receivers of metric points over HTTP and gRPC, remote write aside.
public final class MetricReceiver: Sendable {
    public typealias Limits = ReceiverLimits

    /// By which way points come, as the metrics name it.
    public enum Source: String, Sendable, CaseIterable {
        case otlpGRPC = "otlp_grpc"
        case otlpHTTPProtobuf = "otlp_http_protobuf"
        case otlpHTTPJSON = "otlp_http_json"
        case influx
        case pushgateway
    }

    /// Takes the messages of OpenTelemetry.
    let otlp: OTLPMetricIngestor
    private let limits: Limits
    private let messages: MessageReceiver<MetricDeliveryOutcome, Source>

    /// Starts the threads on which points are kept.
    ///
    /// - Parameter clients: what each client is held to; nil for nothing.
    public init(otlp: OTLPMetricIngestor, limits: Limits = Limits(), clients: ClientLimiter? = nil, metrics: MetricRegistry) {
        self.otlp = otlp
        self.limits = limits
        messages = MessageReceiver(
            limits, clients: clients, metrics,
            .init(
                prefix: "perch_metric_receiver", items: MetricDeliveryOutcome.items, unit: "points", faults: "wrong, too old or too much"))
    }

    /// Ends the threads once what was begun is kept.
    public func shutdown() async throws { try await messages.shutdown() }

    /// Takes an `ExportMetricsServiceRequest` that is in memory already.
    public func receive(otlp message: [UInt8], _ source: Source, from client: ClientIdentity) async -> MetricDeliveryOutcome {
        let otlp = otlp
        return await messages.receive(message, of: source, from: client) { message in message.withUnsafeBytes { otlp.append(otlp: $0) } }
    }

    /// Takes the body of a request.
    ///
    /// - Parameters:
    ///   - coding: how the body is compressed.
    ///   - work: takes the points of the decompressed body.
    func receive(
        _ call: APICall, as source: Source, coding: RequestCoding,
        _ work: @escaping @Sendable (UnsafeRawBufferPointer) -> MetricDeliveryOutcome
    ) async -> MetricDeliveryOutcome {
        await messages.receive(call, of: source, codecs: coding.codecs, bytesMax: limits.messageBytesMax) { (work($0), nil as Never?) }
            .outcome
    }
}
