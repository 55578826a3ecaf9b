internal import Compression
internal import ShardStorage
internal import Synchronization

/// What the maintenance thread keeps between its rounds.
struct TraceMaintenanceState: Sendable {
    /// Whether all shards were opened once, to see what a killed process left to do.
    var hasLookedAround = false
    /// The day of the clock at the latest look for days that are over.
    var today = Int.min
    /// Shards that were written and may have something to merge.
    var daysToMerge: Set<Int> = []
    /// Shards with replaced blocks that a query still held.
    var daysToClean: Set<Int> = []
    /// When the size of the folder was last looked at.
    var sizeLookedAt = Int64.min
    /// When days that are over are looked through for shards at rest without checksums.
    var sumsDue = Int64.min
}

extension TraceStorage {
    /// One round of background work: seals the head where it is due, merges blocks, deletes what is older than the retention.
    ///
    /// Appends and queries go on meanwhile. Where ``TraceStorageOptions/runsInBackground`` is set, this happens by itself, five times a second.
    public func maintain() throws(TraceStorageError) {
        do {
            try maintenance.withLock { state in
                try checkOpen()
                lookAround(&state)
                if isSealDue { try seal(&state) }
                try merge(&state, untilAtRest: false)
                try letDaysRest(&state)
                try applyRetention(&state, untilAtRest: false)
                try writeSums(&state)
            }
        } catch {
            throw TraceStorageError(error, path: directory)
        }
    }

    /// Brings everything to rest: seals the head, merges blocks, and gives free space back to the file system.
    public func flush() throws(TraceStorageError) {
        do {
            try maintenance.withLock { state in
                try checkOpen()
                try seal(&state)
                for day in catalog.days { state.daysToMerge.insert(day) }
                try merge(&state, untilAtRest: true)
                try letDaysRest(&state)
                try applyRetention(&state, untilAtRest: true)
                for shard in catalog.openShards {
                    try shard.deleteRetiredPages()
                    try shard.checkpoint(givingBackSpace: true)
                    try shard.writeSums()
                    try shard.rest()
                }
                ProcessCalls.returnFreeMemory()
            }
        } catch {
            throw TraceStorageError(error, path: directory)
        }
    }

    /// Opens every shard once: merges that a killed process did not get to are done, and numbers about shards are whole.
    private func lookAround(_ state: inout TraceMaintenanceState) {
        guard !state.hasLookedAround else { return }
        state.hasLookedAround = true
        state.daysToMerge.formUnion(catalog.days)
    }

    private var isSealDue: Bool {
        let generations = head.all
        let spans = generations.reduce(0) { $0 + $1.spanCount.load(ordering: .relaxed) }
        guard spans > 0 else { return generations.count > 1 }
        // What was read back is sealed at once: the journal is short again then.
        if generations.count > 1 || spans >= options.headSpansMax { return true }
        if now - generations[0].started >= options.headAgeMax { return true }
        return head.memoryBytes > options.headBytesMax
    }

    /// Writes the head to shards. Afterwards the journal and the memory of what was written are free.
    private func seal(_ state: inout TraceMaintenanceState) throws {
        let started = ContinuousClock.now
        if let active = head.all.last, active.spanCount.load(ordering: .relaxed) > 0 {
            try journal.prepareRotation(leastNumber: UInt64(max(now, 1)))
            try journal.rotate { _, new in head.turn(to: new, now: now) }
            options.stepReached?(.headRotated)
        }
        let frozen = head.all.dropLast()
        guard let last = frozen.last else { return try dropEmptySegments() }
        // Appends that entered before the rotation finish soon: all they wait for is the journal.
        while frozen.contains(where: { $0.inFlight.load(ordering: .acquiring) > 0 }) { ProcessCalls.pauseBriefly() }

        let compressor = try ZstdCompressor(level: TraceBlockLevel.sealed)
        var written = (spans: 0, traces: 0)
        var days: Set<Int> = []
        for generation in frozen {
            let job = GenerationSeal(generation)
            for day in job.days {
                let (spans, traces) = try write(day, job, compressor)
                written = (written.spans + spans, written.traces + traces)
                state.daysToMerge.insert(day)
            }
            days.formUnion(job.days)
        }
        options.stepReached?(.allShardsCommitted)
        head.drop(through: last.number)
        try journal.drop(through: last.number)
        options.stepReached?(.segmentDropped)
        for day in days { try catalog.shard(day: day)?.checkpoint(givingBackSpace: false) }
        ProcessCalls.returnFreeMemory()
        let milliseconds = (ContinuousClock.now - started).milliseconds
        counters.seals.add(1, ordering: .relaxed)
        counters.sealMilliseconds.add(Int(milliseconds), ordering: .relaxed)
        options.report(.sealed(spans: written.spans, traces: written.traces, milliseconds: milliseconds))
    }

