internal import Compression
internal import ShardStorage
internal import Synchronization
internal import TelemetryModel

/// What the maintenance thread keeps between its rounds.
struct MaintenanceState: Sendable {
    /// What is the same for every signal.
    var shards = ShardMaintenance()
    /// For each age of the retention the first day that is not over, when that was last looked at.
    var cutoffs: [Int?] = []
    /// Days that may have series which are too old, and those that were found and are still to do.
    var removals: [Int: [UInt32]?] = [:]
    /// When shards are due whose files still hold bytes of what was deleted on a user's word.
    var erasures: [Int: Timestamp] = [:]
    /// When what nobody asked for is let go of the next time.
    var cacheRoundDue: ContinuousClock.Instant?
}

extension MetricStorage {
    /// One round of background work: seals the head where it is due, merges pages, deletes what is older than the retention, rolls up a day.
    ///
    /// Appends and reads go on meanwhile. Where ``MetricStorageOptions/runsInBackground`` is set, this happens by itself: rollups once a second
    /// on a thread of their own, the rest five times a second.
    public func maintain() throws(MetricStorageError) {
        try maintainHeadAndShards()
        do { try rollUp(untilAtRest: false) } catch { throw MetricStorageError(error, path: directory) }
    }

    func maintainHeadAndShards() throws(MetricStorageError) {
        do {
            try maintenance.withLock { state in
                try checkOpen()
                lookAround(&state)
                // The head grows while pages are merged, so merges step aside for it.
                repeat { if isSealDue { try seal(&state) } } while try !merge(&state, untilAtRest: false)
                try state.shards.letDaysRest(in: catalog, today: Day.of(clock()))
                try applyRetention(&state, untilAtRest: false)
                try erase(&state, dueBy: clock())
                try writeSums(&state)
                letGoOfUnused(&state)
            }
        } catch {
            throw MetricStorageError(error, path: directory)
        }
    }

    /// Brings everything to rest: seals the head, merges all pages, and gives free space back to the file system.
    public func flush() throws(MetricStorageError) {
        do {
            try maintenance.withLock { state in
                try checkOpen()
                try seal(&state)
                state.shards.daysToMerge.formUnion(catalog.days)
                try merge(&state, untilAtRest: true)
                try state.shards.letDaysRest(in: catalog, today: Day.of(clock()))
            }
            try rollUp(untilAtRest: true)
            try maintenance.withLock { state in
                try checkOpen()
                try applyRetention(&state, untilAtRest: true)
                try erase(&state, dueBy: .max)
                try catalog.bringToRest()
                try metadataTable.rest()
                ProcessCalls.returnFreeMemory()
            }
        } catch {
            throw MetricStorageError(error, path: directory)
        }
    }

    /// Waits until everything that was acknowledged so far is on the disk, where the loss of power cannot take it.
    ///
    /// Where ``MetricStorageOptions/runsInBackground`` is set, this happens by itself, as often as ``MetricStorageOptions/journalSync`` says.
    public func sync() throws(MetricStorageError) {
        try checkOpen()
        do { try journal.sync() } catch { throw MetricStorageError(error, path: directory) }
    }

    /// Opens every shard once: merges that a killed process did not get to are done, and numbers about shards are whole.
    func lookAround(_ state: inout MaintenanceState) {
        guard state.shards.lookAround(in: catalog) else { return }
        for shard in catalog.days.compactMap({ try? catalog.shard(day: $0) }) where shard.contents.isErasureDue {
            state.erasures[shard.day] = clock()
        }
    }

    private var isSealDue: Bool {
        let generations = head.allGenerations
        let bytes = generations.reduce(0) { $0 + $1.memoryBytes.load(ordering: .relaxed) }
        let samples = generations.reduce(0) { $0 + $1.samples.load(ordering: .relaxed) }
        guard samples > 0 else { return generations.count > 1 }
        if clock() - generations[0].started >= options.headAgeMax { return true }
        guard bytes > options.headBytesMax else { return false }
        return samples >= head.activeSeriesCount * MetricStorage.samplesWorthSealing || bytes > headBytesDue
    }

    /// Samples of a series that make a chunk worth its cost.
    private static let samplesWorthSealing = 32
    /// How many times ``MetricStorageOptions/headBytesMax`` the head may be, where there are very many series.
    private static let headGrowthMax = 8

    /// Bytes of samples at which the head is sealed in any case: with very many series more, for sealing a few samples of each costs as much
    /// as sealing many.
    private var headBytesDue: Int {
        let worthwhile = head.activeSeriesCount * MetricStorage.samplesWorthSealing * HeadColumns.sampleBytes
        return min(max(options.headBytesMax * 2, worthwhile), options.headBytesMax * MetricStorage.headGrowthMax)
    }

    /// Bytes of samples from which on appends wait for sealing.
    var headBytesFull: Int { max(options.headBytesMax * 3, headBytesDue * 3 / 2) }

