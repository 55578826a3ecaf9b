internal import Compression
internal import ShardStorage
internal import Synchronization
internal import TelemetryModel

extension MetricStorage {
    /// Deletes what is older than it may be, or more than there may be.
    func applyRetention(_ state: inout MaintenanceState, untilAtRest: Bool) throws {
        let now = clock()
        let cutoffs = keeping.ages.map { $0.map { SeriesKeeping.cutoff($0, now) } }
        if cutoffs != state.cutoffs {
            for day in catalog.days { state.removals[day] = .some(nil) }
            state.cutoffs = cutoffs
            // Rollups speak for days that are over, whether or not their samples are gone.
            if let first = catalog.days.first, let longest = keeping.longest {
                noteChange(in: TimeRange(start: Day.range(first).start, end: Day.range(SeriesKeeping.cutoff(longest, now) - 1).end))
            }
        }
        if let lostDay { for day in catalog.days where day <= lostDay { try delete(day, .age, &state) } }
        if let longest = keeping.longest {
            let cutoff = SeriesKeeping.cutoff(longest, now)
            // What a day's rollups are made of stays until they are made.
            for day in catalog.days.prefix(while: { $0 < cutoff }) where !awaitsRollup(day: day) { try delete(day, .age, &state) }
        }
        try deleteRollups(now)
        try removeSeries(&state, now, untilAtRest: untilAtRest)
        if state.shards.isSizeLookDue(now: now, untilAtRest: untilAtRest) { try deleteForSize(&state, now) }
    }

    private func delete(_ day: Int, _ reason: DeletionReason, _ state: inout MaintenanceState) throws {
        defer { noteChange(in: Day.range(day)) }
        guard let file = try catalog.deleteShard(day: day) else { return }
        state.removals[day] = nil
        findLostDays()
        counters.shardsDeleted.add(1, ordering: .relaxed)
        options.report(.deleted(file: file, reason: reason))
    }

    // MARK: Size

    /// Deletes the oldest days until the folder takes no more than it may. The present day and those to come stay.
    private func deleteForSize(_ state: inout MaintenanceState, _ now: Timestamp) throws {
        guard let bytesMax = options.retentionBytesMax else { return }
        for day in catalog.days where day < Day.of(now) {
            guard try FileOperations.allocatedBytes(inFolder: directory) > bytesMax else { return }
            try delete(day, .size, &state)
        }
        for (catalog, month) in rollups.allCatalogs.flatMap({ catalog in catalog.days.map { (catalog, $0) } }).sorted(by: { $0.1 < $1.1 }) {
            guard try FileOperations.allocatedBytes(inFolder: directory) > bytesMax else { return }
            try deleteRollups(month, of: catalog, .size)
        }
    }

    // MARK: Rollups

    private func deleteRollups(_ now: Timestamp) throws {
        for keeping in rollups.keeping {
            guard let keep = keeping.keep, let catalog = rollups.catalog(keeping.resolution) else { continue }
            let cutoff = SeriesKeeping.cutoff(keep, now)
            for month in catalog.days.prefix(while: { ShardCatalog.month(ofDay: $0).upperBound < cutoff }) {
                try deleteRollups(month, of: catalog, .age)
            }
        }
    }

    private func deleteRollups(_ month: Int, of catalog: ShardCatalog, _ reason: DeletionReason) throws {
        defer { noteChange(in: RollupResolution.times(ofDays: ShardCatalog.month(ofDay: month))) }
        guard let file = try catalog.deleteShard(day: month) else { return }
        counters.shardsDeleted.add(1, ordering: .relaxed)
        options.report(.deleted(file: file, reason: reason))
    }

    // MARK: Series

    /// Takes series out of days that they are too old in, while others of the day stay: one transaction, or all there are.
    private func removeSeries(_ state: inout MaintenanceState, _ now: Timestamp, untilAtRest: Bool) throws {
        guard !keeping.rules.isEmpty else {
            state.removals.removeAll()
            return
        }
        for day in state.removals.keys.sorted() {
            while let found = state.removals[day] {
                guard let left = try found ?? seriesToRemove(day, now, &state) else { break }
                if left.isEmpty {
                    state.removals[day] = nil
                    break
                }
                state.removals[day] = try removeSome(of: left, day, &state)
                if !untilAtRest { return }
            }
        }
    }

    /// The series of a day that are too old in it, none where the whole day went; nil where these cannot go yet.
    private func seriesToRemove(_ day: Int, _ now: Timestamp, _ state: inout MaintenanceState) throws -> [UInt32]? {
        // What the day's rollups are made of stays until they are made.
        if SeriesKeeping.isOver(day, keep: keeping.age, now: now) && awaitsRollup(day: day) { return nil }
        guard keeping.ages.contains(where: { SeriesKeeping.isOver(day, keep: $0, now: now) }), let shard = try? catalog.shard(day: day)
        else { return [] }
        do {
            let present = try shard.read { try labelledSeries($0) }
            let over = try keeping.over(present, of: index(of: shard.snapshot(), .full), day: day, now: now)
            guard over.count == present.count else { return over }
            try delete(day, .age, &state)
            return []
        } catch {
            // What cannot be told apart stays.
            _ = try problem(with: shard, error)
            return []
        }
    }

    /// - Returns: the series that are left to do.
    private func removeSome(of series: [UInt32], _ day: Int, _ state: inout MaintenanceState) throws -> [UInt32] {
        guard let shard = try? catalog.shard(day: day) else { return [] }
        defer { noteChange(in: Day.range(day)) }
        var deletion = try SeriesDeletion(shard: shard, range: .all, reason: .age, stepReached: options.stepReached)
        let left = try deletion.deleteSome(series)
        for problem in deletion.problems { damage.report(shard.path, problem) }
        counters.seriesDropped.add(series.count - left.count, ordering: .relaxed)
        if left.isEmpty { options.report(.removed(file: shard.path)) }
        state.shards.daysToClean.insert(day)
        return left
    }

    /// The series of a shard that have labels, sorted: numbers of removed ones stay empty.
    private func labelledSeries(_ reader: ShardReader) throws -> [UInt32] {
        var found: [UInt32] = []
        let decompressor = try ZstdDecompressor()
        try reader.forEachGroup { first, count, data in
            for (offset, labels) in try SeriesGroup.decode(data, count: count, decompressor).enumerated() where !labels.isEmpty {
                found.append(first + UInt32(offset))
            }
        }
        return found
    }
}
