internal import ConfigFile
internal import Foundation
internal import HTTPAPI
internal import Ingestion
internal import LabelMatching
internal import LogStorage
internal import Logging
internal import MetricStorage
internal import NIOPosix
internal import PerchMetrics
internal import PromQL
internal import QueryModel
internal import Scraping
internal import ShardStorage
internal import Synchronization
internal import TargetDiscovery
internal import TelemetryModel
internal import TraceStorage

/// Every HTTP API, connected with what answers it.
final class HTTPSurface: Sendable {
    let server: HTTPServer
    private let queries: WorkPool
    private let lookups: WorkPool
    private let remoteWrite: RemoteWriteAPI
    private let remoteRead: RemoteReadAPI
    private let readiness: Readiness
    private let queried: QueriedMetrics
    private let storage: MetricStorage
    private let logger: Logger

    /// How long a start may wait for what only makes the first queries fast.
    private static let rehearsalMax = Duration.milliseconds(75)
    /// How much of that is waiting for the index and the newest pages.
    private static let preparationMillisecondsMax = 50
    /// What a query over thousands of series takes on one thread, about.
    private static let arenaBytes = 2 << 20

    init(
        options: ServeOptions, configuration: ConfigurationInForce, storage: MetricStorage, traces: TraceStorage, logs: LogStorage,
        deletions: LogDeletions, scraping: ScrapeService, rules: RuleService, stages: SpanStages, receiving: ReceivingSurface,
        otlpMetrics: OTLPMetricIngestor,
        samples: SampleIntake, alerting: AlertService, remotes: RemoteWriteService, queryLog: QueryLog, ownTraces: OwnTraces,
        clients: ClientLimiter?,
        reload: @escaping @Sendable () async throws -> Void,
        blocking: NIOThreadPool,
        logger: Logger,
        metrics: MetricRegistry
    ) {
        let readiness = Readiness()
        let queries = WorkPool(
            name: "queries", concurrency: options.queryMaxConcurrency, samplesMax: options.queryMaxSamples,
            bytesMax: options.queryMaxMemoryBytes, metrics: metrics)
        let lookups = WorkPool(
            name: "lookups", concurrency: 4, samplesMax: options.queryMaxSamples, bytesMax: options.queryMaxMemoryBytes, metrics: metrics)
        let results = options.queryResultCacheBytes > 0 ? RecentResults(bytesMax: options.queryResultCacheBytes) : nil
        if let results { ResultMetrics.register(results, in: metrics) }
        let queried = QueriedMetrics()
        var environment = QueryEnvironment(
            engine: { QueryEngine(options: Self.engineOptions(options, configuration)) },
            source: MetricSeriesSource(storage: storage, queried: queried), results: results, queries: queries, lookups: lookups,
            brief: BriefWork(samplesMax: options.queryMaxSamples, bytesMax: options.queryMaxMemoryBytes, metrics: metrics),
            timeoutMilliseconds: options.queryTimeoutMilliseconds,
            slowQueries: options.slowQueryMilliseconds.map {
                SlowQueryLog(thresholdMilliseconds: $0, write: SlowQueryLines(logger: logger).write)
            }, queryLog: queryLog, now: SystemClock.now)
        environment.queryEnded = { text, seconds, error in
            ownTraces.note(
                OwnWork(name: "promqlEval", duration: .seconds(seconds), attributes: [("query", .text(text))], error: error))
        }
        let ingestor = MetricIngestor(storage: storage, limits: configuration.current.ingestionLimits, now: SystemClock.now)
        IngestionMetrics.register({ ingestor.statistics + otlpMetrics.statistics + samples.statistics }, in: metrics)
        let remoteWrite = RemoteWriteAPI(clients: clients, metrics: metrics) { body, contentType, contentEncoding in
            ingestor.ingestRemoteWrite(body: body, contentType: contentType, contentEncoding: contentEncoding)
        }
        var readLimits = RemoteReadAPI.Limits()
        readLimits.samplesMax = options.remoteReadSamplesMax
        readLimits.concurrency = options.remoteReadConcurrency
        readLimits.frameBytesMax = options.remoteReadFrameBytesMax
        readLimits.answerBytesMax = options.queryMaxMemoryBytes
        let remoteRead = RemoteReadAPI(
            source: environment.source, limits: readLimits, timeoutMilliseconds: options.queryTimeoutMilliseconds, metrics: metrics
        ) { configuration.current.global.externalLabels }
        let flush: @Sendable () async throws -> Void = {
            try await blocking.runIfActive {
                // What was sent is in the metrics made of it then.
                try stages.flush()
                try storage.flush()
                try traces.flush()
                try logs.flush()
            }
        }
        let queryAPI = QueryAPI(environment, metrics: metrics)
        let traceEnvironment = Self.traceEnvironment(options, traces, queries: queries, lookups: lookups, logger, metrics)
        server = HTTPServer(
            [
                queryAPI,
                ExpressionAPI(environment),
                SeriesAPI(environment),
                ExemplarAPI(environment, find: Self.exemplars(of: storage)),
                MetadataAPI(environment, families: Self.families(of: storage)),
                TargetsAPI(environment, targets: Self.targets(of: scraping.scheduler)),
                RulesAPI(
                    environment, groups: { rules.groups.map(\.view) },
                    alertmanagers: {
                        let addresses = rules.alertmanagerAddresses
                        return AlertmanagersView(active: addresses.active, dropped: addresses.dropped)
                    }),
                AlertmanagerAPI(alerting),
                AlertHistoryAPI(alerting),
                AdminAPI(
                    environment, isEnabled: options.adminAPIEnabled, actions: Self.adminActions(options, storage, traces, blocking)),
                FeaturesAPI(
                    environment, features: Self.features(options), notifications: Self.notifications(configuration)),
                FederationAPI(environment) { configuration.current.global.externalLabels },
                GraphAPI(environment),
                StatusAPI(
                    environment,
                    build: BuildDescription(version: PerchVersion.prometheusCompatible, revision: PerchVersion.current, compiler: "swift"),
                    sources: Self.status(options, configuration, storage, traces, logs, queried)),
                TempoAPI(
                    traceEnvironment,
                    build: BuildDescription(version: PerchVersion.tempoCompatible, revision: PerchVersion.current, compiler: "swift"),
                    isReady: { readiness.isReady }),
                JaegerAPI(traceEnvironment, metrics: environment),
                remoteWrite,
                remoteRead,
                RemoteWriteStatusAPI { (remotes.views(), storage.backlogKept.bytes) },
                SelfMetricsAPI(metrics),
                StorageTransferAPI(StorageTransfers(storage: storage, blocking: blocking, now: SystemClock.now).actions),
                LifecycleAPI(isReady: { readiness.isReady }, reload: reload, flush: flush),
            ] + Self.logEndpoints(options, configuration, logs, deletions, queries: queries, lookups: lookups, logger, metrics)
                + receiving.mainEndpoints, metrics: metrics, isReady: { readiness.isReady }, now: SystemClock.now)
        self.queries = queries
        self.lookups = lookups
        self.remoteWrite = remoteWrite
        self.remoteRead = remoteRead
        self.readiness = readiness
        self.queried = queried
        self.storage = storage
        self.logger = logger
    }