    /// Writes the head to shards. Afterwards the journal and the memory of what was written are free.
    ///
    /// - Parameter turnsAlways: whether a generation begins also where the active one is empty.
    func seal(_ state: inout MaintenanceState, turnsAlways: Bool = false) throws {
        let started = ContinuousClock.now
        if let active = head.allGenerations.last, turnsAlways || active.samples.load(ordering: .relaxed) > 0 {
            try journal.prepareRotation(leastNumber: UInt64(max(clock(), 1)))
            try journal.rotate { _, new in head.turn(to: new, now: clock()) }
            options.stepReached?(.headRotated)
        }
        let frozen = head.allGenerations.dropLast()
        guard let last = frozen.last, let active = head.allGenerations.last else { return }
        // Appends that entered before the rotation finish soon: all they wait for is the journal.
        while frozen.contains(where: { $0.inFlight.load(ordering: .acquiring) > 0 }) { ProcessCalls.pauseBriefly() }

        let job = HeadSeal(head: head, generations: Array(frozen)) { [damage, directory] in damage.report(directory, $0) }
        let compressor = try ZstdCompressor(level: 3)
        let decompressor = try ZstdDecompressor()
        var samples = 0
        for day in job.days {
            let shard = try catalog.shardForWriting(day: day)
            options.stepReached?(.shardWriting)
            do {
                samples += try job.write(day: day, to: shard, compressor: compressor, decompressor: decompressor)
            } catch {
                if error.code == .corrupt {
                    catalog.setAside(shard, error)
                    noteChange(in: Day.range(day))
                }
                throw error
            }
            options.stepReached?(.shardCommitted)
            state.shards.daysToMerge.insert(day)
            state.removals[day] = .some(nil)
        }
        options.stepReached?(.allShardsCommitted)
        head.dropGenerations(through: last.number)
        noteRollupsSpeak(besides: frozen.compactMap(\.timeRange))
        try journal.drop(through: last.number, keepingFor: backlog)
        options.stepReached?(.segmentDropped)
        if let first = frozen.first, first.ordinal < active.ordinal { head.removeSeries(untouchedSince: first.ordinal) }
        for day in job.days { try catalog.shard(day: day)?.checkpoint(givingBackSpace: false) }
        ProcessCalls.returnFreeMemory()
        let milliseconds = (ContinuousClock.now - started).milliseconds
        counters.seals.add(1, ordering: .relaxed)
        counters.sealMilliseconds.add(Int(milliseconds), ordering: .relaxed)
        options.report(.sealed(samples: samples, series: job.seriesCount, milliseconds: milliseconds))
    }

    /// Merges pages in the shards that were written.
    ///
    /// - Parameter untilAtRest: whether to merge all there is to merge, whatever is due meanwhile.
    /// - Returns: whether it is done; false where it ended early because the head is to be sealed.
    @discardableResult
    private func merge(_ state: inout MaintenanceState, untilAtRest isWhole: Bool) throws -> Bool {
        var unfinished: Set<Int> = []
        defer { state.shards.daysToMerge.formUnion(unfinished) }
        try state.shards.merge(in: catalog, today: Day.of(clock()), untilAtRest: isWhole) { shard, untilAtRest in
            let started = ContinuousClock.now
            let merge = PageMerge(shard: shard, untilAtRest: untilAtRest, stepReached: options.stepReached)
            let (merged, isFinished) = try merge.run(steppingAsideFor: { !isWhole && isSealDue }) { page, reason in
                damage.report(shard.path, "page \(page): \(reason)")
            }
            if !isFinished { unfinished.insert(shard.day) }
            if merged > 0 {
                counters.merges.add(merged, ordering: .relaxed)
                counters.mergeMilliseconds.add(Int((ContinuousClock.now - started).milliseconds), ordering: .relaxed)
                pageCache.forgetReplacedPages(of: shard)
            }
            return merged
        } cleaned: {
            options.stepReached?(.retiredPagesDeleted)
        }
        return unfinished.isEmpty
    }

    private func writeSums(_ state: inout MaintenanceState) throws {
        let now = clock()
        try state.shards.writeSums(in: catalog, now: now, today: Day.of(now), besides: state.erasures.keys)
    }

    private static let cacheRound = Duration.seconds(60)
    /// What nobody asked for in so many rounds is read again when it is wanted.
    private static let cacheRoundsMax = 4

    /// Now and then, lets go of pages and parts of the index that nobody asked for in some minutes.
    private func letGoOfUnused(_ state: inout MaintenanceState) {
        let now = ContinuousClock.now
        guard let due = state.cacheRoundDue else { return state.cacheRoundDue = now + MetricStorage.cacheRound }
        guard now >= due else { return }
        state.cacheRoundDue = now + MetricStorage.cacheRound
        pageCache.beginRound(keeping: MetricStorage.cacheRoundsMax)
        indexCache.beginRound(keeping: MetricStorage.cacheRoundsMax)
    }

    /// Rollups speak for a day only while the head has nothing of it.
    private func noteRollupsSpeak(besides sealed: [TimeRange]) {
        let last = clock() - MetricStorage.rollupDelay
        guard !rollups.keeping.isEmpty, let first = sealed.map(\.start).min() else { return }
        noteChange(in: TimeRange(start: first, end: min(last, sealed.map(\.end).max() ?? last)))
    }
}
