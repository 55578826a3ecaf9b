internal import Ingestion
internal import LogStorage
internal import Logging

extension Collector {
    /// Opens the logs of the data directory.
    static func openLogs(
        _ options: ServeOptions, _ configuration: CollectorConfiguration, _ logger: Logger
    ) throws(LogStorageError) -> LogStorage {
        func nanoseconds(_ milliseconds: Int64) -> Int64 {
            let (nanoseconds, overflowed) = milliseconds.multipliedReportingOverflow(by: 1_000_000)
            return overflowed ? Int64.max : nanoseconds
        }
        var storageOptions = LogStorageOptions()
        let settings = configuration.storage.logs
        storageOptions.retention = settings.ageMilliseconds.map { nanoseconds($0) }
        storageOptions.retentionBytesMax = settings.sizeMaxBytes.map { Int($0) }
        storageOptions.retentionRules = settings.rules.map {
            LogRetentionRule($0.selector, keep: $0.keepMilliseconds.map { nanoseconds($0) })
        }
        let intake = configuration.logIntakeOptions
        storageOptions.futureLimit = intake.futureNanoseconds
        switch configuration.storage.journalSync {
        case .always: storageOptions.journalSync = nil
        case .every(let milliseconds): storageOptions.journalSync = milliseconds
        }
        switch configuration.storage.scrub {
        case .off: storageOptions.scrubBytesPerSecond = 0
        case .weekly: storageOptions.scrubBytesPerSecond = nil
        case .bytesPerSecond(let bytes): storageOptions.scrubBytesPerSecond = bytes
        }
        let events = LogStorageEventLog(logger: logger)
        storageOptions.report = { events.write($0) }
        return try LogStorage(
            directory: options.dataDirectory + "/logs", options: storageOptions, clock: { Int64(clamping: SystemClock.nanoseconds()) })
    }
}

/// What the log storage reports, as log lines.
private struct LogStorageEventLog: Sendable {
    let logger: Logger

    func write(_ event: LogStorageEvent) {
        switch event {
        case .replayed(let entries, let milliseconds):
            logger.info(
                "journal of logs read back",
                metadata: ["entries": .stringConvertible(entries), "milliseconds": .stringConvertible(milliseconds)])
        case .damaged(let file, let reason):
            logger.error("damaged and set aside, the rest serves on", metadata: ["file": .string(file), "reason": .string(reason)])
        case .mended(let file, let left):
            logger.warning(
                "damaged file written anew from what could be read",
                metadata: ["file": .string(file), "faultsLeft": .stringConvertible(left)])
        case .deleted(let file, let reason): logger.info("deleted for its \(reason)", metadata: ["file": .string(file)])
        case .removed(let file): logger.info("streams deleted for their age", metadata: ["file": .string(file)])
        case .sealed(let entries, let milliseconds):
            logger.info(
                "log entries written to shards",
                metadata: ["entries": .stringConvertible(entries), "milliseconds": .stringConvertible(milliseconds)])
        case .failed(let work, let reason):
            logger.error("will be tried again", metadata: ["work": .string("logs: " + work), "reason": .string(reason)])
        }
    }
}
