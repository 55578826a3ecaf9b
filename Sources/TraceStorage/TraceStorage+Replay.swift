internal import ByteCoding
internal import ShardStorage
internal import Synchronization

extension TraceStorage {
    /// Reads back what the journal holds from before this start; each segment becomes a generation of the head. Columns are made of it afterwards.
    func replay() throws(TraceStorageError) {
        let started = ContinuousClock.now
        guard !journal.olderSegments.isEmpty else { return }
        var spans = 0
        var latest: HeadGeneration?
        do {
            try journal.replay { segment, payload in
                options.stepReached?(.replaying)
                let bytes = [UInt8](payload)
                do {
                    let head = try JournalPayload.head(bytes)
                    let generation = generation(segment, latest)
                    latest = generation
                    generation.add(payload: bytes, spans: head.spans)
                    spans += head.spans
                } catch let error as ByteCodingError {
                    damage.report("\(directory)/journal-\(segment).sqlite", "\(error)")
                }
            } damaged: { error in
                damage.report(error.path, error.message)
            }
        } catch {
            throw TraceStorageError(error, path: directory)
        }
        // A segment that nothing came from is dropped with the next seal.
        scheduleColumns()
        let milliseconds = (ContinuousClock.now - started).milliseconds
        counters.spansReplayed.store(spans, ordering: .relaxed)
        counters.replayMilliseconds.store(Int(milliseconds), ordering: .relaxed)
        options.report(.replayed(spans: spans, milliseconds: milliseconds))
    }

    private func generation(_ segment: UInt64, _ latest: HeadGeneration?) -> HeadGeneration {
        if let latest, latest.number == segment { return latest }
        let path = "\(directory)/journal-\(segment).sqlite"
        let new = HeadGeneration(number: segment, started: now) { [damage] in damage.report(path, $0) }
        head.addReplayed(new)
        return new
    }
}
