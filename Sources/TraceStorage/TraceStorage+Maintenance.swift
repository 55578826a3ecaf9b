internal import ColumnCoding
internal import Compression
internal import ShardStorage
internal import Synchronization

/// What the maintenance thread keeps between its rounds.
struct TraceMaintenanceState: Sendable {
    /// What is the same for every signal.
    var shards = ShardMaintenance()
    /// For each age of the retention the first day that is not over, when that was last looked at.
    var cutoffs: [Int?] = []
    /// Days that may have spans which are too old, and the blocks that were found to have some and are still to do.
    var removals: [Int: [Int64]?] = [:]
}

extension TraceStorage {
    /// One round of background work: seals the head where it is due, merges blocks, deletes what is older than the retention.
    ///
    /// Appends and queries go on meanwhile. Where ``TraceStorageOptions/runsInBackground`` is set, this happens by itself, five times a second.
    public func maintain() throws(TraceStorageError) {
        do {
            try maintenance.withLock { state in
                try checkOpen()
                _ = state.shards.lookAround(in: catalog)
                if isSealDue { try seal(&state) }
                try merge(&state, untilAtRest: false)
                try state.shards.letDaysRest(in: catalog, today: today)
                try applyRetention(&state, untilAtRest: false)
                try state.shards.writeSums(in: catalog, now: now, today: today, besides: state.removals.keys)
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
                state.shards.daysToMerge.formUnion(catalog.days)
                try merge(&state, untilAtRest: true)
                try state.shards.letDaysRest(in: catalog, today: today)
                try applyRetention(&state, untilAtRest: true)
                try catalog.bringToRest()
                ProcessCalls.returnFreeMemory()
            }
        } catch {
            throw TraceStorageError(error, path: directory)
        }
    }

    /// The day of the clock.
    var today: Int { TraceDay.of(milliseconds: now) }

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
                state.shards.daysToMerge.insert(day)
                state.removals[day] = .some(nil)
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
        try state.shards.merge(in: catalog, today: today, untilAtRest: untilAtRest) { shard, untilAtRest in
            let started = ContinuousClock.now
            let outcome = try blockMerge(shard, untilAtRest: untilAtRest).run { page, reason in reportBlock(page, of: shard, reason) }
            note(outcome, since: started)
            return outcome.merges
        } cleaned: {
            options.stepReached?(.retiredPagesDeleted)
        }
    }

    func blockMerge(_ shard: Shard, untilAtRest: Bool) -> BlockMerge {
        BlockMerge(
            shard: shard, spansMax: options.blockSpansMax, untilAtRest: untilAtRest, keeping: keeping, now: clock(),
            stepReached: options.stepReached)
    }

    func reportBlock(_ page: Int64, of shard: Shard, _ reason: String) { damage.report(shard.path, "block \(page): \(reason)") }

    func note(_ outcome: BlockMerge.Outcome, since started: ContinuousClock.Instant) {
        guard outcome.merges > 0 else { return }
        counters.merges.add(outcome.merges, ordering: .relaxed)
        counters.mergeMilliseconds.add(Int((ContinuousClock.now - started).milliseconds), ordering: .relaxed)
        counters.spansDropped.add(outcome.dropped, ordering: .relaxed)
        columnCache.forget(serials: outcome.replaced)
        tableCache.forget(serials: outcome.replaced)
        splitTraces.forget(serials: outcome.replaced)
        ProcessCalls.returnFreeMemory()
    }
}
