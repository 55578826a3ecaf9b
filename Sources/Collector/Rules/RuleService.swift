internal import AlertModel
internal import Foundation
internal import Logging
internal import PerchMetrics
internal import Rules
internal import ServiceLifecycle
internal import TelemetryModel

/// Evaluates the rules of the configuration as one service that takes new ones while it runs.
final class RuleService: Service {
    private let runner: RuleRunner
    private let alertmanagers: ExternalAlertmanagers
    private let dispatch: AlertDispatch
    private let threads: RuleThreads
    private let queries: RuleQueries
    private let options: ServeOptions
    private let configuration: ConfigurationInForce
    private let waitUntilReady: @Sendable () async throws -> Void

    /// - Parameters:
    ///   - history: keeps the history of alerts.
    ///   - receivers: those who hear of alerts within this process.
    ///   - waitUntilReady: returns once storage can be asked.
    init(
        options: ServeOptions, configuration: ConfigurationInForce, queries: RuleQueries, writer: RuleSampleWriter,
        store: any RuleStateStore, receivers: [any AlertReceiving], history: @escaping @Sendable ([AlertEvent]) -> Void,
        alertmanagers: ExternalAlertmanagers, logger: Logger, metrics: MetricRegistry,
        waitUntilReady: @escaping @Sendable () async throws -> Void
    ) {
        self.options = options
        self.configuration = configuration
        self.alertmanagers = alertmanagers
        self.waitUntilReady = waitUntilReady
        self.queries = queries
        threads = RuleThreads()
        let dispatch = AlertDispatch(receivers: receivers + [alertmanagers], history: history)
        self.dispatch = dispatch
        runner = RuleRunner(
            RuleEnvironment(
                querying: queries, appending: writer, working: threads, store: store, receivers: [dispatch],
                record: { dispatch.record($0) }, clock: RuleClock(now: SystemClock.now), logger: logger,
                observe: RuleMetrics.observer(in: metrics)))
        RuleMetrics.register(in: metrics) { [runner] in runner.groups }
    }

    /// Puts the rules of the configuration in force; what did not change goes on undisturbed.
    func apply(_ configuration: CollectorConfiguration, _ groups: [RuleGroup]) async {
        dispatch.set(externalLabels: configuration.global.externalLabels, relabeling: configuration.alerting.relabelRules)
        alertmanagers.apply(configuration.alerting)
        await runner.apply(groups, settings: settings(configuration))
    }

    /// All groups as they are now.
    var groups: [RunningRuleGroup] { runner.groups }

    /// The addresses of the Alertmanagers that hear of alerts, and of those that relabelling drops.
    var alertmanagerAddresses: (active: [String], dropped: [String]) { alertmanagers.addresses }

    func run() async throws {
        try await cancelWhenGracefulShutdown { [self] in
            do { try await waitUntilReady() } catch is CancellationError { return }
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.alertmanagers.run() }
                group.addTask {
                    let (current, groups) = self.configuration.currentWithRules
                    await self.apply(current, groups)
                }
                await group.waitForAll()
            }
        }
        queries.running.cancelAll()
        await runner.stop()
        try await threads.shutdown()
    }

    private func settings(_ configuration: CollectorConfiguration) -> RuleSettings {
        var settings = RuleSettings()
        settings.intervalMilliseconds = configuration.global.evaluationIntervalMilliseconds
        settings.queryOffsetMilliseconds = configuration.global.ruleQueryOffsetMilliseconds
        settings.resendDelayMilliseconds = options.alertResendDelayMilliseconds
        settings.outageToleranceMilliseconds = options.outageToleranceMilliseconds
        settings.gracePeriodMilliseconds = options.forGracePeriodMilliseconds
        settings.surroundings = TemplateSurroundings(
            externalLabels: configuration.global.externalLabels, externalURL: options.effectiveExternalURL)
        settings.features = options.features
        return settings
    }
}

extension ServeOptions {
    /// Where people reach this server, without a slash at the end.
    var effectiveExternalURL: String {
        if let externalURL { return externalURL }
        // Every address is none that can be put into a browser.
        let isAny = httpListen.host == "0.0.0.0" || httpListen.host == "::"
        let host = isAny ? ProcessInfo.processInfo.hostName : httpListen.host
        return "http://" + (host.contains(":") ? "[\(host)]" : host) + ":\(httpListen.port)"
    }
}
