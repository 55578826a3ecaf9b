internal import ShardStorage
internal import Synchronization

extension TraceStorage {
    func scrubForASecond() throws(TraceStorageError) {
        let bytes = options.scrubBytesPerSecond ?? ShardScrub.weeklyPace(catalog)
        if bytes > 0 { try scrub(bytes: bytes) }
    }

    /// Reads some of the shards on, from where the step before ended, and deals with damage; see ``ShardScrub``.
    ///
    /// Where ``TraceStorageOptions/runsInBackground`` is set, this happens by itself, once in a second.
    ///
    /// - Parameter bytes: about how many to read.
    public func scrub(bytes: Int) throws(TraceStorageError) {
        do {
            try scrubState.withLock { scrub in
                try checkOpen()
                try scrub.step(bytes: bytes, in: catalog, today: today, TraceScrub(storage: self))
            }
        } catch {
            throw TraceStorageError(error, path: directory)
        }
    }
}

/// What the scrub does with shards of traces.
private struct TraceScrub: RewritingScrubWork {
    let storage: TraceStorage

    var damage: DamageReports { storage.damage }

    func problems(of shard: Shard) throws -> [String] { try TraceShardVerification().problems(of: shard) }

    func withoutMaintenance(_ body: () throws -> Void) throws { try storage.maintenance.withLock { _ in try body() } }

    func noteMended(_ file: String, left: Int) { storage.options.report(.mended(file: file, left: left)) }

    func noteRound() { storage.counters.scrubRounds.add(1, ordering: .relaxed) }

    func noteRead(bytes: Int) { storage.counters.scrubbedBytes.add(bytes, ordering: .relaxed) }
}
