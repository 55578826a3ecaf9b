internal import ShardStorage
internal import Synchronization

extension LogStorage {
    func scrubForASecond() throws(LogStorageError) {
        let bytes = options.scrubBytesPerSecond ?? ShardScrub.weeklyPace(catalog)
        if bytes > 0 { try scrub(bytes: bytes) }
    }

    /// Reads some of the shards on, from where the step before ended, and deals with damage; see ``ShardScrub``.
    ///
    /// Where ``LogStorageOptions/runsInBackground`` is set, this happens by itself, once in a second.
    ///
    /// - Parameter bytes: about how many to read.
    public func scrub(bytes: Int) throws(LogStorageError) {
        do {
            try scrubState.withLock { scrub in
                try checkOpen()
                try scrub.step(bytes: bytes, in: catalog, today: today, LogScrub(storage: self))
            }
        } catch {
            throw LogStorageError(error, path: directory)
        }
    }
}

/// What the scrub does with shards of logs.
private struct LogScrub: ShardScrubWork {
    let storage: LogStorage

    func problems(of shard: Shard) throws -> [String] { try LogShardVerification().problems(of: shard) }

    func foundSound(_ shard: Shard, notes: inout [Int: [String]]) throws {
        try storage.maintenance.withLock { _ in _ = try shard.writeSums() }
    }

    /// The file is written anew from what can be read of it. Blocks that are damaged themselves stay as they are, and say so when they are read.
    func mend(_ shard: Shard, _ problems: [String], notes: inout [Int: [String]]) throws {
        for problem in problems { storage.damage.report(shard.path, problem) }
        // What is held in memory of the file is let go, so that the file itself is looked at.
        try shard.rest()
        try storage.maintenance.withLock { _ in
            let before = try self.problems(of: shard)
            do { try shard.rewrite() } catch { storage.damage.report(shard.path, "\(error)") }
            let after = try self.problems(of: shard)
            if after.isEmpty { try shard.writeSums() }
            if after.count < max(before.count, problems.count) { storage.options.report(.mended(file: shard.path, left: after.count)) }
        }
    }

    func finishRound(isEmpty: Bool, notes: [Int: [String]]) { if !isEmpty { storage.counters.scrubRounds.add(1, ordering: .relaxed) } }

    func noteRead(bytes: Int) { storage.counters.scrubbedBytes.add(bytes, ordering: .relaxed) }
}
