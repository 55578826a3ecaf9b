public import Logging
public import PerchExport
public import PerchLogging
public import PerchMetrics
public import PerchTracing

extension Telemetry {
    /// Where log records go.
    public enum LogExporter: String, Sendable, Hashable, CaseIterable {
        /// Lines of JSON on standard output.
        case console
        case otlp
    }

    /// Where metrics go. A registry can always be asked for them.
    public enum MetricExporter: String, Sendable, Hashable, CaseIterable {
        /// Nowhere by itself: a scraper comes for them.
        case prometheus
        case otlp
    }

    /// How a service's telemetry is set up. Every part has a default that makes sense, and most can be set by the environment.
    public struct Configuration: Sendable {
        /// What is said of the process; `service.name` among it.
        public var resource: TelemetryResource
        /// What is found out about the process at the beginning.
        public var detectors: [ResourceDetector] = ResourceDetector.all

        public var tracer = PerchTracer.Configuration()
        /// Whether spans go to a receiver of OTLP.
        public var exportsSpans = true
        /// Where spans go in place of the queue from which they are exported.
        public var spanSink: (any SpanSink)?
        public var spanQueueMax = 2048
        public var spanBatchSize = 512
        public var spanInterval = Duration.seconds(5)
        /// How long sending a batch of spans may take with all repetitions; as `retry` says where it is nil.
        public var spanTimeout: Duration?
        public var attributeBytesMax: Int?

        public var metrics = MetricsConfiguration()
        public var metricLimits = MetricRegistry.Limits()
        public var metricExporters: Set<MetricExporter> = [.prometheus]
        public var metricInterval = Duration.seconds(60)
        /// How long sending the metrics may take with all repetitions; as `retry` says where it is nil.
        public var metricTimeout: Duration?
        /// What is sent of counters and histograms.
        public var metricTemporality = MetricTemporality.cumulative
        /// Whether counters name a span, and histograms one for each bucket.
        public var takesExemplars = true
        /// Whether answers in OpenMetrics tell when counting began, by series `…_created`.
        public var exposesCreated = false
        /// Whether there are metrics of the process and of Swift's runtime.
        public var exposesProcess = true

        public var levels = LogLevels()
        public var logExporters: Set<LogExporter> = [.console]
        /// Where lines go.
        public var logWriter: any LogLineWriter = BufferedLines()
        /// Where records go besides.
        public var logSinks: [any LogRecordSink] = []
        public var redaction: LogRedaction?
        /// Messages of this level and above tell the calls that led to them.
        public var stackLevel: Logger.Level?
        public var metadataProvider: Logger.MetadataProvider?
        public var logQueueMax = 2048
        public var logBatchSize = 512
        public var logInterval = Duration.seconds(1)
        /// How long sending a batch of log records may take with all repetitions; as `retry` says where it is nil.
        public var logTimeout: Duration?
        public var logLimits = LogRecordLimits()

        /// Where OTLP goes.
        public var endpoint = OTLPHTTPTransport.Configuration(endpoint: "http://localhost:4318")
        /// Makes the transport of what is not to go by HTTP; `PerchGRPC` has one. It is given the endpoints of these signals only, which are
        /// `http://localhost:4317` where nothing else is said.
        public var customTransport: (@Sendable (OTLPHTTPTransport.Configuration) throws -> any OTLPTransport)?
        /// What goes by the custom transport, unless the environment chooses a protocol.
        public var customTransportSignals = Set(OTLPSignal.allCases)
        public var retry = RetryPolicy()
        /// A directory where messages wait while the receiver is away; nil for none.
        public var spoolPath: String?
        public var spoolBytesMax = 64 << 20
        /// How long sending what is left may take at the end.
        public var flushTimeout = Duration.seconds(5)
        /// Nothing is traced or exported; logs go on.
        public var isDisabled = false

        public init(service: String) { resource = TelemetryResource(["service.name": .string(service)]) }
    }
}

extension Telemetry.Configuration {
    func pipeline(writer: (any LogLineWriter)?, sinks: [any LogRecordSink]) -> LogPipeline.Configuration {
        var pipeline = LogPipeline.Configuration(service: resource["service.name"], levels: levels, writer: writer)
        pipeline.sinks = sinks
        pipeline.redaction = redaction
        pipeline.currentSpan = CurrentSpan.identity
        pipeline.stackLevel = stackLevel
        return pipeline
    }

    /// The signals that go by the custom transport.
    var customSignals: Set<OTLPSignal> { customTransport == nil ? [] : customTransportSignals }

    /// The signals that are sent.
    private var sentSignals: Set<OTLPSignal> {
        if isDisabled { return [] }
        let choices: [(OTLPSignal, Bool)] = [
            (.traces, exportsSpans), (.logs, logExporters.contains(.otlp)), (.metrics, metricExporters.contains(.otlp)),
        ]
        return Set(choices.filter { $0.1 }.map { $0.0 })
    }

    /// The transport, if anything is to be sent.
    func makeTransport(_ variables: inout EnvironmentVariables) -> (any OTLPTransport)? {
        let sent = sentSignals
        if sent.isEmpty { return nil }
        let custom = sent.intersection(customSignals)
        do {
            guard let customTransport, !custom.isEmpty else { return try OTLPHTTPTransport(endpoint(of: sent)) }
            let special = try customTransport(endpoint(of: custom))
            if custom == sent { return special }
            let general = try OTLPHTTPTransport(endpoint(of: sent.subtracting(custom)))
            return TransportBySignal(special: special, specialSignals: custom, general: general)
        } catch {
            variables.warn("nothing is exported: \(error)")
            return nil
        }
    }

    /// The endpoint for these signals only, so that no connection is made for others.
    private func endpoint(of signals: Set<OTLPSignal>) -> OTLPHTTPTransport.Configuration {
        var endpoint = endpoint
        endpoint.endpoints = endpoint.endpoints.filter { signals.contains($0.key) }
        return endpoint
    }

    func exportSettings(_ variables: inout EnvironmentVariables) -> TelemetryExport.Configuration {
        var settings = TelemetryExport.Configuration()
        settings.resource = resource
        settings.retry = retry
        settings.timeouts[.traces] = spanTimeout
        settings.timeouts[.logs] = logTimeout
        settings.timeouts[.metrics] = metricTimeout
        settings.logLimits = logLimits
        settings.spanInterval = spanInterval
        settings.logInterval = logInterval
        settings.metricInterval = metricInterval
        settings.temporality = metricTemporality
        settings.attributeBytesMax = attributeBytesMax
        if let spoolPath {
            do throws(SpoolDirectory.SpoolError) {
                settings.spool = try SpoolDirectory(path: spoolPath, bytesMax: spoolBytesMax)
            } catch {
                variables.warn("nothing is kept on the disk: \(error)")
            }
        }
        return settings
    }
}
