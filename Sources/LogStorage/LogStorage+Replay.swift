internal import ByteCoding
internal import ShardStorage
internal import Synchronization

extension LogStorage {
    /// Reads back what the journal holds from before this start; each segment becomes a generation of the head. It is decoded when it is first needed.
    func replay() throws(LogStorageError) {
        let started = ContinuousClock.now
        guard !journal.olderSegments.isEmpty else { return }
        var entries = 0
        var latest: HeadGeneration?
        do {
            try journal.replay { segment, payload in
                options.stepReached?(.replaying)
                let bytes = [UInt8](payload)
                do {
                    let head = try JournalPayload.head(bytes)
                    let generation = generation(segment, latest)
                    latest = generation
                    generation.add(payload: bytes, entries: head.entries)
                    entries += head.entries
                } catch let error as ByteCodingError {
                    damage.report("\(directory)/journal-\(segment).sqlite", "\(error)")
                }
            } damaged: { error in
                damage.report(error.path, error.message)
            }
        } catch {
            throw LogStorageError(error, path: directory)
        }
        // A segment that nothing came from is dropped with the next seal.
        let milliseconds = (ContinuousClock.now - started).milliseconds
        counters.entriesReplayed.store(entries, ordering: .relaxed)
        counters.replayMilliseconds.store(Int(milliseconds), ordering: .relaxed)
        options.report(.replayed(entries: entries, milliseconds: milliseconds))
    }

    private func generation(_ segment: UInt64, _ latest: HeadGeneration?) -> HeadGeneration {
        if let latest, latest.number == segment { return latest }
        let path = "\(directory)/journal-\(segment).sqlite"
        let new = HeadGeneration(number: segment, started: now, isReplayed: true) { [damage] in damage.report(path, $0) }
        head.addReplayed(new)
        return new
    }
}
