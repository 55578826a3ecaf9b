internal import ConfigFile
internal import Foundation
internal import Logging
internal import PerchMetrics
internal import PromQL
internal import Rules
internal import Synchronization
internal import TelemetryModel

/// The configuration that the collector runs by, and its replacement while it runs.
///
/// A file that is wrong leaves the one in force alone. Reloads come one after the other.
final class ConfigurationInForce: Sendable {
    private struct State: Sendable {
        var configuration: CollectorConfiguration
        var ruleGroups: [RuleGroup]
        /// The file as it may be shown, without secrets.
        var publicText: String
        var succeeded = true
        var changedAt: Timestamp
    }

    private let file: String?
    private let features: LanguageFeatures
    private let state: Mutex<State>
    private let logger: Logger
    private let succeeded: Gauge
    private let succeededAt: Gauge

    /// Reads the file for the first time, and the rule files that it names.
    ///
    /// - Parameter features: parts of PromQL that rules may use beyond the stable ones.
    /// - Throws: `ConfigError` with the place of the fault.
    init(file: String?, features: LanguageFeatures = [], logger: Logger, metrics: MetricRegistry) throws(ConfigError) {
        self.file = file
        self.features = features
        self.logger = logger
        succeeded = metrics.gauge("perch_config_last_reload_successful", help: "Whether the last load of the configuration succeeded.")
        succeededAt = metrics.gauge(
            "perch_config_last_reload_success_timestamp_seconds", help: "When the configuration in force was loaded.", unit: "seconds")
        let (configuration, text) = try Self.read(file)
        let rules = try configuration.readRuleGroups(features: features)
        state = Mutex(State(configuration: configuration, ruleGroups: rules, publicText: text, changedAt: SystemClock.now()))
        noteSuccess(configuration)
    }

    var current: CollectorConfiguration { state.withLock { $0.configuration } }
    /// What every query asks for: one number, for which the whole is not copied.
    var evaluationIntervalMilliseconds: Int64 { state.withLock { $0.configuration.global.evaluationIntervalMilliseconds } }
    /// The configuration with the rules of the files that it names.
    var currentWithRules: (configuration: CollectorConfiguration, ruleGroups: [RuleGroup]) {
        state.withLock { ($0.configuration, $0.ruleGroups) }
    }
    /// The text of the file in force, with what may be a secret left out.
    var publicText: String { state.withLock { $0.publicText } }

    /// Keys whose value may be a secret, in any part of the file. Better one too many.
    private static let secretKeys: Set<String> = [
        "password", "credentials", "bearer_token", "client_secret", "client_certificate_key", "certificate_password", "secret_key",
        "access_key", "api_key",
        "token",
        "key", "auth_password", "auth_secret", "secrets", "secret", "api_url", "service_key", "routing_key", "bot_token", "webhook_url",
    ]
    var lastReload: (succeeded: Bool, at: Timestamp) { state.withLock { ($0.succeeded, $0.changedAt) } }

    /// Reads the file and the rule files again, and gives what is in force from now on.
    ///
    /// - Throws: `ConfigError`; the configuration in force stays.
    func reload() throws(ConfigError) -> CollectorConfiguration {
        do throws(ConfigError) {
            let (configuration, text) = try Self.read(file)
            let rules = try configuration.readRuleGroups(features: features)
            let previous = current
            state.withLock {
                $0 = State(configuration: configuration, ruleGroups: rules, publicText: text, changedAt: SystemClock.now())
            }
            noteSuccess(configuration)
            if configuration.storage != previous.storage || configuration.limits != previous.limits
                || configuration.receivers != previous.receivers || configuration.traces != previous.traces
            {
                logger.warning("changes of storage, limits, receivers and traces take effect at the next start")
            }
            logger.info("configuration reloaded", metadata: ["file": .string(file ?? "")])
            return configuration
        } catch {
            state.withLock { $0.succeeded = false }
            succeeded.set(0)
            logger.error("configuration not reloaded, the one in force stays", metadata: ["reason": .string(error.description)])
            throw error
        }
    }

    private func noteSuccess(_ configuration: CollectorConfiguration) {
        succeeded.set(1)
        succeededAt.set(Double(SystemClock.now()) / 1000)
        for warning in configuration.warnings { logger.warning("accepted without effect", metadata: ["setting": .string(warning)]) }
    }

    private static func read(_ file: String?) throws(ConfigError) -> (CollectorConfiguration, String) {
        guard let file else { return (CollectorConfiguration(), "") }
        let text = try CollectorConfiguration.readText(file)
        let configuration = try CollectorConfiguration.parse(text, file: file, environment: ProcessInfo.processInfo.environment)
        return (configuration, try ConfigDocument(parsing: text, file: file).redacted { secretKeys.contains($0) })
    }
}
