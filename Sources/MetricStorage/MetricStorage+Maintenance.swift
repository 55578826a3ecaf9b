internal import Compression
internal import ShardStorage
internal import Synchronization
internal import TelemetryModel

/// What the maintenance thread keeps between its rounds.
struct MaintenanceState: Sendable {
    /// Whether all shards were opened once, to see what a killed process left to do.
    var hasLookedAround = false
    /// The day of the clock at the latest look for days that are over.
    var today = Int.min
    /// Shards that were written and may have something to merge.
    var daysToMerge: Set<Int> = []
    /// Shards with replaced pages that a selection still held.
    var daysToClean: Set<Int> = []
    /// For each age of the retention the first day that is not over, when that was last looked at.
    var cutoffs: [Int?] = []
    /// Days that may have series which are too old, and those that were found and are still to do.
    var removals: [Int: [UInt32]?] = [:]
    /// When the size of the folder was last looked at.
    var sizeLookedAt = Timestamp.min
    /// When shards are due whose files still hold bytes of what was deleted on a user's word.
    var erasures: [Int: Timestamp] = [:]
    /// When days that are over are looked through for shards at rest without checksums.
    var sumsDue = Timestamp.min
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
                if isSealDue { try seal(&state) }
                try merge(&state, untilAtRest: false)
                try letDaysRest(&state)
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
                for day in catalog.days { state.daysToMerge.insert(day) }
                try merge(&state, untilAtRest: true)
                try letDaysRest(&state)
            }
            try rollUp(untilAtRest: true)
            try maintenance.withLock { state in
                try checkOpen()
                try applyRetention(&state, untilAtRest: true)
                try erase(&state, dueBy: .max)
                for shard in catalog.openShards {
                    try shard.deleteRetiredPages()
                    try shard.checkpoint(givingBackSpace: true)
                    try shard.writeSums()
                    try shard.rest()
                }
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
        guard !state.hasLookedAround else { return }
        state.hasLookedAround = true
        state.daysToMerge.formUnion(catalog.days)
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
        // With very many series, a little more memory makes chunks that are worth sealing.
        return samples >= head.activeSeriesCount * 32 || bytes > options.headBytesMax * 2
    }

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
            state.daysToMerge.insert(day)
            state.removals[day] = .some(nil)
        }
        options.stepReached?(.allShardsCommitted)
        head.dropGenerations(through: last.number)
        noteRollupsSpeak(besides: frozen.compactMap(\.timeRange))
        try journal.drop(through: last.number)
        options.stepReached?(.segmentDropped)
        if let first = frozen.first, first.ordinal < active.ordinal { head.removeSeries(untouchedSince: first.ordinal) }
        for day in job.days { try catalog.shard(day: day)?.checkpoint(givingBackSpace: false) }
        ProcessCalls.returnFreeMemory()
        let milliseconds = (ContinuousClock.now - started).milliseconds
        counters.seals.add(1, ordering: .relaxed)
        counters.sealMilliseconds.add(Int(milliseconds), ordering: .relaxed)
        options.report(.sealed(samples: samples, series: job.seriesCount, milliseconds: milliseconds))
    }

    private func merge(_ state: inout MaintenanceState, untilAtRest: Bool) throws {
        let today = Day.of(clock())
        for day in state.daysToMerge.sorted() {
            guard let shard = try? catalog.shard(day: day) else {
                state.daysToMerge.remove(day)
                continue
            }
            let started = ContinuousClock.now
            // A day that is over gets no more than stragglers: it is brought to rest at once.
            let merge = PageMerge(shard: shard, untilAtRest: untilAtRest || day < today - 1, stepReached: options.stepReached)
            let merged = try merge.run { page, reason in damage.report(shard.path, "page \(page): \(reason)") }
            if merged > 0 {
                counters.merges.add(merged, ordering: .relaxed)
                counters.mergeMilliseconds.add(Int((ContinuousClock.now - started).milliseconds), ordering: .relaxed)
                state.daysToClean.insert(day)
                pageCache.forgetReplacedPages(of: shard)
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
    private func writeSums(_ state: inout MaintenanceState) throws {
        let now = clock()
        guard now >= state.sumsDue else { return }
        state.sumsDue = now + MetricStorage.sumsInterval
        let today = Day.of(now)
        let busy = state.daysToMerge.union(state.daysToClean).union(state.erasures.keys)
        for day in catalog.days where day < today && !busy.contains(day) {
            guard let shard = try? catalog.shard(day: day), !shard.hasSums else { continue }
            if try shard.writeSums() {
                state.sumsDue = now + 10_000
                return
            }
        }
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

    /// Once a day: days that are over are brought to rest, and let go of what was needed to write them.
    private func letDaysRest(_ state: inout MaintenanceState) throws(ShardStorageError) {
        let day = Day.of(clock())
        guard day != state.today else { return }
        state.today = day
        state.daysToMerge.formUnion(catalog.days.filter { $0 < day && $0 >= day - 3 })
        for shard in catalog.openShards where shard.day < day { try shard.rest() }
    }

    /// Rollups speak for a day only while the head has nothing of it.
    private func noteRollupsSpeak(besides sealed: [TimeRange]) {
        let last = clock() - MetricStorage.rollupDelay
        guard !rollups.keeping.isEmpty, let first = sealed.map(\.start).min() else { return }
        noteChange(in: TimeRange(start: first, end: min(last, sealed.map(\.end).max() ?? last)))
    }
}
