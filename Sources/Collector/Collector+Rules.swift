internal import AlertStorage
internal import HTTPAPI
internal import LogQL
internal import LogStorage
internal import Logging
internal import MetricStorage
internal import NIOCore
internal import NIOPosix
internal import PerchMetrics
internal import PromQL
internal import Rules
internal import TraceQL
internal import TraceStorage

/// What rules read, and where they keep what they find.
struct RuleStorages: Sendable {
    var metrics: MetricStorage
    var traces: TraceStorage
    var logs: LogStorage
    var alerts: AlertStorage
}

/// The storage of alerts as rules see it.
private struct StoredRuleStates: RuleStateStore {
    let storage: AlertStorage

    var ruleStates: [String: [UInt8]] { storage.ruleStates }
    func keepRuleState(_ state: [UInt8]?, of group: String) { storage.keepRuleState(state, of: group) }
}

extension AlertService: AlertReceiving {}

extension Collector {
    /// The evaluation of rules over the storages of this process.
    ///
    /// - Parameter waitUntilReady: returns once the storages can be asked.
    static func makeRuleService(
        _ options: ServeOptions, _ configuration: ConfigurationInForce, _ storages: RuleStorages, _ alerting: AlertService,
        _ queryLog: QueryLog, _ ownTraces: OwnTraces,
        _ blocking: NIOThreadPool, _ logger: Logger, _ metrics: MetricRegistry,
        waitUntilReady: @escaping @Sendable () async throws -> Void
    ) -> RuleService {
        // Rules are many and small: they are evaluated side by side, each on one thread.
        let queries = RuleQueries(
            metrics: {
                var engine = HTTPSurface.engineOptions(options, configuration)
                engine.threadsPerQuery = 1
                return QueryEngine(options: engine)
            }, series: MetricSeriesSource(storage: storages.metrics), logs: LogQLEngine(),
            logSource: LogStorageSource(storage: storages.logs),
            traces: TraceQLEngine(), spanSource: TraceSpanSource(storage: storages.traces), samplesMax: options.queryMaxSamples,
            bytesMax: options.queryMaxMemoryBytes, timeoutMilliseconds: options.queryTimeoutMilliseconds,
            timers: MultiThreadedEventLoopGroup.singleton, log: queryLog, ownTraces: ownTraces)
        return RuleService(
            options: options, configuration: configuration, queries: queries, writer: RuleSampleWriter(storage: storages.metrics),
            store: StoredRuleStates(storage: storages.alerts), receivers: [alerting],
            history: { [alerts = storages.alerts] in alerts.record($0) },
            alertmanagers: ExternalAlertmanagers(
                eventLoopGroup: MultiThreadedEventLoopGroup.singleton, threadPool: blocking, logger: logger, metrics: metrics,
                userAgent: "Perch/" + PerchVersion.current),
            logger: logger, metrics: metrics, waitUntilReady: waitUntilReady)
    }
}
