internal import AlertStorage
internal import ConfigFile
internal import Foundation
internal import HTTPAPI
internal import Ingestion
internal import LogStorage
internal import Logging
internal import MetricStorage
internal import NIOPosix
internal import PerchLogging
internal import PerchMetrics
internal import Scraping
internal import ServiceLifecycle
internal import ShardStorage
internal import TraceStorage
internal import UnixSignals

/// One running Perch: storage, scraping and the HTTP APIs, put together from the command line and the configuration file.
public enum Collector {
    /// How long a graceful stop may take before what is left is cut off.
    static let shutdownSeconds: Int64 = 10
    /// Places that memory is taken from. Threads wait for each other where there are fewer, and freed memory serves others less where there are more.
    private static let allocatorArenas: Int32 = 2
    /// Freed memory that each of them keeps: what an answer of a megabyte or two takes.
    private static let keptBytes: Int32 = 4 << 20
    /// What is larger is given back at once.
    private static let mappedBytes: Int32 = 4 << 20

    /// Runs until a signal ends it, and gives the exit status: 0 after a graceful stop, 1 where it could not run, 2 for a wrong
    /// configuration file.
    public static func serve(_ options: ServeOptions) async -> Int32 {
        ProcessCalls.limitAllocatorArenas(to: allocatorArenas)
        ProcessCalls.keepFreedMemory(bytes: keptBytes, mappedFrom: mappedBytes)
        let level = options.logLevel
        let logger = Logger(label: "perch") { JSONLogHandler(label: $0, level: level) }
        let metrics = MetricRegistry()
        let configuration: ConfigurationInForce
        do throws(ConfigError) {
            configuration = try ConfigurationInForce(
                file: options.configurationFile, features: options.features, logger: logger, metrics: metrics)
        } catch {
            for fault in error.all { logger.critical("wrong configuration", metadata: ["reason": .string(fault.description)]) }
            return 2
        }
        let storage: MetricStorage
        do throws(MetricStorageError) {
            storage = try openStorage(options, configuration.current, logger)
        } catch {
            logger.critical("the data directory cannot be opened", metadata: ["reason": .string(error.message)])
            return 1
        }
        let traces: TraceStorage
        do throws(TraceStorageError) {
            traces = try openTraces(options, configuration.current, logger)
        } catch {
            logger.critical("the traces of the data directory cannot be opened", metadata: ["reason": .string(error.message)])
            try? storage.close()
            return 1
        }
        let logs: LogStorage
        do throws(LogStorageError) {
            logs = try openLogs(options, configuration.current, logger)
        } catch {
            logger.critical("the logs of the data directory cannot be opened", metadata: ["reason": .string(error.message)])
            try? traces.close()
            try? storage.close()
            return 1
        }
        let alerts: AlertStorage
        do throws(AlertStorageError) {
            alerts = try openAlerts(options, configuration.current, logger)
        } catch {
            logger.critical("the alerts of the data directory cannot be opened", metadata: ["reason": .string(error.message)])
            try? logs.close()
            try? traces.close()
            try? storage.close()
            return 1
        }
        for name in options.missingFeatures {
            logger.warning("this feature has no effect in this version", metadata: ["feature": .string(name)])
        }
        for name in options.idleFeatures {
            logger.info("this feature needs no switch", metadata: ["feature": .string(name)])
        }
        let status = await run(options, configuration, storage, traces, logs, alerts, logger, metrics)
        guard close(storage, traces, logs, alerts, logger) else { return 1 }
        logger.info("stopped", metadata: ["status": .stringConvertible(status)])
        return status
    }

    /// Closes all storages, also where one of them does not close cleanly; false then.
    private static func close(
        _ storage: MetricStorage, _ traces: TraceStorage, _ logs: LogStorage, _ alerts: AlertStorage, _ logger: Logger
    ) -> Bool {
        var isClean = true
        let closings: [(name: String, close: () throws -> Void)] = [
            ("the storage of alerts", { try alerts.close() }), ("the storage of logs", { try logs.close() }),
            ("the storage of traces", { try traces.close() }),
            ("the storage", { try storage.close() }),
        ]
        for closing in closings {
            do {
                try closing.close()
            } catch {
                logger.error("\(closing.name) did not close cleanly", metadata: ["reason": .string(String(describing: error))])
                isClean = false
            }
        }
        return isClean
    }

