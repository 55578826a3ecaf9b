public import LogStorage
public import TelemetryModel

/// Log entries to the local storage.
public struct LogIngestor: LogAppending {
    private let storage: LogStorage

    public init(storage: LogStorage) { self.storage = storage }

    public func append(_ batch: LogBatch) -> LogAppendOutcome {
        do throws(LogStorageError) {
            let result = try storage.append(batch)
            var outcome = LogAppendOutcome(.accepted)
            outcome.acceptedEntries = result.acceptedEntries
            outcome.rejectedEntries = result.rejectedEntries
            outcome.message = result.message
            return outcome
        } catch {
            var outcome = LogAppendOutcome(.unavailable)
            outcome.message = error.message
            outcome.retryAfterSeconds = error.code == .diskFull ? 30 : 1
            return outcome
        }
    }
}
