internal import Logging
internal import PerchExport
internal import PerchLogging
internal import PerchMetrics
internal import PerchTracing

extension EnvironmentVariables {
    /// A configuration with what the environment says of it: that wins over what the program says, so that a service can be set up
    /// differently without being built anew.
    mutating func applied(to configuration: Telemetry.Configuration) -> Telemetry.Configuration {
        var configuration = configuration
        for name in ["OTEL_CONFIG_FILE", "OTEL_EXPERIMENTAL_CONFIG_FILE"] where text(name) != nil {
            warn("\(name) is passed over, as there is no configuration by file; the other variables count")
        }
        applyResource(&configuration)
        applyTracing(&configuration)
        applyMetrics(&configuration)
        applyLogs(&configuration)
        applyExport(&configuration)
        if let isDisabled = flag("OTEL_SDK_DISABLED") { configuration.isDisabled = isDisabled }
        if configuration.isDisabled {
            configuration.tracer.sampler = .never
            configuration.tracer.tail = nil
        }
        return configuration
    }

    private mutating func applyResource(_ configuration: inout Telemetry.Configuration) {
        var resource = TelemetryResource()
        for detector in configuration.detectors { resource.merge(detector.detect(values)) }
        resource.merge(configuration.resource)
        for (name, value) in pairs("OTEL_RESOURCE_ATTRIBUTES") ?? [] { resource[name] = value }
        if let service = text("OTEL_SERVICE_NAME") { resource["service.name"] = service }
        configuration.resource = resource
    }

    private mutating func applyTracing(_ configuration: inout Telemetry.Configuration) {
        if let propagators = propagators() { configuration.tracer.propagators = propagators }
        if let sampler = sampler() { configuration.tracer.sampler = sampler }
        applyQueue(
            "OTEL_BSP_", delay: &configuration.spanInterval, timeout: &configuration.spanTimeout, queueMax: &configuration.spanQueueMax,
            batchSize: &configuration.spanBatchSize)
        let limit = count("OTEL_ATTRIBUTE_COUNT_LIMIT")
        if let limit = count("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT") ?? limit { configuration.tracer.limits.attributesMax = limit }
        if let limit = count("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT") ?? limit { configuration.tracer.limits.attributesPerEventMax = limit }
        if let limit = count("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT") ?? limit { configuration.tracer.limits.attributesPerLinkMax = limit }
        if let limit = count("OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT") ?? limit { configuration.logLimits.attributesMax = limit }
        if let limit = count("OTEL_SPAN_EVENT_COUNT_LIMIT") { configuration.tracer.limits.eventsMax = limit }
        if let limit = count("OTEL_SPAN_LINK_COUNT_LIMIT") { configuration.tracer.limits.linksMax = limit }
        let length = count("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT")
        if let length = count("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT") ?? length { configuration.attributeBytesMax = length }
        if let length = count("OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT") ?? length {
            configuration.logLimits.attributeBytesMax = length
        }
        if let exporters = exporters("OTEL_TRACES_EXPORTER", ["otlp"]) { configuration.exportsSpans = exporters.contains("otlp") }
    }

    /// The queue and the batches of spans or of log records.
    private mutating func applyQueue(
        _ prefix: String, delay: inout Duration, timeout: inout Duration?, queueMax: inout Int, batchSize: inout Int
    ) {
        if let value = milliseconds(prefix + "SCHEDULE_DELAY") { delay = value }
        if let value = self.timeout(prefix + "EXPORT_TIMEOUT") { timeout = value }
        if let size = count(prefix + "MAX_QUEUE_SIZE", min: 1) { queueMax = size }
        let name = prefix + "MAX_EXPORT_BATCH_SIZE"
        guard let size = count(name, min: 1) else { return }
        if size > queueMax { warn("\(name) is \(size), but the queue holds no more than \(queueMax), which is taken") }
        batchSize = min(size, queueMax)
    }

