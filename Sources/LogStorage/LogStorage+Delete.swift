public import LabelMatching
internal import ShardStorage
internal import Synchronization
internal import TelemetryModel

extension LogStorage {
    /// How long bytes of deleted entries may stay in files before these are written anew, so that many deletions cost that once. Milliseconds.
    private static let erasureDelay: Int64 = 10 * 60_000

    /// Deletes the entries from `start` (inclusive) to `end` (exclusive) of the streams that pass all matchers, where the line passes a test.
    ///
    /// It is durable, and seen by every later query, when this returns. What is appended later stays, also at the same times; an append at
    /// the same moment comes before or after. Bytes of what was deleted leave the files a little later, or with ``eraseDeleted()`` or ``flush()``.
    ///
    /// - Parameter isDeleted: the test; nil for every line. Called from one thread.
    /// - Returns: the number of entries that were deleted; copies that a sender repeated may count each.
    /// - Throws: ``LogStorageError``: a part may be deleted then; `corrupt` where damage kept some of it from being looked at.
    @discardableResult
    public func delete(
        matching matchers: [LabelMatcher], from start: Int64, to end: Int64, where isDeleted: ((UnsafeRawBufferPointer) -> Bool)? = nil
    ) throws(LogStorageError) -> Int {
        try checkOpen()
        guard start < end else { return 0 }
        let selector = LabelSelector(matchers)
        let range = start...(end - 1)
        do {
            try maintenance.withLock { state in
                try checkOpen()
                lookAround(&state)
                // Brings what may have to go from the head to the shards, where it can be deleted.
                if head.all.contains(where: { $0.streams(in: range).contains(where: selector.matches) }) { try seal(&state) }
                // A segment that comes back after a loss of power would bring its entries back.
                try FileOperations.syncDirectory(directory)
            }
            var problems: [String] = []
            var deleted = 0
            for day in catalog.days where LogDay.range(day).overlaps(range) {
                try maintenance.withLock { state in
                    try checkOpen()
                    guard let shard = try? catalog.shard(day: day) else {
                        problems.append("\(catalog.path(day: day)) cannot be read")
                        return
                    }
                    var removal = RowRemoval(shard: shard, cache: cache, damage: damage, options: options, isOnWish: true)
                    let removed = try removal.run(overlapping: range) { selector.matches($0) ? .some(range, isDeleted) : .none }
                    problems += removal.problems
                    guard removed > 0 else { return }
                    deleted += removed
                    state.shards.daysToClean.insert(day)
                    state.shards.daysToMerge.insert(day)
                    state.erasures[day] = now + LogStorage.erasureDelay
                }
            }
            counters.entriesDeleted.add(deleted, ordering: .relaxed)
            if !problems.isEmpty { throw LogStorageError(.corrupt, "deleted but for what is damaged: " + problems.joined(separator: "; ")) }
            return deleted
        } catch {
            throw LogStorageError(error, path: directory)
        }
    }

    /// Writes the files anew from which something was deleted: nothing of that is on the disk afterwards.
    ///
    /// - Throws: ``LogStorageError``: `overloaded` where queries that are under way still read what was deleted.
    public func eraseDeleted() throws(LogStorageError) {
        do {
            try maintenance.withLock { state in
                try checkOpen()
                lookAround(&state)
                try erase(&state, dueBy: .max)
                if let day = state.erasures.keys.min() {
                    throw LogStorageError(.overloaded, "\(catalog.path(day: day)) is still being read; try again")
                }
            }
        } catch {
            throw LogStorageError(error, path: directory)
        }
    }

    /// Erases what is due; what is still read, or fails, is due again later.
    func erase(_ state: inout LogMaintenanceState, dueBy time: Int64) throws {
        for (day, due) in state.erasures where due <= time {
            guard let shard = try? catalog.shard(day: day) else {
                state.erasures[day] = nil
                continue
            }
            state.erasures[day] = now + LogStorage.erasureDelay
            guard try shard.erase() else { continue }
            options.stepReached?(.erased)
            state.erasures[day] = nil
        }
    }
}
