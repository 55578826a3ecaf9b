internal import AlertModel
internal import ConfigFile
internal import Logging
internal import Notifications
internal import PerchMetrics
internal import TelemetryModel

/// The Alertmanager file that routing runs by, and its replacement while it runs. One that is wrong leaves the one in force alone.
struct AlertingFile: Sendable {
    /// How people reach this Perch.
    private let externalURL: String
    private let logger: Logger
    private let succeeded: Gauge
    private let succeededAt: Gauge

    init(externalURL: String, logger: Logger, metrics: MetricRegistry) {
        self.externalURL = externalURL
        self.logger = logger
        succeeded = metrics.gauge(
            "perch_alerts_config_last_reload_successful", help: "Whether the last load of the Alertmanager configuration succeeded.")
        succeededAt = metrics.gauge(
            "perch_alerts_config_last_reload_success_timestamp_seconds", help: "When the Alertmanager configuration in force was loaded.",
            unit: "seconds")
    }

    /// Reads a file; without one nobody is told.
    ///
    /// - Throws: `ConfigError` with the place of the fault.
    func load(_ path: String?) throws(ConfigError) -> AlertingSetup {
        do throws(ConfigError) {
            let setup = try read(path)
            succeeded.set(1)
            succeededAt.set(Double(SystemClock.now()) / 1000)
            return setup
        } catch {
            succeeded.set(0)
            throw error
        }
    }

    private func read(_ path: String?) throws(ConfigError) -> AlertingSetup {
        guard let path else { return .none }
        let configuration = try AlertmanagerConfiguration(contentsOf: path)
        for warning in configuration.warnings {
            logger.warning("accepted, but not what it looks like", metadata: ["setting": .string(warning.description)])
        }
        return AlertingSetup(configuration, sender: try NotificationSender(configuration, externalURL: externalURL))
    }
}