    /// Bytes that metrics may take on the disk; nil for any number.
    private static func metricBytesMax(_ options: ServeOptions, _ configuration: CollectorConfiguration, _ logger: Logger) -> Int? {
        let retention = configuration.storage.metrics
        if let share = retention.diskShareMax {
            // The folder may be made a moment later.
            var folder = URL(filePath: options.dataDirectory).standardizedFileURL
            while folder.path != "/", !FileManager.default.fileExists(atPath: folder.path) { folder.deleteLastPathComponent() }
            let attributes = try? FileManager.default.attributesOfFileSystem(forPath: folder.path)
            if let size = (attributes?[.systemSize] as? NSNumber)?.doubleValue, size > 0 { return Int(size * share) }
            logger.warning("the size of the disk is not known, so that a retention by a share of it has no effect")
        }
        return retention.sizeMaxBytes.map { Int($0) }
    }

    private static func openStorage(
        _ options: ServeOptions, _ configuration: CollectorConfiguration, _ logger: Logger
    ) throws(MetricStorageError) -> MetricStorage {
        var storageOptions = MetricStorageOptions()
        storageOptions.retention = configuration.storage.metrics.ageMilliseconds
        storageOptions.retentionBytesMax = metricBytesMax(options, configuration, logger)
        storageOptions.retentionRules = configuration.storage.metrics.rules.map { RetentionRule($0.selector, keep: $0.keepMilliseconds) }
        storageOptions.rollups = configuration.storage.metricRollups.compactMap { rollup in
            RollupResolution(rawValue: rollup.lengthMilliseconds).map { RollupKeeping($0, keep: rollup.keepMilliseconds) }
        }
        switch configuration.storage.journalSync {
        case .always: storageOptions.journalSync = nil
        case .every(let milliseconds): storageOptions.journalSync = milliseconds
        }
        switch configuration.storage.scrub {
        case .off: storageOptions.scrub = .off
        case .weekly: storageOptions.scrub = .weekly
        case .bytesPerSecond(let bytes): storageOptions.scrub = .bytesPerSecond(bytes)
        }
        if let activeSeriesMax = configuration.limits.activeSeriesMax { storageOptions.activeSeriesMax = activeSeriesMax }
        if let bytes = configuration.limits.activeLabelBytesMax { storageOptions.activeLabelBytesMax = bytes }
        if let ahead = configuration.limits.timeAheadMaxMilliseconds { storageOptions.futureLimit = ahead }
        storageOptions.startsAtOnce = false
        storageOptions.preparesQueries = true
        let events = StorageEventLog(logger: logger)
        storageOptions.report = { events.write($0) }
        return try MetricStorage(directory: options.dataDirectory + "/metrics", options: storageOptions, clock: SystemClock.now)
    }

