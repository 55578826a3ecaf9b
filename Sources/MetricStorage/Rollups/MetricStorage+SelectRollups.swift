internal import LabelMatching
internal import ShardStorage
internal import Synchronization
internal import TelemetryModel

extension MetricStorage {
    /// Rollup shards of a selection, as they were at one moment, and what is read of them.
    struct RollupShards {
        var plan: RollupPlan
        var shards: [(resolution: RollupResolution, snapshot: ShardSnapshot)]
        /// The days of which samples are read; nil for all.
        var daysOfSamples: Set<Int>?
    }

    /// The rollups that speak in a selection; nil where samples are all there is to read.
    ///
    /// - Parameter generations: those of the head that have samples of the range.
    func rollupShards(
        for use: SampleUse, in range: TimeRange, besides generations: [HeadGeneration], _ effort: LookupEffort
    ) throws(MetricStorageError) -> RollupShards? {
        // Days are not rolled up earlier.
        guard !rollups.keeping.isEmpty, range.start <= clock() - MetricStorage.rollupDelay else { return nil }
        if effort == .brief && rollups.allCatalogs.contains(where: { !$0.days.isEmpty }) { throw LookupEffort.tooMuch }
        var shards: [(resolution: RollupResolution, snapshot: ShardSnapshot)] = []
        var rolled: [RollupResolution: Set<Int>] = [:]
        for resolution in rollups.resolutions {
            guard let catalog = rollups.catalog(resolution) else { continue }
            for month in catalog.days where range.overlaps(RollupResolution.times(ofDays: ShardCatalog.month(ofDay: month))) {
                // A file that cannot be opened was reported; its rollups are not there.
                guard let snapshot = try? catalog.shard(day: month)?.snapshot() else { continue }
                shards.append((resolution, snapshot))
                for day in snapshot.contents.marks.keys where RollupResolution.times(ofDay: day).overlaps(range) {
                    rolled[resolution, default: []].insert(day)
                }
            }
        }
        guard !rolled.isEmpty else { return nil }
        let current = currentDays(rolled, shards, use, generations)
        let plan = RollupPlan(
            use: use, range: range, rolledDays: rolled, currentDays: current, lostThrough: lostDay)
        let segments = segments(of: plan)
        guard segments.values.contains(where: { $0.contains { $0.resolution != nil } }) else { return nil }
        let days = keeping.rules.isEmpty ? daysOfSamples(segments.values.flatMap { $0 }) : nil
        return RollupShards(plan: plan, shards: shards, daysOfSamples: days)
    }

    /// Days with rollups of just the samples that there are, all of them in shards.
    private func currentDays(
        _ rolled: [RollupResolution: Set<Int>], _ shards: [(resolution: RollupResolution, snapshot: ShardSnapshot)], _ use: SampleUse,
        _ generations: [HeadGeneration]
    ) -> [RollupResolution: Set<Int>] {
        let head = generations.compactMap(\.timeRange)
        var current: [RollupResolution: Set<Int>] = [:]
        for (resolution, snapshot) in shards where use.isExact(on: resolution) {
            for day in rolled[resolution] ?? [] {
                guard let mark = snapshot.contents.marks[day], mark == rawMark(day: day) else { continue }
                let times = RollupResolution.times(ofDay: day)
                if !head.contains(where: { $0.overlaps(times) }) { current[resolution, default: []].insert(day) }
            }
        }
        return current
    }

    /// The segments for each first day that series have samples of.
    func segments(of plan: RollupPlan) -> [Int: [RollupPlan.Segment]] {
        let now = clock()
        let cutoffs = Set(keeping.ages.map { $0.map { SeriesKeeping.cutoff($0, now) } ?? .min })
        return Dictionary(uniqueKeysWithValues: cutoffs.map { ($0, plan.segments(samplesFrom: $0)) })
    }

    private func daysOfSamples(_ segments: [RollupPlan.Segment]) -> Set<Int> {
        let ranges = segments.filter { $0.resolution == nil }.map(\.range)
        return Set(catalog.days.filter { day in ranges.contains { $0.overlaps(Day.range(day)) } })
    }

    /// Adds the series that rollup shards have, and says what is read of each series.
    func addRollups(
        _ rollups: RollupShards, _ matchers: [LabelMatcher], _ union: inout SeriesUnion, _ snapshots: inout [ShardSnapshot],
        _ warnings: inout [String]
    ) throws(MetricStorageError) -> MetricSelection.RollupReading {
        var reading = MetricSelection.RollupReading(use: rollups.plan.use)
        reading.places = [[MetricSelection.RollupSeries]](repeating: [], count: union.items.count)
        let resolutions = Set(segments(of: rollups.plan).values.flatMap { $0 }.compactMap(\.resolution))
        for (resolution, snapshot) in rollups.shards where resolutions.contains(resolution) {
            let shard = UInt32(snapshots.count)
            snapshots.append(snapshot)
            for role in rollups.plan.use.roles {
                let found: [UInt32]
                do { found = try series(matchers, role, of: snapshot, in: rollups.plan.range) } catch {
                    warnings.append(try problem(with: snapshot.shard, error))
                    continue
                }
                union.reserve(found.count)
                warnings += try forEachLabels(found, of: snapshot) { number, labels, _ in
                    guard let base = RollupRole.split(labels.packed)?.base else { return }
                    let labels = LabelSet(canonical: base)
                    let index = union.index(of: labels, hash: labels.stableHash)
                    if index == reading.places.count { reading.places.append([]) }
                    reading.places[index].append(.init(shard: shard, series: number, role: role, resolution: resolution))
                }
            }
        }
        addKinds(rollups.plan, union.items, &reading)
        return reading
    }

    private func series(
        _ matchers: [LabelMatcher], _ role: RollupRole, of snapshot: ShardSnapshot, in range: TimeRange
    ) throws -> [UInt32] {
        let matching = matchers + [LabelMatcher(RollupRole.label, equals: role.name)]
        let found = try index(of: snapshot, .full).series(matching: matching)
        return snapshot.contents.series(found, withPagesFrom: range.start, through: range.end)
    }

    /// Says which segments are read of each series.
    private func addKinds(_ plan: RollupPlan, _ items: [MetricSelection.Item], _ reading: inout MetricSelection.RollupReading) {
        var known: [Int: Int] = [:]
        let now = clock()
        reading.kinds = items.map { item in
            if !keeping.rules.isEmpty && !isRolledUp(item.labels) { return nil }
            let keep = keeping.rules.isEmpty ? keeping.age : keeping.keep(of: item.labels)
            let cutoff = keep.map { SeriesKeeping.cutoff($0, now) } ?? .min
            if let kind = known[cutoff] { return kind }
            known[cutoff] = reading.segments.count
            reading.segments.append(plan.segments(samplesFrom: cutoff))
            return reading.segments.count - 1
        }
    }

    /// The last day whose samples went while rollups of it stayed, all before it included; nil where there is none.
    var lostDay: Int? {
        let day = rollups.lostDay.load(ordering: .relaxed)
        return day == .min ? nil : day
    }

    /// Looks which days have rollups and no samples any more, at the old end.
    func findLostDays() {
        let first = catalog.days.first ?? .max
        var lost = rollups.lostDay.load(ordering: .relaxed)
        for catalog in rollups.allCatalogs {
            for month in catalog.days where month < first {
                // A file that cannot be opened was reported; it has no days.
                guard let shard = try? catalog.shard(day: month) else { continue }
                for day in shard.contents.marks.keys where day < first { lost = max(lost, day) }
            }
        }
        rollups.lostDay.store(lost, ordering: .relaxed)
    }
}
