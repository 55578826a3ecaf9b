internal import ShardStorage
internal import Synchronization
public import TelemetryModel

extension LogStorage {
    /// Pauses of a fifth of a millisecond that an append waits for room in memory.
    private static let appendWaitMax = 5000

    /// Takes the entries of a batch. What is accepted is durable when this returns; what is not is counted in the result, and hurts nothing else.
    ///
    /// - Throws: ``LogStorageError``: `overloaded`, `diskFull`, `closed`, `inputOutput`. Nothing was kept then.
    public func append(_ batch: LogBatch) throws(LogStorageError) -> LogAppendResult {
        try checkOpen()
        var result = LogAppendResult()
        let accepted = accepted(batch, &result)
        counters.entriesRejected.add(result.rejectedEntries, ordering: .relaxed)
        guard result.acceptedEntries > 0 else { return result }
        do {
            try checkRoom()
            try write(accepted)
        } catch {
            counters.appendsFailed.add(1, ordering: .relaxed)
            throw LogStorageError(error, path: directory)
        }
        counters.entriesAppended.add(result.acceptedEntries, ordering: .relaxed)
        counters.lineBytesAppended.add(accepted.lines.bytes.count, ordering: .relaxed)
        tails.offer(accepted)
        return result
    }

    /// The batch without what may not be kept.
    private func accepted(_ batch: LogBatch, _ result: inout LogAppendResult) -> LogBatch {
        let now = clock()
        let latest = now.addingReportingOverflow(options.futureLimit)
        let (earliest, last) = (keeping.earliestOfAll(now), latest.overflow ? .max : latest.partialValue)
        for entry in 0..<batch.entryCount {
            let time = batch.times[entry]
            if time < earliest {
                result.tooOld += 1
            } else if time > last {
                result.tooFarInFuture += 1
            } else if batch.lines.range(entry).count > options.lineBytesMax {
                result.tooLong += 1
            }
        }
        result.acceptedEntries = batch.entryCount - result.rejectedEntries
        guard result.rejectedEntries > 0 else { return batch }
        // What the journal gives back is taken as it is, so that what was rejected must not be in it.
        var rest = LogBatch()
        for part in batch.parts {
            rest.beginPart(part.labels)
            for entry in part.entries {
                let (time, line) = (batch.times[entry], batch.lines.range(entry))
                guard time >= earliest, time <= last, line.count <= options.lineBytesMax else { continue }
                rest.append(time: time, line: batch.lines.bytes[line], metadata: batch.metadata.bytes[batch.metadata.range(entry)])
            }
        }
        return rest
    }

    /// Slows senders down to what sealing keeps up with, and sends them away only where that does not help.
    private func checkRoom() throws(LogStorageError) {
        var waited = 0
        while head.memoryBytes > options.headBytesMax * 4 {
            guard waited < LogStorage.appendWaitMax else {
                throw LogStorageError(.overloaded, "\(head.memoryBytes) bytes of log entries wait to be sealed")
            }
            ProcessCalls.pauseBriefly()
            waited += 1
        }
    }

    private func write(_ batch: LogBatch) throws {
        let payload = try compressors.with { try JournalPayload.encode(batch, $0) }
        while true {
            let generation = head.enter()
            defer { head.leave(generation) }
            guard try journal.append(payload, segment: generation.number) == .appended else { continue }
            options.stepReached?(.journalAppended)
            generation.add(batch)
            return
        }
    }
}