    private static func run(
        _ options: ServeOptions, _ configuration: ConfigurationInForce, _ storage: MetricStorage, _ traces: TraceStorage,
        _ logs: LogStorage, _ alerts: AlertStorage, _ logger: Logger, _ metrics: MetricRegistry
    ) async -> Int32 {
        ProcessMetrics.register(in: metrics)
        StorageMetrics.register(storage, in: metrics)
        TraceStorageMetrics.register(traces, in: metrics)
        LogStorageMetrics.register(logs, in: metrics)
        metrics.gauge(
            "perch_build_info", help: "Always 1; the label says what this is.", labels: ["version": PerchVersion.current]
        ).set(1)

        let blocking = NIOThreadPool(numberOfThreads: max(2, ProcessInfo.processInfo.activeProcessorCount))
        blocking.start()
        let alertingFile = AlertingFile(
            externalURL: options.externalURL ?? "http://\(ProcessInfo.processInfo.hostName):\(options.httpListen.port)", logger: logger,
            metrics: metrics)
        let alerting: AlertService
        do throws(ConfigError) {
            let setup = try alertingFile.load(alertmanagerFile(options, configuration.current))
            alerting = AlertService(setup, storage: alerts, blocking: blocking, logger: logger, metrics: metrics)
        } catch {
            for fault in error.all { logger.critical("wrong configuration", metadata: ["reason": .string(fault.description)]) }
            try? await blocking.shutdownGracefully()
            return 2
        }
        let lineLogs = QueryAndScrapeLogs(configuration.current, logger: logger)
        var scrapeEnvironment = ScrapeEnvironment(
            storage: storage, eventLoopGroup: MultiThreadedEventLoopGroup.singleton, threadPool: blocking, logger: logger,
            registry: metrics, userAgent: "Perch/" + PerchVersion.current)
        scrapeEnvironment.failureLog = { lineLogs.note($0) }
        let ownTraces = OwnTraces(logger: logger, now: SystemClock.nanoseconds)
        await ownTraces.apply(configuration.current.tracing)
        scrapeEnvironment.ended = { scrape in
            ownTraces.note(
                OwnWork(
                    name: "scrape", isRequest: true, duration: .seconds(scrape.seconds),
                    attributes: [("job", .text(scrape.job)), ("url.full", .text(scrape.url)), ("samples", .number(scrape.samples))],
                    error: scrape.failure))
        }
        let scraping = ScrapeService(
            scheduler: ScrapeScheduler(environment: scrapeEnvironment),
            logger: logger, metrics: metrics, writesExtraScrapeMetrics: options.extraScrapeMetrics,
            ingestsStartsAsZeros: options.startsAsZeros)
        let otlpMetrics = OTLPMetricIngestor(
            storage: storage, options: configuration.current.otlpMetricOptions(options), limits: configuration.current.ingestionLimits,
            now: SystemClock.now)
        let samples = SampleIntake(storage: storage, limits: configuration.current.ingestionLimits, now: SystemClock.now)
        let gateway: PushGateway
        do {
            gateway = try PushGateway(storage: storage, folder: options.dataDirectory + "/pushgateway", now: SystemClock.now) {
                file, reason in
                logger.error(
                    "a pushed group cannot be read and is left alone", metadata: ["file": .string(file), "reason": .string(reason)])
            }
        } catch {
            logger.critical("the pushed groups cannot be read", metadata: ["reason": .string(String(describing: error))])
            try? await blocking.shutdownGracefully()
            return 1
        }
        let startup = Startup { storage.interruptStart() }
        let rules = makeRuleService(
            options, configuration, RuleStorages(metrics: storage, traces: traces, logs: logs, alerts: alerts), alerting, lineLogs.queries,
            ownTraces,
            blocking, logger, metrics
        ) { try await startup.waitUntilDone() }
        let remotes: RemoteWriteService
        do {
            remotes = try makeRemoteWriteService(options, configuration.current, storage, blocking, ownTraces, logger, metrics) {
                try await startup.waitUntilDone()
            }
        } catch {
            logger.critical("what is to be sent on cannot be read", metadata: ["reason": .string(String(describing: error))])
            try? await blocking.shutdownGracefully()
            return 1
        }
        let reload: @Sendable () async throws -> Void = {
            try await startup.waitUntilDone()
            let current = try configuration.reload()
            await remotes.apply(current)
            try await blocking.runIfActive { lineLogs.apply(current) }
            await ownTraces.apply(current.tracing)
            otlpMetrics.use(current.otlpMetricOptions(options))
            await rules.apply(current, configuration.currentWithRules.ruleGroups)
            try scraping.apply(current)
            do throws(ConfigError) { alerting.apply(try alertingFile.load(alertmanagerFile(options, current))) } catch {
                logger.error(
                    "Alertmanager configuration not reloaded, the one in force stays", metadata: ["reason": .string(error.description)])
                throw error
            }
        }
        let stages: SpanStages
        do {
            let current = configuration.current
            stages = try SpanStages(
                current.traces, dataDirectory: options.dataDirectory, journalSync: current.storage.journalSync,
                spans: TraceIngestor(storage: traces), metrics: storage, blocking: blocking, logger: logger, registry: metrics
            ) { try await startup.waitUntilDone() }
        } catch {
            logger.critical("what sampling holds cannot be opened", metadata: ["reason": .string(String(describing: error))])
            try? await blocking.shutdownGracefully()
            return 1
        }
        let intake = LogIntake(storage: LogIngestor(storage: logs), options: configuration.current.logIntakeOptions) {
            Int64(clamping: SystemClock.nanoseconds())
        }
        LogStorageMetrics.register(intake, in: metrics)
        let clients = IngestionMetrics.clientLimiter(configuration.current.limits.clients, in: metrics, logger: logger)
        let receiving = ReceivingSurface(
            options: options, settings: configuration.current.receivers, spans: stages.entrance, logs: intake,
            mapping: configuration.current.otlpLogMapping, otlpMetrics: otlpMetrics, samples: samples, gateway: gateway, clients: clients,
            logger: logger, metrics: metrics)
        let lines = MetricAgentSurface(
            settings: configuration.current.receivers.metricAgents, samples: samples, gateway: gateway, clients: clients, logger: logger,
            metrics: metrics)
        let agents: AgentSurface
        do {
            agents = try AgentSurface(
                settings: configuration.current.receivers.agents, logs: intake, clients: clients, dataDirectory: options.dataDirectory,
                logger: logger,
                metrics: metrics)
        } catch {
            logger.critical("how far files were read cannot be read", metadata: ["reason": .string(String(describing: error))])
            try? await blocking.shutdownGracefully()
            return 1
        }
        let deletions: LogDeletions
        do {
            deletions = try LogDeletions(
                file: options.dataDirectory + "/logs/deletions.json",
                cancelPeriodMilliseconds: configuration.current.limits.logs.deletionCancelMilliseconds, blocking: blocking, logger: logger,
                now: SystemClock.now
            ) {
                try HTTPSurface.delete($0, from: logs)
            } started: {
                try await startup.waitUntilDone()
            }
        } catch {
            logger.critical("the list of deletions cannot be read", metadata: ["reason": .string(String(describing: error))])
            try? await blocking.shutdownGracefully()
            return 1
        }
        let surface = HTTPSurface(
            options: options, configuration: configuration, storage: storage, traces: traces, logs: logs, deletions: deletions,
            scraping: scraping, rules: rules, stages: stages, receiving: receiving, otlpMetrics: otlpMetrics, samples: samples,
            alerting: alerting, remotes: remotes, queryLog: lineLogs.queries, ownTraces: ownTraces, clients: clients,
            reload: reload,
            blocking: blocking,
            logger: logger, metrics: metrics)

        // The server listens meanwhile, and says that it is starting.
        startup.begin(on: blocking, logger: logger) {
            try storage.start()
            try stages.handOnLeftovers()
        } prepare: {
            surface.rehearse()
        } ready: {
            try scraping.apply(configuration.current)
            surface.becomeReady()
        }
        var status: Int32 = 0
        do {
            let address = options.httpListen
            let host = address.host.contains(":") ? "[\(address.host)]" : address.host
            var serverLogger = logger
            serverLogger.logLevel = max(logger.logLevel, .notice)  // its own line on listening says less than ours
            let server = surface.server.service(.init(host: address.host, port: address.port), logger: serverLogger) { port in
                logger.info("listening", metadata: ["address": .string("\(host):\(port)"), "version": .string(PerchVersion.current)])
            }
            // What fails is logged where it is found: there is nobody to answer a signal to.
            let reloads = ReloadSignals { try? await reload() }
            var group = ServiceGroupConfiguration(
                // Those in front stop last: what comes in until then is sent on.
                services: [ownTraces, startup, remotes, scraping, alerting, rules, stages, deletions, reloads, server]
                    + receiving.listeners
                    + agents.services { try await startup.waitUntilDone() } + lines.services { try await startup.waitUntilDone() },
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: logger)
            group.maximumGracefulShutdownDuration = .seconds(shutdownSeconds)
            try await ServiceGroup(configuration: group).run()
        } catch {
            logger.critical("cannot go on", metadata: ["reason": .string(String(describing: error))])
            status = 1
        }
        do {
            try await surface.shutdown()
            try await receiving.shutdown()
            try await agents.shutdown()
            try await blocking.runIfActive { stages.finish() }
            try remotes.close()
            try await blocking.shutdownGracefully()
        } catch {
            logger.error("threads did not end", metadata: ["reason": .string(String(describing: error))])
            status = 1
        }
        return status
    }
}
