internal import ShardStorage
internal import Synchronization

extension TraceStorage {
    /// Deletes what is older than it may be, or more than there may be.
    func applyRetention(_ state: inout TraceMaintenanceState, untilAtRest: Bool) throws {
        let now = clock()
        let cutoffs = keeping.ages.map { $0.map { SpanKeeping.cutoff($0, now) } }
        if cutoffs != state.cutoffs {
            for day in catalog.days { state.removals[day] = .some(nil) }
            state.cutoffs = cutoffs
        }
        if let longest = keeping.longest {
            let cutoff = SpanKeeping.cutoff(longest, now)
            for day in catalog.days.prefix(while: { $0 < cutoff }) { try delete(day, "age", &state) }
        }
        try removeSpans(&state, now, untilAtRest: untilAtRest)
        guard let bytesMax = options.retentionBytesMax, state.shards.isSizeLookDue(now: self.now, untilAtRest: untilAtRest) else { return }
        for day in catalog.days where day < TraceDay.of(now) {
            guard try FileOperations.allocatedBytes(inFolder: directory) > bytesMax else { return }
            try delete(day, "size", &state)
        }
    }

    private func delete(_ day: Int, _ reason: String, _ state: inout TraceMaintenanceState) throws {
        guard let file = try catalog.deleteShard(day: day) else { return }
        state.shards.forget(day: day)
        state.removals[day] = nil
        counters.shardsDeleted.add(1, ordering: .relaxed)
        options.report(.deleted(file: file, reason: reason))
    }

    // MARK: Spans

    /// Takes spans out of days that they are too old in, while others of the day stay: those of one block, or all there are.
    private func removeSpans(_ state: inout TraceMaintenanceState, _ now: UInt64, untilAtRest: Bool) throws {
        guard !keeping.rules.isEmpty else {
            state.removals.removeAll()
            return
        }
        for day in state.removals.keys.sorted() {
            while let found = state.removals[day] {
                guard keeping.ages.contains(where: { SpanKeeping.isOver(day, keep: $0, now: now) }),
                    let shard = try? catalog.shard(day: day)
                else {
                    state.removals[day] = nil
                    break
                }
                let left = try found ?? blocksToThin(shard)
                guard let page = left.last else {
                    state.removals[day] = nil
                    // Nothing of the day stayed.
                    if shard.contents.pages.isEmpty { try delete(day, "age", &state) }
                    break
                }
                try thin(page, of: shard)
                state.removals[day] = .some(left.dropLast())
                state.shards.daysToClean.insert(day)
                if left.count == 1 { options.report(.removed(file: shard.path)) }
                if !untilAtRest { return }
            }
        }
    }

    /// The blocks of a shard that have spans which are too old.
    private func blocksToThin(_ shard: Shard) throws -> [Int64] {
        let merge = blockMerge(shard, untilAtRest: false)
        return shard.contents.pages.filter { page in
            do { return try merge.hasDroppable(page) } catch {
                // What cannot be told apart stays.
                reportBlock(page.id, of: shard, "\(error)")
                return false
            }
        }.map(\.id)
    }

    /// Writes what stays of a block anew. One that a merge replaced meanwhile has lost what was too old on that occasion.
    private func thin(_ id: Int64, of shard: Shard) throws {
        guard let page = shard.contents.pages.first(where: { $0.id == id }) else { return }
        let started = ContinuousClock.now
        var outcome = BlockMerge.Outcome()
        _ = try blockMerge(shard, untilAtRest: false).merge([page], { page, reason in reportBlock(page, of: shard, reason) }, &outcome)
        note(outcome, since: started)
    }
}
