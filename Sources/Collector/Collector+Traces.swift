internal import Logging
internal import TraceQL
internal import TraceStorage

extension Collector {
    /// Opens the traces of the data directory.
    static func openTraces(
        _ options: ServeOptions, _ configuration: CollectorConfiguration, _ logger: Logger
    ) throws(TraceStorageError) -> TraceStorage {
        var storageOptions = TraceStorageOptions()
        storageOptions.retention = configuration.storage.traces.ageMilliseconds.map { UInt64(max($0, 0)) * 1_000_000 }
        storageOptions.retentionRules = configuration.storage.traces.rules.map { rule in
            TraceRetentionRule(keep: rule.keepMilliseconds.map { UInt64(max($0, 0)) * 1_000_000 }) { rule.selector.holds(of: $0) }
        }
        storageOptions.retentionBytesMax = configuration.storage.traces.sizeMaxBytes.map { Int($0) }
        switch configuration.storage.journalSync {
        case .always: storageOptions.journalSync = nil
        case .every(let milliseconds): storageOptions.journalSync = milliseconds
        }
        switch configuration.storage.scrub {
        case .off: storageOptions.scrubBytesPerSecond = 0
        case .weekly: storageOptions.scrubBytesPerSecond = nil
        case .bytesPerSecond(let bytes): storageOptions.scrubBytesPerSecond = bytes
        }
        if let ahead = configuration.limits.timeAheadMaxMilliseconds { storageOptions.futureLimit = UInt64(max(ahead, 0)) * 1_000_000 }
        let events = TraceStorageEventLog(logger: logger)
        storageOptions.report = { events.write($0) }
        return try TraceStorage(directory: options.dataDirectory + "/traces", options: storageOptions, clock: SystemClock.nanoseconds)
    }
}

/// What the trace storage reports, as log lines.
private struct TraceStorageEventLog: Sendable {
    let logger: Logger

    func write(_ event: TraceStorageEvent) {
        switch event {
        case .replayed(let spans, let milliseconds):
            logger.info(
                "journal of traces read back",
                metadata: ["spans": .stringConvertible(spans), "milliseconds": .stringConvertible(milliseconds)])
        case .damaged(let file, let reason):
            logger.error("damaged and set aside, the rest serves on", metadata: ["file": .string(file), "reason": .string(reason)])
        case .mended(let file, let left):
            logger.warning(
                "damaged file written anew from what could be read",
                metadata: ["file": .string(file), "faultsLeft": .stringConvertible(left)])
        case .deleted(let file, let reason):
            logger.info("deleted for its \(reason)", metadata: ["file": .string(file)])
        case .removed(let file): logger.info("spans past their rule were taken out", metadata: ["file": .string(file)])
        case .sealed(let spans, let traces, let milliseconds):
            logger.info(
                "spans written to shards",
                metadata: [
                    "spans": .stringConvertible(spans), "traces": .stringConvertible(traces),
                    "milliseconds": .stringConvertible(milliseconds),
                ])
        case .failed(let work, let reason):
            logger.error("will be tried again", metadata: ["work": .string("traces: " + work), "reason": .string(reason)])
        }
    }
}
