internal import ShardStorage
internal import Synchronization

/// What the scrub keeps between its steps.
struct TraceScrubState: Sendable {
    var position: ScrubPosition
    /// Bytes that were read ahead of the pace.
    var ahead = 0
    /// The checksums of the shard that is being read.
    var sums: (day: Int, sums: ShardSums)?
}

extension TraceStorage {
    /// The least that is read in a second, so that small storages are read sooner.
    private static let scrubBytesMin = 64 << 10
    private static let secondsOfWeek = 7 * 86_400

    func scrubForASecond() throws(TraceStorageError) {
        let bytes = options.scrubBytesPerSecond ?? max(TraceStorage.scrubBytesMin, catalog.allocatedBytes / TraceStorage.secondsOfWeek)
        if bytes > 0 { try scrub(bytes: bytes) }
    }

    /// Reads some of the shards on, from where the step before ended, and deals with damage. A shard at rest is compared with its checksums,
    /// piece by piece; one of a day that is over and has none is verified whole and gets its checksums then, and the steps after pause for as
    /// long as that was ahead.
    ///
    /// Where ``TraceStorageOptions/runsInBackground`` is set, this happens by itself, once in a second.
    ///
    /// - Parameter bytes: about how many to read.
    public func scrub(bytes: Int) throws(TraceStorageError) {
        do {
            try scrubState.withLock { state in
                try checkOpen()
                if state.ahead > 0 {
                    state.ahead -= bytes
                    return
                }
                guard let day = catalog.days.first(where: { $0 >= state.position.day }) else {
                    if state.position.day != .min { counters.scrubRounds.add(1, ordering: .relaxed) }
                    (state.position.day, state.position.page) = (.min, 0)
                    return try state.position.write(to: directory)
                }
                if day != state.position.day { (state.position.day, state.position.page) = (day, 0) }
                // A file that cannot be opened was told of when it was tried.
                let isDone = try (try? catalog.shard(day: day)).map { try scrub($0, bytes: bytes, &state) } ?? true
                if isDone {
                    (state.position.day, state.position.page) = (day + 1, 0)
                    state.sums = nil
                    try state.position.write(to: directory)
                }
            }
        } catch {
            throw TraceStorageError(error, path: directory)
        }
    }

    /// - Returns: whether the shard has been read whole.
    private func scrub(_ shard: Shard, bytes: Int, _ state: inout TraceScrubState) throws -> Bool {
        let known = state.sums.flatMap { $0.day == shard.day ? $0.sums : nil }
        let sums: ShardSums?
        do { sums = try known ?? ShardSums(ofShard: shard.path) } catch let error as ShardStorageError where error.code == .corrupt {
            try mend(shard, [error.message])
            return true
        }
        guard let sums else {
            // The day that is being written comes to rest when it is over.
            if shard.day >= TraceDay.of(milliseconds: now) { return true }
            state.ahead = shard.allocatedBytes
            counters.scrubbedBytes.add(shard.allocatedBytes, ordering: .relaxed)
            let problems = try TraceShardVerification().problems(of: shard)
            if problems.isEmpty {
                try maintenance.withLock { _ in _ = try shard.writeSums() }
            } else {
                try mend(shard, problems)
            }
            return true
        }
        state.sums = (shard.day, sums)
        let pages = max(1, bytes / sums.pageBytes)
        let first = state.position.page
        let changed = try sums.changedPages(ofShard: shard.path, among: first..<first + pages)
        counters.scrubbedBytes.add(min(pages, max(0, sums.sums.count - first)) * sums.pageBytes, ordering: .relaxed)
        if !changed.isEmpty {
            // Written meanwhile, and no longer at rest: read in the next round.
            guard try ShardSums(ofShard: shard.path) == sums else { return true }
            try mend(shard, changed.map { ShardSums.sentence(onPage: $0, pageBytes: sums.pageBytes) })
            return true
        }
        state.position.page += pages
        return state.position.page >= sums.sums.count
    }

    /// Deals with damage: the file is written anew from what can be read of it. Blocks that are damaged themselves stay as they are, and say so when they
    /// are read.
    private func mend(_ shard: Shard, _ problems: [String]) throws {
        for problem in problems { damage.report(shard.path, problem) }
        // What is held in memory of the file is let go, so that the file itself is looked at.
        try shard.rest()
        try maintenance.withLock { _ in
            let before = try TraceShardVerification().problems(of: shard)
            do { try shard.rewrite() } catch { damage.report(shard.path, "\(error)") }
            let after = try TraceShardVerification().problems(of: shard)
            if after.isEmpty { try shard.writeSums() }
            if after.count < max(before.count, problems.count) { options.report(.mended(file: shard.path, left: after.count)) }
        }
    }
}