    private mutating func applyMetrics(_ configuration: inout Telemetry.Configuration) {
        if let exporters = exporters("OTEL_METRICS_EXPORTER", Telemetry.MetricExporter.allCases.map(\.rawValue)) {
            configuration.metricExporters = Set(exporters.compactMap { Telemetry.MetricExporter(rawValue: $0) })
        }
        if let interval = milliseconds("OTEL_METRIC_EXPORT_INTERVAL", min: 1) { configuration.metricInterval = interval }
        if let timeout = timeout("OTEL_METRIC_EXPORT_TIMEOUT") { configuration.metricTimeout = timeout }
        let filter = choice("OTEL_METRICS_EXEMPLAR_FILTER", "trace_based or always_off") { text -> Bool? in
            ["trace_based": true, "always_off": false][text]
        }
        if let filter { configuration.takesExemplars = filter }
        let aggregation = "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION"
        switch text(aggregation)?.lowercased() {
        case "base2_exponential_bucket_histogram":
            configuration.metrics.timers = .histogram(.native())
            configuration.metrics.recorders = .histogram(.native(classicBounds: Histogram.sizeBounds))
        case "explicit_bucket_histogram":
            configuration.metrics.timers = .histogram(.classic(bounds: Histogram.durationBounds))
            configuration.metrics.recorders = .histogram(.classic(bounds: Histogram.sizeBounds))
        case nil: break
        case let other?: warn("\(aggregation) is \(other), which is no aggregation; it is passed over")
        }
        let names = MetricTemporality.allCases.map(\.rawValue).joined(separator: ", ")
        let temporality = choice("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "one of \(names)") { MetricTemporality(rawValue: $0) }
        if let temporality { configuration.metricTemporality = temporality }
    }

    private mutating func applyLogs(_ configuration: inout Telemetry.Configuration) {
        if let exporters = exporters("OTEL_LOGS_EXPORTER", Telemetry.LogExporter.allCases.map(\.rawValue)) {
            configuration.logExporters = Set(exporters.compactMap { Telemetry.LogExporter(rawValue: $0) })
        }
        applyQueue(
            "OTEL_BLRP_", delay: &configuration.logInterval, timeout: &configuration.logTimeout, queueMax: &configuration.logQueueMax,
            batchSize: &configuration.logBatchSize)
        if let level = read("LOG_LEVEL", "a level of swift-log", EnvironmentVariables.level) { configuration.levels.standard = level }
        // What telemetry says of itself, not what the service says (OpenTelemetry, "General SDK Configuration").
        if let level = read("OTEL_LOG_LEVEL", "a level of swift-log", EnvironmentVariables.level) {
            configuration.levels.set(level, for: Telemetry.loggerLabel)
        }
        for (label, level) in pairs("LOG_LEVELS") ?? [] {
            if let level = EnvironmentVariables.level(level) {
                configuration.levels.set(level, for: label)
            } else {
                warn("LOG_LEVELS has \(level) for \(label), which is no level")
            }
        }
    }

    private static func level(_ text: String) -> Logger.Level? {
        switch text.lowercased() {
        case "warn": .warning
        case "fatal": .critical
        case let name: Logger.Level(rawValue: name)
        }
    }

    /// The exporters that a list names; `none` names none.
    private mutating func exporters(_ name: String, _ known: [String]) -> [String]? {
        list(name, "an exporter that there is (\(known.joined(separator: ", ")), none)") { text in
            let text = text.lowercased()
            return known.contains(text) || text == "none" ? text : nil
        }
    }

    private mutating func propagators() -> [Propagator]? {
        guard let text = text("OTEL_PROPAGATORS") else { return nil }
        if text.lowercased() == "none" { return [] }
        let known = Propagator.allCases.map(\.rawValue).joined(separator: ", ")
        var propagators: [Propagator] = []
        for propagator in list("OTEL_PROPAGATORS", "a propagator that there is (\(known))", { Propagator(rawValue: $0.lowercased()) }) ?? []
        where !propagators.contains(propagator) { propagators.append(propagator) }
        return propagators
    }

    private mutating func sampler() -> Sampler? {
        guard let name = text("OTEL_TRACES_SAMPLER")?.lowercased() else { return nil }
        let argument = "OTEL_TRACES_SAMPLER_ARG"
        switch name {
        case "always_on": return .always
        case "always_off": return .never
        case "parentbased_always_on": return .parentBased(.always)
        case "parentbased_always_off": return .parentBased(.never)
        case "traceidratio", "parentbased_traceidratio":
            let share = read(argument, "a number from 0 to 1") { Double($0).flatMap { $0 >= 0 && $0 <= 1 ? $0 : nil } } ?? 1
            return name == "traceidratio" ? .ratio(share) : .parentBased(.ratio(share))
        case "rate_limiting", "parentbased_rate_limiting":
            let rate = read(argument, "a number of traces a second") { Double($0).flatMap { $0 >= 0 && $0.isFinite ? $0 : nil } } ?? 10
            return name == "rate_limiting" ? .rateLimited(perSecond: rate) : .parentBased(.rateLimited(perSecond: rate))
        default:
            warn("OTEL_TRACES_SAMPLER is \(name), which is no sampler that there is; it is passed over")
            return nil
        }
    }
}
