internal import ShardStorage
internal import Synchronization

/// What the maintenance thread keeps between its rounds.
struct LogMaintenanceState: Sendable {
    var shards = ShardMaintenance()
    /// Days in which streams may be too old, and the days that decide so.
    var daysToTrim: Set<Int> = []
    var cutoffs: [Int] = []
    /// Days from which something was deleted on a user's word, and when its bytes go from the file, in milliseconds since 1970.
    var erasures: [Int: Int64] = [:]
}

extension LogStorage {
    /// One round of background work: seals the head where it is due, merges blocks, deletes what is older than the retention.
    ///
    /// Appends and queries go on meanwhile. Where ``LogStorageOptions/runsInBackground`` is set, this happens by itself, twenty times a second.
    public func maintain() throws(LogStorageError) {
        do {
            try maintenance.withLock { state in
                try checkOpen()
                lookAround(&state)
                if isSealDue { try seal(&state) }
                try merge(&state, untilAtRest: false)
                try state.shards.letDaysRest(in: catalog, today: today)
                try applyRetention(&state, untilAtRest: false)
                try erase(&state, dueBy: now)
                try state.shards.writeSums(in: catalog, now: now, today: today, besides: state.erasures.keys)
            }
        } catch {
            throw LogStorageError(error, path: directory)
        }
    }

    /// Brings everything to rest: seals the head, merges blocks, and gives free space back to the file system.
    public func flush() throws(LogStorageError) {
        do {
            try maintenance.withLock { state in
                try checkOpen()
                lookAround(&state)
                try seal(&state)
                for day in catalog.days { state.shards.daysToMerge.insert(day) }
                try merge(&state, untilAtRest: true)
                try state.shards.letDaysRest(in: catalog, today: today)
                try applyRetention(&state, untilAtRest: true)
                try erase(&state, dueBy: .max)
                try catalog.bringToRest()
                ProcessCalls.returnFreeMemory()
            }
        } catch {
            throw LogStorageError(error, path: directory)
        }
    }

    /// The day of the clock.
    var today: Int { LogDay.of(milliseconds: now) }

    /// In the first round, takes note of what a killed process left to do.
    func lookAround(_ state: inout LogMaintenanceState) {
        guard state.shards.lookAround(in: catalog) else { return }
        for day in catalog.days where (try? catalog.shard(day: day))?.contents.isErasureDue == true { state.erasures[day] = now }
    }

    private var isSealDue: Bool {
        let generations = head.all
        let entries = generations.reduce(0) { $0 + $1.entryCount.load(ordering: .relaxed) }
        guard entries > 0 else { return generations.count > 1 }
        // What was read back is sealed at once: the journal is short again then.
        if generations.count > 1 || entries >= options.headEntriesMax { return true }
        if now - generations[0].started >= options.headAgeMax { return true }
        return head.memoryBytes > options.headBytesMax
    }

    /// Writes the head to shards. Afterwards the journal and the memory of what was written are free.
    func seal(_ state: inout LogMaintenanceState) throws {
        let started = ContinuousClock.now
        if let active = head.all.last, active.entryCount.load(ordering: .relaxed) > 0 {
            try journal.prepareRotation(leastNumber: UInt64(max(now, 1)))
            try journal.rotate { _, new in head.turn(to: new, now: now) }
            options.stepReached?(.headRotated)
        }
        let frozen = head.all.dropLast()
        guard let last = frozen.last else { return try dropEmptySegments() }
        // Appends that entered before the rotation finish soon: all they wait for is the journal.
        while frozen.contains(where: { $0.inFlight.load(ordering: .acquiring) > 0 }) { ProcessCalls.pauseBriefly() }

        var written = 0
        var days: Set<Int> = []
        for generation in frozen {
            let job = GenerationSeal(generation)
            for day in job.days {
                written += try write(day, job)
                state.shards.daysToMerge.insert(day)
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
        options.report(.sealed(entries: written, milliseconds: milliseconds))
    }

    private func write(_ day: Int, _ job: GenerationSeal) throws -> Int {
        let shard = try catalog.shardForWriting(day: day)
        do {
            let written = try job.write(day: day, to: shard, options)
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

    private func merge(_ state: inout LogMaintenanceState, untilAtRest: Bool) throws {
        try state.shards.merge(in: catalog, today: today, untilAtRest: untilAtRest) { shard, untilAtRest in
            let started = ContinuousClock.now
            let merge = BlockMerge(shard: shard, untilAtRest: untilAtRest, cache: cache, damage: damage, options: options)
            let merged = try merge.run()
            if merged > 0 {
                counters.merges.add(merged, ordering: .relaxed)
                counters.mergeMilliseconds.add(Int((ContinuousClock.now - started).milliseconds), ordering: .relaxed)
            }
            return merged
        } cleaned: {
            options.stepReached?(.retiredPagesDeleted)
        }
    }
}
