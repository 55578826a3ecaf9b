internal import AlertStorage
internal import ConfigFile
internal import Logging
internal import Notifications

extension Collector {
    /// Opens the alerts of the data directory.
    static func openAlerts(
        _ options: ServeOptions, _ configuration: CollectorConfiguration, _ logger: Logger
    ) throws(AlertStorageError) -> AlertStorage {
        var storageOptions = AlertStorageOptions()
        storageOptions.retention = configuration.storage.alertsMilliseconds
        let events = AlertStorageEventLog(logger: logger)
        storageOptions.report = { events.write($0) }
        return try AlertStorage(directory: options.dataDirectory + "/alerts", options: storageOptions, clock: SystemClock.now)
    }

    /// Where the Alertmanager file is that counts: the command line says it before the configuration file does.
    static func alertmanagerFile(_ options: ServeOptions, _ configuration: CollectorConfiguration) -> String? {
        options.alertmanagerConfigurationFile ?? configuration.alertmanagerConfigurationFile
    }
}

/// What the storage of alerts reports, as log lines.
private struct AlertStorageEventLog: Sendable {
    let logger: Logger

    func write(_ event: AlertStorageEvent) {
        switch event {
        case .damaged(let reason):
            logger.error("alerts: damaged, the rest serves on", metadata: ["reason": .string(reason)])
        case .failed(let reason):
            logger.error(
                "alerts cannot be written; notifications go on, and it is tried again", metadata: ["reason": .string(reason)])
        case .recovered: logger.info("alerts are written again")
        case .dropped(let events):
            logger.error("events of alerts lost, since they could not be written", metadata: ["events": .stringConvertible(events)])
        case .deleted(let events):
            logger.info("events of alerts deleted for their age", metadata: ["events": .stringConvertible(events)])
        }
    }
}
