internal import Logging
internal import MetricStorage

/// What the storage reports, as log lines.
struct StorageEventLog: Sendable {
    let logger: Logger

    func write(_ event: MetricStorageEvent) {
        switch event {
        case .replaying(let entries, let all):
            logger.info("reading the journal back", metadata: ["entries": .stringConvertible(entries), "of": .stringConvertible(all)])
        case .replayed(let samples, let milliseconds):
            logger.info(
                "journal read back", metadata: ["samples": .stringConvertible(samples), "milliseconds": .stringConvertible(milliseconds)])
        case .damaged(let file, let reason):
            logger.error("damaged and set aside, the rest serves on", metadata: ["file": .string(file), "reason": .string(reason)])
        case .mended(let file, let left):
            logger.warning(
                "damaged file written anew from what could be read",
                metadata: ["file": .string(file), "faultsLeft": .stringConvertible(left)])
        case .deleted(let file, let reason):
            logger.info("deleted for its \(reason.rawValue)", metadata: ["file": .string(file)])
        case .removed(let file):
            logger.info("series removed for their age", metadata: ["file": .string(file)])
        case .sealed(let samples, let series, let milliseconds):
            logger.info(
                "head written to shards",
                metadata: [
                    "samples": .stringConvertible(samples), "series": .stringConvertible(series),
                    "milliseconds": .stringConvertible(milliseconds),
                ])
        case .failed(let work, let reason):
            logger.error("will be tried again", metadata: ["work": .string(work), "reason": .string(reason)])
        }
    }
}
