internal import LabelMatching
internal import ShardStorage
internal import Synchronization
internal import TelemetryModel

extension MetricStorage {
    /// How long after its end a day is rolled up, in milliseconds: by then stragglers have come.
    static let rollupDelay: Int64 = 86_400_000
    /// How long a day has had to be left alone before it is rolled up again, in milliseconds.
    private static let restDelay: Int64 = 10 * 60_000

    /// Makes rollups of days that are over and have none, or none of the samples as they are now.
    ///
    /// - Parameter untilAtRest: whether all that can be made is made; else that of one day at most.
    func rollUp(untilAtRest: Bool) throws {
        try rollups.work.withLock { state in
            let now = clock()
            while !rollups.isStopped.load(ordering: .relaxed), let (task, mark) = nextRollup(&state, now, waits: !untilAtRest) {
                try rollUp(task, mark, now, &state)
                if !untilAtRest { break }
            }
            try mergeRollups(&state, now, untilAtRest: untilAtRest)
        }
    }

    /// The state of a day's samples; nil for a day without any.
    func rawMark(day: Int) -> RollupMark? {
        // What cannot be opened cannot be rolled up either.
        guard let shard = try? catalog.shard(day: day) else { return nil }
        let next = (try? catalog.shard(day: day + 1))?.contents.startRevision ?? 0
        return RollupMark(day: shard.contents.revision, next: next)
    }

    /// Whether a day has samples that are not rolled up and shall be: it must not be deleted yet.
    func awaitsRollup(day: Int) -> Bool {
        let now = clock()
        guard !rollups.keeping.isEmpty, Day.range(day).end < now, let mark = rawMark(day: day) else { return false }
        return rollups.keeping.contains { keeping in
            let task = Rollups.Task(resolution: keeping.resolution, day: day)
            return !SeriesKeeping.isOver(day, keep: keeping.keep, now: now) && rollups.mark(keeping.resolution, day: day) != mark
                && !rollups.hasFailed(task, mark)
        }
    }

    private func nextRollup(_ state: inout Rollups.State, _ now: Timestamp, waits: Bool) -> (Rollups.Task, RollupMark)? {
        guard !rollups.keeping.isEmpty else { return nil }
        for day in catalog.days
        where day > rollups.lostDay.load(ordering: .relaxed) && Day.range(day).end < now - MetricStorage.rollupDelay {
            guard let mark = rawMark(day: day) else { continue }
            for keeping in rollups.keeping where !SeriesKeeping.isOver(day, keep: keeping.keep, now: now) {
                let task = Rollups.Task(resolution: keeping.resolution, day: day)
                guard rollups.mark(keeping.resolution, day: day) != mark, !rollups.hasFailed(task, mark) else { continue }
                if waits && !hasRested(day, mark, &state, now) { continue }
                return (task, mark)
            }
        }
        return nil
    }

    /// Whether a day's samples have been as they are for a while, so that a backfill does not have it rolled up time and again.
    private func hasRested(_ day: Int, _ mark: RollupMark, _ state: inout Rollups.State, _ now: Timestamp) -> Bool {
        if let seen = state.seen[day], seen.mark == mark { return now - seen.since >= MetricStorage.restDelay }
        state.seen[day] = (mark, now)
        return false
    }

    private func rollUp(_ task: Rollups.Task, _ mark: RollupMark, _ now: Timestamp, _ state: inout Rollups.State) throws {
        let started = ContinuousClock.now
        do {
            guard let catalog = rollups.catalog(task.resolution) else { return }
            let month = ShardCatalog.month(ofDay: task.day)
            let shard = try catalog.shardForWriting(day: month.lowerBound)
            // Where it fails, the rollups that were there are gone.
            defer { noteChange(in: RollupResolution.times(ofDay: task.day)) }
            let writer = RollupWriter(
                resolution: task.resolution, day: task.day, shard: shard, stepReached: options.stepReached,
                isStopped: { [rollups] in rollups.isStopped.load(ordering: .relaxed) })
            let index = index(of: shard.snapshot(), .full)
            let kept = try keeping.over(index.allSeries(), of: index, day: task.day, now: now)
            try writer.clear(keeping: kept) { [damage] in damage.report(shard.path, $0) }
            guard let written = try writer.write(try samplesToRollUp(day: task.day, now), mark: mark) else { return }
            counters.rollups.add(1, ordering: .relaxed)
            counters.rollupSamples.add(written, ordering: .relaxed)
            counters.rollupMilliseconds.add(Int((ContinuousClock.now - started).milliseconds), ordering: .relaxed)
            state.monthsToMerge.insert(Rollups.Task(resolution: task.resolution, day: month.lowerBound))
        } catch {
            // Tried again when the day changes or after a restart; a full disk passes.
            let error = ShardStorageError(error, path: directory)
            if error.code != .diskFull && error.code != .closed { rollups.noteFailure(task, mark) }
            throw error
        }
    }

    /// The series of a day with the samples that its buckets are of, as the shards have them.
    private func samplesToRollUp(day: Int, _ now: Timestamp) throws -> MetricSelection {
        let times = RollupResolution.times(ofDay: day)
        var union = SeriesUnion()
        var snapshots: [ShardSnapshot] = []
        for day in [day, day + 1] {
            guard let snapshot = try catalog.shard(day: day)?.snapshot() else { continue }
            let all = Array(0..<UInt32(snapshot.contents.seriesCount))
            let present = snapshot.contents.series(all, withPagesFrom: times.start, through: times.end)
            let shard = UInt32(snapshots.count)
            snapshots.append(snapshot)
            union.reserve(present.count)
            _ = try forEachLabels(present, of: snapshot) { number, labels, hash in
                if isRolledUp(labels) { union.add(labels, hash: hash, .init(shard: shard, series: number)) }
            }
        }
        return MetricSelection(
            range: times, items: union.items, generations: [], headCounts: [], snapshots: snapshots,
            pageCache: PageCache(bytesMax: 8 << 20), effort: .full, warnings: [], reportDamage: { [damage] in damage.report($0, $1) })
    }

    /// Whether a series gets rollups: not where a rule keeps it for a shorter time than others.
    func isRolledUp(_ labels: LabelSet) -> Bool {
        if labels[RollupRole.label] != nil { return false }
        guard let rule = keeping.rules.first(where: { $0.selector.matches(labels) }), let keep = rule.keep else { return true }
        return keeping.age.map { keep >= $0 } ?? false
    }

    private func mergeRollups(_ state: inout Rollups.State, _ now: Timestamp, untilAtRest: Bool) throws {
        for task in state.monthsToMerge {
            guard let shard = try? rollups.shard(task.resolution, day: task.day) else {
                state.monthsToMerge.remove(task)
                continue
            }
            let isOver = ShardCatalog.month(ofDay: task.day).upperBound < Day.of(now) - 1
            let merge = PageMerge(shard: shard, untilAtRest: untilAtRest || isOver, stepReached: options.stepReached)
            _ = try merge.run(steppingAsideFor: { false }) { page, reason in damage.report(shard.path, "page \(page): \(reason)") }
            if try shard.deleteRetiredPages(), try shard.erase() {
                state.monthsToMerge.remove(task)
                try shard.checkpoint(givingBackSpace: true)
                if untilAtRest || isOver { try shard.writeSums() }
            }
        }
    }
}
