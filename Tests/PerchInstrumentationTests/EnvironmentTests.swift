import Logging
import PerchExport
import PerchLogging
import PerchMetrics
import PerchTracing
import Testing
import Tracing

@testable import PerchInstrumentation

@Suite struct EnvironmentTests {
    private func applied(
        _ environment: [String: String], _ change: (inout Telemetry.Configuration) -> Void = { _ in }
    ) -> (configuration: Telemetry.Configuration, warnings: [String]) {
        var configuration = Telemetry.Configuration(service: "code")
        configuration.detectors = []
        change(&configuration)
        var variables = EnvironmentVariables(environment)
        let result = variables.applied(to: configuration)
        return (result, variables.warnings)
    }

    @Test func `the environment wins over the program, and what is special over what is general`() {
        let (configuration, warnings) = applied([
            "OTEL_SERVICE_NAME": "env", "OTEL_RESOURCE_ATTRIBUTES": "service.name=other, deployment.environment.name=pro%20d ,a=b=c",
            "OTEL_PROPAGATORS": "b3, tracecontext", "OTEL_BSP_SCHEDULE_DELAY": "250", "OTEL_BSP_MAX_QUEUE_SIZE": "10",
            "OTEL_ATTRIBUTE_COUNT_LIMIT": "7", "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": "5", "OTEL_METRIC_EXPORT_INTERVAL": "1000",
            "OTEL_EXPORTER_OTLP_ENDPOINT": "https://collector:4318/base/", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://traces/here",
            "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20x", "OTEL_EXPORTER_OTLP_LOGS_HEADERS": "x-scope=logs",
            "OTEL_EXPORTER_OTLP_COMPRESSION": "none", "OTEL_LOGS_EXPORTER": "otlp,console", "OTEL_METRICS_EXPORTER": "none",
            "OTEL_TRACES_EXPORTER": "none", "LOG_LEVEL": "warn", "LOG_LEVELS": "shop.db=debug",
        ])
        #expect(configuration.resource["service.name"] == "env")
        #expect(configuration.resource["deployment.environment.name"] == "pro d")
        #expect(configuration.tracer.propagators == [.b3, .traceContext])
        #expect(configuration.spanInterval == .milliseconds(250))
        #expect(configuration.spanQueueMax == 10)
        #expect(configuration.tracer.limits.attributesMax == 5)
        #expect(configuration.tracer.limits.attributesPerEventMax == 7)
        #expect(configuration.endpoint.endpoints[.metrics] == "https://collector:4318/base/v1/metrics")
        #expect(configuration.endpoint.endpoints[.traces] == "http://traces/here")
        #expect(configuration.endpoint.headers.map(\.value) == ["Bearer x"])
        #expect(configuration.endpoint.signalHeaders[.logs]?.map(\.name) == ["x-scope"])
        #expect(!configuration.endpoint.compresses)
        #expect(configuration.logExporters == [.otlp, .console])
        #expect(configuration.metricExporters == [])
        #expect(!configuration.exportsSpans)
        #expect(configuration.levels.level(of: "x") == .warning)
        #expect(configuration.levels.level(of: "shop.db.pool") == .debug)
        // A value with an equals sign is no pair of W3C Baggage.
        #expect(configuration.resource["a"] == "b=c")
        #expect(warnings == [])
    }

