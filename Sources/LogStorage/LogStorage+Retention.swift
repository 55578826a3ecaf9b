internal import ShardStorage
internal import Synchronization

extension LogStorage {
    /// Deletes what is older than it may be, or more than there may be.
    func applyRetention(_ state: inout LogMaintenanceState, untilAtRest: Bool) throws {
        let now = clock()
        let cutoffs = keeping.cutoffs(now)
        if cutoffs != state.cutoffs {
            state.cutoffs = cutoffs
            if !keeping.rules.isEmpty { state.daysToTrim.formUnion(catalog.days) }
            let first = keeping.firstDay(now)
            for day in catalog.days where day < first { try delete(day, "age", &state) }
        }
        try trim(&state, now, untilAtRest: untilAtRest)
        guard let bytesMax = options.retentionBytesMax, state.shards.isSizeLookDue(now: self.now, untilAtRest: untilAtRest) else { return }
        for day in catalog.days where day < LogDay.of(now) {
            guard try FileOperations.allocatedBytes(inFolder: directory) > bytesMax else { return }
            try delete(day, "size", &state)
        }
    }

    private func delete(_ day: Int, _ reason: String, _ state: inout LogMaintenanceState) throws {
        guard let file = try catalog.deleteShard(day: day) else { return }
        state.shards.forget(day: day)
        state.daysToTrim.remove(day)
        state.erasures[day] = nil
        counters.shardsDeleted.add(1, ordering: .relaxed)
        options.report(.deleted(file: file, reason: reason))
    }

    /// Takes streams out of days that they are too old in, while others of the day stay: one day, or all there are.
    private func trim(_ state: inout LogMaintenanceState, _ now: Int64, untilAtRest: Bool) throws {
        for day in state.daysToTrim.sorted() {
            state.daysToTrim.remove(day)
            guard day < LogDay.of(now), let shard = try? catalog.shard(day: day) else { continue }
            let end = LogDay.range(day).upperBound
            var removal = RowRemoval(shard: shard, cache: cache, damage: damage, options: options, isOnWish: false)
            // Rows go once all of the day are too old, so that each day is written once for each rule.
            let removed = try removal.run(overlapping: LogDay.range(day)) { [keeping] labels in
                keeping.earliest(of: labels, now) > end ? .all : .none
            }
            guard removed > 0 else { continue }
            state.shards.daysToClean.insert(day)
            options.report(.removed(file: shard.path))
            if !untilAtRest { return }
        }
    }
}
