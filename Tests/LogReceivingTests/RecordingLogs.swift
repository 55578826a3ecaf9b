internal import Ingestion
internal import Synchronization
internal import TelemetryModel

/// One entry as a test sees it.
struct KeptEntry: Hashable, Sendable {
    var labels: LabelSet
    var time: Int64
    var line: String
    var metadata: LabelSet
}

/// Keeps what is appended in memory, and is unavailable when the test says so.
final class RecordingLogs: LogAppending {
    private let state = Mutex<(kept: [KeptEntry], refusals: Int, batches: Int)>(([], 0, 0))

    var entries: [KeptEntry] { state.withLock { $0.kept } }
    var lines: [String] { entries.map(\.line) }
    var batchCount: Int { state.withLock { $0.batches } }

    /// Answers `unavailable` so many times from now on.
    func refuse(_ times: Int) { state.withLock { $0.refusals = times } }

    func append(_ batch: LogBatch) -> LogAppendOutcome {
        state.withLock { state in
            if state.refusals > 0 {
                state.refusals -= 1
                return LogAppendOutcome(.unavailable)
            }
            state.kept += batch.kept
            state.batches += 1
            var outcome = LogAppendOutcome(.accepted)
            outcome.acceptedEntries = batch.entryCount
            return outcome
        }
    }
}

extension LogBatch {
    var kept: [KeptEntry] {
        parts.flatMap { part in
            part.entries.map { index in
                KeptEntry(
                    labels: part.labels, time: times[index], line: lines.string(index),
                    metadata: LabelSet(canonical: Array(metadata.bytes[metadata.range(index)])))
            }
        }
    }
}