    @Test(arguments: [
        ["OTEL_BSP_MAX_QUEUE_SIZE": "many"], ["OTEL_BSP_SCHEDULE_DELAY": "-1"], ["OTEL_TRACES_SAMPLER": "sometimes"],
        ["OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "7"], ["OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318"],
        ["OTEL_EXPORTER_OTLP_PROTOCOL": "http/xml"], ["OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"], ["OTEL_PROPAGATORS": "xray"],
        ["OTEL_LOGS_EXPORTER": "file"], ["OTEL_RESOURCE_ATTRIBUTES": "nonsense"], ["LOG_LEVEL": "loud"], ["LOG_LEVELS": "a=loud"],
        ["OTEL_SDK_DISABLED": "yes"], ["OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": "sometimes"],
        ["OTEL_EXPORTER_OTLP_COMPRESSION": "zip"], ["OTEL_METRICS_EXEMPLAR_FILTER": "x"],
        ["OTEL_EXPORTER_OTLP_CERTIFICATE": "/nowhere.pem"], ["OTEL_EXPORTER_OTLP_LOGS_PROTOCOL": "grpc"],
        ["OTEL_EXPORTER_OTLP_TRACES_TIMEOUT": "soon"], ["OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY": "/nowhere.pem"],
        ["OTEL_BSP_EXPORT_TIMEOUT": "-1"], ["OTEL_BLRP_EXPORT_TIMEOUT": "1s"], ["OTEL_METRIC_EXPORT_TIMEOUT": "1.5"],
        ["OTEL_METRIC_EXPORT_INTERVAL": "0"], ["OTEL_BSP_MAX_QUEUE_SIZE": "0"], ["OTEL_BLRP_MAX_EXPORT_BATCH_SIZE": "0"],
        ["OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "5000"], ["OTEL_BLRP_MAX_QUEUE_SIZE": "3000000000"],
        ["OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT": "-1"],
        ["OTEL_LOG_LEVEL": "loud"], ["OTEL_CONFIG_FILE": "/etc/otel.yaml"], ["OTEL_EXPORTER_OTLP_INSECURE": "1"],
        ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "collector:4317"], ["OTEL_TRACES_EXPORTER": "console"],
        ["OTEL_METRICS_EXEMPLAR_FILTER": "always_on"], ["OTEL_TRACES_SAMPLER": "jaeger_remote"],
        ["OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION": "linear"],
    ])
    func `a value that makes no sense is passed over with a warning`(environment: [String: String]) throws {
        var configuration = Telemetry.Configuration(service: "code")
        configuration.logWriter = NoLines()
        let telemetry = Telemetry(configuration, environment: environment)
        try #require(telemetry.warnings.count == 1, "\(telemetry.warnings)")
        let name = environment.count == 1 ? environment.keys.first ?? "" : "OTEL_TRACES_SAMPLER_ARG"
        let isFile = environment.values.contains("/nowhere.pem")
        #expect(telemetry.warnings[0].contains(name) || isFile, "\(telemetry.warnings)")
    }

    @Test func `how metrics are sent, and each signal in its own way`() {
        let (configuration, warnings) = applied([
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json", "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL": "http/protobuf",
            "OTEL_EXPORTER_OTLP_TIMEOUT": "1000", "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT": "250",
            "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION": "none",
            "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": "LowMemory",
            "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION": "base2_exponential_bucket_histogram",
        ])
        #expect(configuration.endpoint.encoding == .json)
        #expect(configuration.endpoint.signalEncodings == [.logs: .protobuf])
        #expect(configuration.endpoint.timeout == .seconds(1))
        #expect(configuration.endpoint.signalTimeouts == [.traces: .milliseconds(250)])
        #expect(configuration.endpoint.compresses)
        #expect(configuration.endpoint.signalCompresses == [.traces: false])
        #expect(configuration.metricTemporality == .lowMemory)
        #expect(configuration.metrics.timers == .histogram(.native()))
        #expect(warnings == [])
        let classic = applied(["OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION": "explicit_bucket_histogram"]) {
            $0.metrics.timers = .histogram(.native())
        }
        #expect(classic.configuration.metrics.timers == .histogram(.classic(bounds: Histogram.durationBounds)))
    }

    @Test func `how long exports may take, how many items wait, and what a log record may hold`() {
        let (configuration, warnings) = applied([
            "OTEL_BSP_EXPORT_TIMEOUT": "250", "OTEL_BLRP_EXPORT_TIMEOUT": "0", "OTEL_METRIC_EXPORT_TIMEOUT": "30000",
            "OTEL_EXPORTER_OTLP_TIMEOUT": "0", "OTEL_BLRP_SCHEDULE_DELAY": "0", "OTEL_BLRP_MAX_QUEUE_SIZE": "10",
            "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE": "10", "OTEL_ATTRIBUTE_COUNT_LIMIT": "7",
            "OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT": "100",
            "OTEL_LOG_LEVEL": "ERROR",
        ])
        #expect(configuration.spanTimeout == .milliseconds(250))
        // Zero is no limit.
        #expect(configuration.logTimeout.map { $0 > .seconds(86_400) } == true)
        #expect(configuration.endpoint.timeout > .seconds(86_400))
        #expect(configuration.metricTimeout == .seconds(30))
        #expect(configuration.logInterval == .zero)
        #expect(configuration.logQueueMax == 10 && configuration.logBatchSize == 10)
        #expect(configuration.logLimits.attributesMax == 7 && configuration.logLimits.attributeBytesMax == 100)
        #expect(configuration.attributeBytesMax == nil)
        #expect(configuration.levels.level(of: "shop") == .info && configuration.levels.level(of: "perch.telemetry") == .error)
        #expect(warnings == [])
    }

    @Test func `names of choices may have any case, and propagators count once`() {
        let (configuration, warnings) = applied([
            "OTEL_PROPAGATORS": "B3,TraceContext,b3", "OTEL_TRACES_SAMPLER": "Always_Off", "OTEL_EXPORTER_OTLP_PROTOCOL": "HTTP/JSON",
            "OTEL_EXPORTER_OTLP_COMPRESSION": "NONE", "OTEL_LOGS_EXPORTER": "OTLP", "OTEL_METRICS_EXEMPLAR_FILTER": "Always_Off",
            "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION": "BASE2_EXPONENTIAL_BUCKET_HISTOGRAM",
        ])
        #expect(configuration.tracer.propagators == [.b3, .traceContext])
        #expect(configuration.endpoint.encoding == .json && !configuration.endpoint.compresses)
        #expect(configuration.logExporters == [.otlp])
        #expect(!configuration.takesExemplars)
        #expect(configuration.metrics.timers == .histogram(.native()))
        #expect(warnings == [])
    }

    @Test(
        arguments: [
            (["PROTOCOL": "grpc"], [.traces, .metrics, .logs], "http://localhost:4317", "http://localhost:4317"),
            (["LOGS_PROTOCOL": "grpc"], [.logs], "http://localhost:4318/v1/traces", "http://localhost:4317"),
            (
                ["PROTOCOL": "grpc", "TRACES_PROTOCOL": "http/json"], [.metrics, .logs], "http://localhost:4318/v1/traces",
                "http://localhost:4317"
            ),
            (
                ["PROTOCOL": "grpc", "ENDPOINT": "collector:4317", "TRACES_INSECURE": "true", "TRACES_ENDPOINT": "traces:1"],
                [.traces, .metrics, .logs], "http://traces:1", "https://collector:4317/v1/logs"
            ),
            (
                ["ENDPOINT": "http://all:4318", "LOGS_PROTOCOL": "grpc", "LOGS_ENDPOINT": "logs:4317", "INSECURE": "true"],
                [.logs], "http://all:4318/v1/traces", "http://logs:4317"
            ),
        ] as [([String: String], Set<OTLPSignal>, String, String)])
    func `each signal goes by the protocol that it has, where that leads`(
        variables: [String: String], byGRPC: Set<OTLPSignal>, traces: String, logs: String
    ) {
        let environment = Dictionary(uniqueKeysWithValues: variables.map { ("OTEL_EXPORTER_OTLP_" + $0.key, $0.value) })
        let (configuration, warnings) = applied(environment) { configuration in
            configuration.customTransport = { _ in throw CancellationError() }
            configuration.customTransportSignals = []
        }
        #expect(configuration.customSignals == byGRPC)
        #expect(configuration.endpoint.endpoints[.traces] == traces)
        #expect(configuration.endpoint.endpoints[.logs] == logs)
        #expect(warnings == [])
    }

    @Test(
        arguments: [
            ("always_on", nil, 100...100), ("always_off", nil, 0...0), ("traceidratio", "0.5", 20...80),
            ("parentbased_traceidratio", "0", 0...0), ("rate_limiting", "5", 5...5),
        ] as [(String, String?, ClosedRange<Int>)])
    func `samplers are chosen by name`(name: String, argument: String?, expected: ClosedRange<Int>) {
        var environment = ["OTEL_TRACES_SAMPLER": name]
        environment["OTEL_TRACES_SAMPLER_ARG"] = argument
        let configuration = applied(environment).configuration
        let queue = SpanQueue()
        let tracer = PerchTracer(configuration.tracer, sink: queue)
        for _ in 0..<100 { tracer.startSpan("x").end() }
        #expect(expected.contains(queue.count), "\(queue.count)")
    }

    @Test func `a disabled service traces and exports nothing`() {
        var configuration = Telemetry.Configuration(service: "code")
        configuration.logWriter = NoLines()
        let telemetry = Telemetry(configuration, environment: ["OTEL_SDK_DISABLED": "true"])
        #expect(!telemetry.tracer.startSpan("x").isRecording)
    }

    @Test func `where the process runs is found out`() {
        let pod = [
            "KUBERNETES_SERVICE_HOST": "10.0.0.1", "HOSTNAME": "shop-7d9", "K8S_NODE_NAME": "node-1", "POD_NAMESPACE": "prod",
            "NODE_NAME": "x",
        ]
        var resource = TelemetryResource()
        for detector in ResourceDetector.all { resource.merge(detector.detect(pod)) }
        #expect(resource["k8s.pod.name"] == "shop-7d9")
        #expect(resource["k8s.node.name"] == "node-1")
        #expect(resource["k8s.namespace.name"] == "prod")
        #expect(resource["host.name"]?.isEmpty == false)
        #expect(resource["service.instance.id"]?.count == 36)
        #expect(resource.attributes["process.pid"] != nil)
        #expect(ResourceDetector.kubernetes.detect([:]).attributes.isEmpty)
        let id = String(repeating: "0123456789abcdef", count: 4)
        #expect(ResourceDetector.containerID("0::/\n") == nil)
        #expect(ResourceDetector.containerID("12:cpu:/docker/\(id)\n") == id)
        #expect(ResourceDetector.containerID("0::/system.slice/docker-\(id).scope") == id)
        #expect(ResourceDetector.containerID("1 2 0:1 /var/lib/docker/containers/\(id)/hostname /etc/hostname rw") == id)
    }
}

struct NoLines: LogLineWriter {
    func write(_ line: [UInt8]) {}
    func unixNanoseconds() -> Int64 { 0 }
}