    /// Whether queries and writes are answered.
    var isReady: Bool { readiness.isReady }

    /// Does what the first queries would have to do besides their work: waits a while for what storage reads ahead of them, and answers a request
    /// of every kind over a connection within the process. Blocks, for a short time.
    func rehearse() {
        let start = ContinuousClock.now
        storage.waitUntilPrepared(milliseconds: HTTPSurface.preparationMillisecondsMax)
        let metric = storage.smallMetric() ?? (name: "up", time: SystemClock.now())
        let end = start + HTTPSurface.rehearsalMax
        let (all, brief) = HTTPSurface.rehearsal(of: metric.name, at: metric.time)
        do {
            try server.rehearse(all, everywhere: brief, logger: logger, until: { ContinuousClock.now > end })
        } catch {
            logger.debug("the rehearsal ended early", metadata: ["reason": .string(String(describing: error))])
        }
        ProcessCalls.growAllocatorArenas(by: HTTPSurface.arenaBytes)
    }

    /// Requests about one metric of few series, and those of them that are answered on an event loop. The first finds nothing in memory, the
    /// second all it needs.
    private static func rehearsal(of metric: String, at time: Timestamp) -> (all: [String], brief: [String]) {
        let selector = "{__name__=\(quoted(metric))}"
        func encoded(_ text: String) -> String { text.utf8.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
        func instant(_ query: String) -> String { "/api/v1/query?nocache=1&query=\(encoded(query))&time=\(time / 1000)" }
        func range(_ query: String) -> String {
            "/api/v1/query_range?nocache=1&query=\(encoded(query))&start=\(time / 1000 - 3600)&end=\(time / 1000)&step=60"
        }
        let times = "start=\(time / 1000 - 3600)&end=\(time / 1000)"
        let brief = [
            instant(selector), "/api/v1/label/__name__/values?\(times)", "/api/v1/series?match[]=\(encoded(selector))&\(times)",
            "/api/v1/labels?\(times)",
        ]
        let others = [
            range("topk(1, sum by (job) (rate(\(selector)[5m])))"),
            instant("histogram_quantile(0.9, sum by (le) (\(selector)))"), range(selector),
        ]
        return ([instant(selector)] + brief + others, brief)
    }

    /// Says from now on that queries and writes are answered.
    func becomeReady() {
        queried.begin()
        readiness.set(true)
    }

    /// Ends the threads once what was begun is done.
    func shutdown() async throws {
        readiness.set(false)
        try await queries.shutdown()
        try await lookups.shutdown()
        try await remoteWrite.shutdown()
        try await remoteRead.shutdown()
    }

    /// Asked once: the answer is read from files of the system, which is nothing for every query to do.
    private static let processorCount = ProcessInfo.processInfo.activeProcessorCount

    static func engineOptions(_ options: ServeOptions, _ configuration: ConfigurationInForce) -> EngineOptions {
        var engine = EngineOptions()
        engine.lookbackMilliseconds = options.queryLookbackMilliseconds
        engine.defaultStepMilliseconds = configuration.evaluationIntervalMilliseconds
        engine.features = options.features
        engine.allowsStepStatistics = options.perStepStatistics
        engine.threadsPerQuery = processorCount
        return engine
    }

    private static func exemplars(of storage: MetricStorage) -> ExemplarAPI.Finder {
        { selectors, range, budget throws(QueryError) in
            try budget.check()
            do throws(MetricStorageError) {
                return try storage.exemplars(selectors, in: range).map { .init(labels: $0.labels, exemplars: $0.exemplars) }
            } catch {
                throw QueryError(error)
            }
        }
    }

    private static func families(of storage: MetricStorage) -> @Sendable (String?) -> [MetadataAPI.Family] {
        { name in
            guard let name else { return storage.metadata().map { .init(name: $0.family, metadata: [$0.metadata]) } }
            return storage.metadata(family: name).map { [.init(name: name, metadata: [$0])] } ?? []
        }
    }

    private static func targets(of scheduler: ScrapeScheduler) -> @Sendable () async -> TargetsView {
        {
            let targets = scheduler.targets
            return TargetsView(
                scrapePools: scheduler.scrapePools,
                active: targets.active.map { status in
                    ActiveTargetView(
                        discoveredLabels: status.target.discoveredLabels, labels: status.target.labels, scrapePool: status.scrapePool,
                        scrapeURL: status.target.endpoint.url, globalURL: status.target.endpoint.url, lastError: status.lastError ?? "",
                        lastScrape: status.lastScrape, lastScrapeDurationSeconds: status.lastDurationSeconds,
                        health: .init(rawValue: status.health.rawValue) ?? .unknown,
                        intervalMilliseconds: status.target.intervalMilliseconds,
                        timeoutMilliseconds: status.target.timeoutMilliseconds)
                },
                dropped: targets.dropped.map { DroppedTargetView(discoveredLabels: $0.discoveredLabels, scrapePool: $0.scrapePool) },
                droppedCounts: targets.droppedCounts)
        }
    }

    private static func status(
        _ options: ServeOptions, _ configuration: ConfigurationInForce, _ storage: MetricStorage, _ traces: TraceStorage,
        _ logs: LogStorage,
        _ queried: QueriedMetrics
    ) -> StatusAPI.Sources {
        let startTime = SystemClock.now()
        return StatusAPI.Sources(
            configuration: { configuration.publicText },
            flags: { options.flags },
            runtime: {
                let reload = configuration.lastReload
                let retention = configuration.current.storage.metrics.ageMilliseconds
                return RuntimeDescription(
                    startTime: startTime, workingDirectory: FileManager.default.currentDirectoryPath,
                    hostname: ProcessInfo.processInfo.hostName, reloadSucceeded: reload.succeeded, lastReload: reload.at,
                    damagedFiles: storage.statistics.damagedFiles,
                    storageRetention: retention.map { ConfigDuration(milliseconds: $0).description } ?? "unlimited")
            },
            storage: { StorageNumbers.of(storage.statistics) + StorageNumbers.of(traces.statistics) + StorageNumbers.of(logs.statistics) },
            replay: {
                let progress = storage.replayProgress
                let state: ReplayProgress.State =
                    switch progress.state {
                    case .waiting: .waiting
                    case .inProgress: .inProgress
                    case .done: .done
                    }
                return ReplayProgress(state, first: 0, last: progress.entries, current: progress.entriesRead)
            }, lastQueried: { queried.lastTime(of: $0) })
    }
}

/// Whether the process takes work. Set once everything is connected, cleared when it stops.
private final class Readiness: Sendable {
    private let value = Atomic<Bool>(false)
    var isReady: Bool { value.load(ordering: .acquiring) }
    func set(_ ready: Bool) { value.store(ready, ordering: .releasing) }
}
