internal import GRPCAPI
internal import HTTPAPI
internal import Ingestion
internal import JaegerFormat
internal import LogFormats
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import PerchMetrics
internal import ServiceLifecycle

/// Every receiver of spans, log entries and metric points, connected with where these go.
final class ReceivingSurface: Sendable {
    private let receiver: SpanReceiver
    private let logReceiver: LogReceiver
    private let metricReceiver: MetricReceiver
    private let samples: SampleIntake
    private let gateway: PushGateway
    private let options: ServeOptions
    private let settings: ReceiverSettings
    private let logger: Logger
    private let metrics: MetricRegistry

    init(
        options: ServeOptions, settings: ReceiverSettings, spans: any SpanAppending, logs: LogIntake, mapping: OTLPLogMapping,
        otlpMetrics: OTLPMetricIngestor, samples: SampleIntake, gateway: PushGateway, clients: ClientLimiter?, logger: Logger,
        metrics: MetricRegistry
    ) {
        self.samples = samples
        self.gateway = gateway
        receiver = SpanReceiver(spans: spans, clients: clients, metrics: metrics)
        logReceiver = LogReceiver(intake: logs, mapping: mapping, clients: clients, metrics: metrics)
        metricReceiver = MetricReceiver(otlp: otlpMetrics, clients: clients, metrics: metrics)
        self.options = options
        self.settings = settings
        self.logger = logger
        self.metrics = metrics
    }

    /// What the HTTP port takes.
    var mainEndpoints: [any HTTPEndpoints] {
        let logs: [(LogReceiverSettings.Endpoint, any HTTPEndpoints)] = [
            (.loki, LokiPushAPI(logReceiver)), (.json, JSONLinesAPI(logReceiver, fields: settings.logs.jsonFields)),
            (.elasticsearch, ElasticsearchAPI(logReceiver)), (.journalUpload, JournalUploadAPI(logReceiver)),
        ]
        return [otlp, zipkin, InfluxAPI(metricReceiver, samples: samples), PushGatewayAPI(metricReceiver, gateway: gateway)]
            + logs.filter { !settings.logs.off.contains($0.0) }.map(\.1)
    }

    private var otlp: OTLPReceiverAPI { OTLPReceiverAPI(receiver, logs: logReceiver, metrics: metricReceiver) }

    private var zipkin: ZipkinReceiverAPI { ZipkinReceiverAPI(receiver, now: SystemClock.nanoseconds) }

    /// What listens on ports of its own.
    var listeners: [ReceiverListener] {
        var listeners: [ReceiverListener] = []
        if let (address, isDefault) = chosen(options.otlpGRPC, settings.otlpGRPC, default: .defaultOTLPGRPC) {
            listeners.append(
                listener("otlp_grpc", address, "--otlp-grpc-listen", isDefault) { [receiver, logReceiver, metricReceiver] onListening in
                    let numeric = try SocketAddress.makeAddressResolvingHost(address.host, port: address.port)
                    let memory = OTLPGRPCServer.Memory(take: { receiver.take(bytes: $0) }, give: { receiver.give(bytes: $0) })
                    let server = OTLPGRPCServer(
                        .init(address: numeric.ipAddress ?? address.host, port: address.port), memory: memory
                    ) { message, client in
                        await receiver.receive(.otlpGRPC, otlp: message, from: client)
                    } logs: { message, client in
                        await logReceiver.receive(otlp: message, .otlpGRPC, from: client)
                    } metrics: { message, client in
                        await metricReceiver.receive(otlp: message, .otlpGRPC, from: client)
                    }
                    try await withGracefulShutdownHandler {
                        try await server.run(onListening: onListening)
                    } onGracefulShutdown: {
                        server.stop()
                    }
                })
        }
        if let (address, isDefault) = chosen(options.otlpHTTP, settings.otlpHTTP, default: .defaultOTLPHTTP) {
            listeners.append(http("otlp_http", address, "--otlp-http-listen", isDefault, otlp))
        }
        if let address = settings.jaegerHTTP.address {
            listeners.append(http("jaeger_http", address, "receivers.jaeger_http", false, JaegerReceiverAPI(receiver)))
        }
        if let address = settings.zipkin.address { listeners.append(http("zipkin", address, "receivers.zipkin", false, zipkin)) }
        for (name, listening, encoding) in [
            ("compact", settings.jaegerCompact, ThriftEncoding.compact), ("binary", settings.jaegerBinary, .binary),
        ] {
            guard let address = listening.address else { continue }
            let agent = JaegerAgent(encoding: encoding, receiver: receiver)
            listeners.append(
                listener("jaeger_agent_\(name)", address, "receivers.jaeger_agent.\(name)", false) { onListening in
                    try await agent.run(address, onListening: onListening)
                })
        }
        return listeners
    }

    /// Ends the threads once what was begun is kept.
    func shutdown() async throws {
        try await receiver.shutdown()
        try await logReceiver.shutdown()
        try await metricReceiver.shutdown()
    }

    /// Where a receiver that is on by default listens: as the command line says, or the file, or by default.
    private func chosen(
        _ option: ReceiverSettings.Listening, _ setting: ReceiverSettings.Listening, default address: ListenAddress
    ) -> (ListenAddress, isDefault: Bool)? {
        let said = option == .unsaid ? setting : option
        switch said {
        case .unsaid: return (address, true)
        case .off: return nil
        case .at(let address): return (address, false)
        }
    }

    private func listener(
        _ name: String, _ address: ListenAddress, _ option: String, _ isDefault: Bool, _ body: @escaping ReceiverListener.Body
    ) -> ReceiverListener {
        ReceiverListener(name: name, address: address, option: option, isDefault: isDefault, logger: logger, body: body)
    }

    private func http(
        _ name: String, _ address: ListenAddress, _ option: String, _ isDefault: Bool, _ endpoints: any HTTPEndpoints
    ) -> ReceiverListener {
        let server = HTTPServer([endpoints], metrics: metrics)
        var serverLogger = logger
        serverLogger.logLevel = max(logger.logLevel, .notice)  // its own line on listening says less than ours
        return listener(name, address, option, isDefault) { [serverLogger] onListening in
            let service = server.service(.init(host: address.host, port: address.port), logger: serverLogger) { onListening($0) }
            try await service.run()
        }
    }
}

extension ListenAddress {
    fileprivate static let defaultOTLPGRPC = ListenAddress(host: "127.0.0.1", port: 4317)
    fileprivate static let defaultOTLPHTTP = ListenAddress(host: "127.0.0.1", port: 4318)
}
