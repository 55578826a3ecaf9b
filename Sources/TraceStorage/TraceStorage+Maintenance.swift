internal import Compression
internal import ShardStorage
internal import Synchronization

extension TraceStorage {
    /// One round of background work: seals the head where it is due, merges blocks, deletes what is older than the retention.
    ///
    /// Appends and queries go on meanwhile. Where ``TraceStorageOptions/runsInBackground`` is set, this happens by itself, five times a second.
    public func maintain() throws(TraceStorageError) {
        do {
            try maintenance.withLock { state in
                try checkOpen()
                _ = state.lookAround(in: catalog)
                if isSealDue { try seal(&state) }
                try merge(&state, untilAtRest: false)
                try state.letDaysRest(in: catalog, today: today)
                try applyRetention(&state, untilAtRest: false)
                try state.writeSums(in: catalog, now: now, today: today)
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
                try state.letDaysRest(in: catalog, today: today)
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
    private func seal(_ state: inout ShardMaintenance) throws {
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

    private func merge(_ state: inout ShardMaintenance, untilAtRest: Bool) throws {
        try state.merge(in: catalog, today: today, untilAtRest: untilAtRest) { shard, untilAtRest in
            let started = ContinuousClock.now
            let merge = BlockMerge(
                shard: shard, spansMax: options.blockSpansMax, untilAtRest: untilAtRest, cache: columnCache,
                stepReached: options.stepReached)
            let merged = try merge.run { page, reason in damage.report(shard.path, "block \(page): \(reason)") }
            if merged > 0 {
                counters.merges.add(merged, ordering: .relaxed)
                counters.mergeMilliseconds.add(Int((ContinuousClock.now - started).milliseconds), ordering: .relaxed)
            }
            return merged
        } cleaned: {
            options.stepReached?(.retiredPagesDeleted)
        }
    }

    // MARK: Retention

    /// Deletes what is older than it may be, or more than there may be.
    private func applyRetention(_ state: inout ShardMaintenance, untilAtRest: Bool) throws {
        let now = clock()
        if let retention = options.retention, now > retention {
            let cutoff = TraceDay.of(now - retention)
            for day in catalog.days.prefix(while: { $0 < cutoff }) { try delete(day, "age", &state) }
        }
        guard let bytesMax = options.retentionBytesMax, state.isSizeLookDue(now: self.now, untilAtRest: untilAtRest) else { return }
        for day in catalog.days where day < TraceDay.of(now) {
            guard try FileOperations.allocatedBytes(inFolder: directory) > bytesMax else { return }
            try delete(day, "size", &state)
        }
    }

    private func delete(_ day: Int, _ reason: String, _ state: inout ShardMaintenance) throws {
        guard let file = try catalog.deleteShard(day: day) else { return }
        state.forget(day: day)
        counters.shardsDeleted.add(1, ordering: .relaxed)
        options.report(.deleted(file: file, reason: reason))
    }
}