    private func write(_ day: Int, _ job: GenerationSeal, _ compressor: ZstdCompressor) throws -> (spans: Int, traces: Int) {
        let shard = try catalog.shardForWriting(day: day)
        do {
            let written = try job.write(day: day, to: shard, spansMax: options.blockSpansMax, compressor, stepReached: options.stepReached)
            options.stepReached?(.shardCommitted)
            return written
        } catch {
            if let error = error as? ShardStorageError, error.code == .corrupt { catalog.setAside(shard, error) }
            throw error
        }
    }

    /// Segments that nothing came from when they were read back.
    private func dropEmptySegments() throws(ShardStorageError) {
        if let last = journal.olderSegments.last { try journal.drop(through: last) }
    }

    private func merge(_ state: inout TraceMaintenanceState, untilAtRest: Bool) throws {
        let today = TraceDay.of(milliseconds: now)
        for day in state.daysToMerge.sorted() {
            guard let shard = try? catalog.shard(day: day) else {
                state.daysToMerge.remove(day)
                continue
            }
            let started = ContinuousClock.now
            // A day that is over gets no more than stragglers: it is brought to rest at once.
            let merge = BlockMerge(
                shard: shard, spansMax: options.blockSpansMax, untilAtRest: untilAtRest || day < today - 1, cache: columnCache,
                stepReached: options.stepReached)
            let merged = try merge.run { page, reason in damage.report(shard.path, "block \(page): \(reason)") }
            if merged > 0 {
                counters.merges.add(merged, ordering: .relaxed)
                counters.mergeMilliseconds.add(Int((ContinuousClock.now - started).milliseconds), ordering: .relaxed)
                state.daysToClean.insert(day)
            }
            state.daysToMerge.remove(day)
        }
        for day in state.daysToClean {
            guard let shard = try? catalog.shard(day: day) else {
                state.daysToClean.remove(day)
                continue
            }
            if try shard.deleteRetiredPages() {
                state.daysToClean.remove(day)
                options.stepReached?(.retiredPagesDeleted)
                try shard.checkpoint(givingBackSpace: untilAtRest || day < today)
            }
        }
    }

    private static let sumsInterval: Int64 = 30 * 60_000

    /// Now and then, makes the checksums of a shard of a day that is over and that nothing is to be done with: one in a round.
    private func writeSums(_ state: inout TraceMaintenanceState) throws {
        let now = now
        guard now >= state.sumsDue else { return }
        state.sumsDue = now + TraceStorage.sumsInterval
        let today = TraceDay.of(milliseconds: now)
        let busy = state.daysToMerge.union(state.daysToClean)
        for day in catalog.days where day < today && !busy.contains(day) {
            guard let shard = try? catalog.shard(day: day), !shard.hasSums else { continue }
            if try shard.writeSums() {
                state.sumsDue = now + 10_000
                return
            }
        }
    }

    /// Once a day: days that are over are brought to rest, and let go of what was needed to write them.
    private func letDaysRest(_ state: inout TraceMaintenanceState) throws(ShardStorageError) {
        let day = TraceDay.of(milliseconds: now)
        guard day != state.today else { return }
        state.today = day
        state.daysToMerge.formUnion(catalog.days.filter { $0 < day && $0 >= day - 3 })
        for shard in catalog.openShards where shard.day < day { try shard.rest() }
    }

    // MARK: Retention

    /// How often the size of the folder is looked at, in milliseconds.
    private static let sizeLookInterval: Int64 = 10_000

    /// Deletes what is older than it may be, or more than there may be.
    private func applyRetention(_ state: inout TraceMaintenanceState, untilAtRest: Bool) throws {
        let now = clock()
        if let retention = options.retention, now > retention {
            let cutoff = TraceDay.of(now - retention)
            for day in catalog.days.prefix(while: { $0 < cutoff }) { try delete(day, "age", &state) }
        }
        let milliseconds = self.now
        guard let bytesMax = options.retentionBytesMax,
            untilAtRest || milliseconds >= state.sizeLookedAt + TraceStorage.sizeLookInterval || milliseconds < state.sizeLookedAt
        else { return }
        state.sizeLookedAt = milliseconds
        for day in catalog.days where day < TraceDay.of(now) {
            guard try FileOperations.allocatedBytes(inFolder: directory) > bytesMax else { return }
            try delete(day, "size", &state)
        }
    }

    private func delete(_ day: Int, _ reason: String, _ state: inout TraceMaintenanceState) throws {
        guard let file = try catalog.deleteShard(day: day) else { return }
        state.daysToMerge.remove(day)
        state.daysToClean.remove(day)
        counters.shardsDeleted.add(1, ordering: .relaxed)
        options.report(.deleted(file: file, reason: reason))
    }
}
