internal import Ingestion
internal import LogFormats
internal import Synchronization
internal import TelemetryModel

/// Takes log entries as a storage does, and remembers them.
final class RecordingLogs: LogAppending {
    struct Entry: Hashable {
        var labels: LabelSet
        var time: Int64
        var line: String
        var metadata: LabelSet
    }

    let batches = Mutex<[LogBatch]>([])
    /// What is answered instead of taking anything.
    let refusal = Mutex<LogAppendOutcome?>(nil)

    func append(_ batch: LogBatch) -> LogAppendOutcome {
        if let refusal = refusal.withLock({ $0 }) { return refusal }
        batches.withLock { $0.append(batch) }
        var outcome = LogAppendOutcome(.accepted)
        outcome.acceptedEntries = batch.entryCount
        return outcome
    }

    var entries: [Entry] {
        batches.withLock { $0 }.flatMap { batch in
            batch.parts.flatMap { part in
                part.entries.map {
                    let metadata = Array(batch.metadata.bytes[batch.metadata.range($0)])
                    // Not canonical would be a fault of what is tested.
                    let labels = (try? LabelSet(validating: metadata)) ?? LabelSet([("not", "canonical")])
                    return Entry(labels: part.labels, time: batch.times[$0], line: batch.lines.string($0), metadata: labels)
                }
            }
        }
    }
}

/// The moment at which tests of log entries take place.
let logNow: Int64 = 1_700_000_000_000_000_000

extension LogDelivery {
    mutating func begin(_ labels: KeyValuePairs<String, String>) {
        var fields = LogFields()
        for (name, value) in labels { fields.append(name, value) }
        beginStream(fields)
    }

    @discardableResult
    mutating func add(_ line: String, at time: Int64 = logNow, _ metadata: KeyValuePairs<String, String> = [:]) -> Bool {
        var fields = LogFields()
        for (name, value) in metadata { fields.append(name, value) }
        return Array(line.utf8).withUnsafeBufferPointer { append(time: time, line: $0, metadata: &fields) }
    }
}

/// A clock that is set by hand.
final class ManualNanoseconds: Sendable {
    private let value: Mutex<Int64>

    init(_ start: Int64) { value = Mutex(start) }

    var now: Int64 { value.withLock { $0 } }

    func advance(_ nanoseconds: Int64) { value.withLock { $0 += nanoseconds } }
}
