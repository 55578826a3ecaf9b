public import LabelMatching
internal import ShardStorage
internal import Synchronization
public import TelemetryModel

extension MetricStorage {
    /// How long bytes of deleted samples may stay in files before these are written anew, so that many deletions cost that once.
    private static let erasureDelay: Int64 = 10 * 60_000

    /// Deletes the samples and exemplars within a range of times, both ends inclusive, of the series that pass all matchers.
    ///
    /// It is durable, and seen by every later select, when this returns. What is appended later stays, also at the same times; an append at
    /// the same moment comes before or after. Bytes of what was deleted leave the files a little later, or with ``eraseDeleted()``.
    ///
    /// - Throws: ``MetricStorageError``: a part may be deleted then; `corrupt` where damage kept some of it from being looked at.
    public func delete(_ matchers: [LabelMatcher], in range: TimeRange) throws(MetricStorageError) {
        try checkOpen()
        guard let days = Day.range(range) else { return }
        // Where it fails, a part may be deleted.
        defer { noteChange(in: range) }
        do {
            try maintenance.withLock { state in
                try checkOpen()
                lookAround(&state)
                try sealForDeletion(matchers, &state)
            }
            var problems: [String] = []
            for day in catalog.days where days.contains(day) {
                try maintenance.withLock { state in
                    try checkOpen()
                    do { problems += try delete(matchers, range, day: day, &state) } catch let error as ShardStorageError {
                        guard error.code == .corrupt || error.code == .unsupportedVersion else { throw error }
                        problems.append("\(error)")
                    }
                }
            }
            problems += try deleteRollups(matchers, range)
            if !problems.isEmpty {
                throw MetricStorageError(.corrupt, "deleted but for what is damaged: " + problems.joined(separator: "; "))
            }
        } catch {
            throw MetricStorageError(error, path: directory)
        }
    }

    /// Brings what may have to go from the head to the shards, where it can be deleted.
    private func sealForDeletion(_ matchers: [LabelMatcher], _ state: inout MaintenanceState) throws {
        let numbers = head.series(matching: matchers)
        if hasContents(numbers) { try seal(&state, turnsAlways: true) }
        // A segment that comes back after a loss of power would bring its samples back.
        do { try FileOperations.syncDirectory(directory) } catch { throw MetricStorageError(error, path: directory) }
        if let active = head.allGenerations.last { head.removeSeries(untouchedSince: active.ordinal, among: numbers) }
    }

    /// Whether any generation has something of the series.
    private func hasContents(_ numbers: [UInt32]) -> Bool {
        let generations = head.allGenerations
        return numbers.contains { number in
            let place = number >> UInt32(SeriesReference.partitionBits)
            let partition = Int(number) & (SeriesReference.partitionCount - 1)
            return generations.contains { generation in
                generation.partitions[partition].columns.withLock { columns in
                    columns.count(place) > 0 || columns.histograms[place] != nil || columns.exemplars[place] != nil
                }
            }
        }
    }

    /// Deletes rollups, which speak where samples are gone. Those of days with samples are made anew.
    ///
    /// - Returns: what could not be looked at.
    private func deleteRollups(_ matchers: [LabelMatcher], _ range: TimeRange) throws -> [String] {
        try rollups.work.withLock { state in
            var problems: [String] = []
            for resolution in rollups.resolutions {
                guard let catalog = rollups.catalog(resolution) else { continue }
                for month in catalog.days where RollupResolution.times(ofDays: ShardCatalog.month(ofDay: month)).overlaps(range) {
                    guard let shard = try catalog.shard(day: month) else { continue }
                    let series = try index(of: shard.snapshot(), .full).series(matching: matchers)
                    var deletion = try SeriesDeletion(shard: shard, range: range, reason: .wish, stepReached: options.stepReached)
                    try deletion.delete(series)
                    problems += deletion.problems.map { "\(shard.path): \($0)" }
                    state.monthsToMerge.insert(Rollups.Task(resolution: resolution, day: month))
                }
            }
            return problems
        }
    }

    /// - Returns: what could not be looked at.
    private func delete(
        _ matchers: [LabelMatcher], _ range: TimeRange, day: Int, _ state: inout MaintenanceState
    ) throws -> [String] {
        guard let shard = try catalog.shard(day: day) else { return [] }
        let contents = shard.contents
        let series = try shard.read { try ShardIndex(reader: $0, contents: contents).series(matching: matchers) }
        guard !series.isEmpty else { return [] }
        var deletion = try SeriesDeletion(shard: shard, range: range, reason: .wish, stepReached: options.stepReached)
        defer {
            state.shards.daysToClean.insert(day)
            state.erasures[day] = clock() + MetricStorage.erasureDelay
        }
        try deletion.delete(series)
        for problem in deletion.problems { damage.report(shard.path, problem) }
        return deletion.problems.map { "\(shard.path): \($0)" }
    }

    /// Writes the files anew from which something was deleted: nothing of that is on the disk afterwards.
    ///
    /// - Throws: ``MetricStorageError``: `overloaded` where queries that are under way still read what was deleted.
    public func eraseDeleted() throws(MetricStorageError) {
        do {
            try maintenance.withLock { state in
                try checkOpen()
                lookAround(&state)
                try erase(&state, dueBy: .max)
                if let day = state.erasures.keys.min() {
                    throw MetricStorageError(.overloaded, "\(catalog.path(day: day)) is still being read; try again")
                }
            }
            try eraseRollups()
        } catch {
            throw MetricStorageError(error, path: directory)
        }
    }

    /// Writes rollup files anew from which something was deleted.
    private func eraseRollups() throws {
        try rollups.work.withLock { _ in
            for shard in rollups.allCatalogs.flatMap(\.openShards) where shard.contents.isErasureDue {
                guard try shard.erase() else { throw MetricStorageError(.overloaded, "\(shard.path) is still being read; try again") }
            }
        }
    }

    /// Erases what is due; what is still read, or fails, is due again later.
    func erase(_ state: inout MaintenanceState, dueBy time: Timestamp) throws {
        for (day, due) in state.erasures where due <= time {
            guard let shard = try? catalog.shard(day: day) else {
                state.erasures[day] = nil
                continue
            }
            state.erasures[day] = clock() + MetricStorage.erasureDelay
            defer { noteChange(in: Day.range(day)) }
            guard try shard.erase() else { continue }
            options.stepReached?(.erased)
            state.erasures[day] = nil
        }
    }
}

extension SampleColumns {
    /// Removes what is within a range.
    mutating func remove(_ range: TimeRange) {
        var kept = 0
        for index in timestamps.indices where !range.contains(timestamps[index]) {
            timestamps[kept] = timestamps[index]
            values[kept] = values[index]
            kept += 1
        }
        timestamps.removeSubrange(kept...)
        values.removeSubrange(kept...)
        histograms.removeAll { range.contains($0.timestamp) }
    }
}
