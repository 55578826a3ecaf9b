internal import CivilCalendar
internal import ShardStorage
internal import Synchronization
internal import TelemetryModel

extension MetricStorage {
    /// How much a step of a second reads; 0 where scrubbing is off.
    var scrubBytesPerSecond: Int {
        switch options.scrub {
        case .off: 0
        case .weekly: ShardScrub.weeklyPace(catalog)
        case .bytesPerSecond(let bytes): bytes
        }
    }

    /// Reads some of the shards on, from where the step before ended, and deals with damage; see ``ShardScrub``.
    ///
    /// Where ``MetricStorageOptions/runsInBackground`` is set, this happens by itself, once in a second.
    ///
    /// - Parameter bytes: about how many to read.
    public func scrub(bytes: Int) throws(MetricStorageError) {
        do {
            try scrubState.withLock { scrub in
                try checkOpen()
                try scrub.step(bytes: bytes, in: catalog, today: Day.of(clock()), MetricScrub(storage: self))
            }
        } catch {
            throw MetricStorageError(error, path: directory)
        }
    }
}

/// What the scrub does with shards of metrics.
private struct MetricScrub: ShardScrubWork {
    let storage: MetricStorage

    func problems(of shard: Shard) throws -> [String] { try ShardVerification().problems(of: shard) }

    func foundSound(_ shard: Shard, notes: inout [Int: [String]]) throws {
        try storage.maintenance.withLock { _ in _ = try shard.writeSums() }
        guard notes.removeValue(forKey: shard.day) != nil else { return }
        setNotes(notes)
        storage.noteChange(in: Day.range(shard.day))
    }

    /// The index is made again from the dictionary, the file written anew from what can be read of it. What stays wrong is noted, for every
    /// answer that touches the day.
    func mend(_ shard: Shard, _ problems: [String], notes: inout [Int: [String]]) throws {
        for problem in problems { storage.damage.report(shard.path, problem) }
        // What is held in memory of the file is let go, so that the file itself is looked at.
        try shard.rest()
        // Where it fails, a part may be mended.
        defer { storage.noteChange(in: Day.range(shard.day)) }
        try storage.maintenance.withLock { _ in
            let before = try ShardVerification().findings(in: shard)
            var failures: [String] = []
            do {
                let hasDictionary = !before.contains { $0.part == .dictionary }
                if hasDictionary && before.contains(where: { $0.part == .index }) { try IndexRepair.rebuildIndex(of: shard) }
                try shard.rewrite()
            } catch { failures.append("\(error)") }
            let after = try ShardVerification().findings(in: shard)
            // Pages of samples say themselves when they are read that they are damaged.
            let left = after.filter { $0.part != .page }.map(\.text) + failures
            if left.isEmpty { try shard.writeSums() }
            let range = Day.range(shard.day)
            let times = "\(RFC3339.text(CivilTime(milliseconds: range.start))) to \(RFC3339.text(CivilTime(milliseconds: range.end)))"
            notes[shard.day] =
                left.isEmpty ? nil : left.prefix(5).map { "\(shard.path) is damaged, series of \(times) may be missing: \($0)" }
            setNotes(notes)
            if after.count < max(before.count, problems.count) {
                storage.options.report(.mended(file: shard.path, left: after.count))
            }
        }
    }

    func finishRound(isEmpty: Bool, notes: [Int: [String]]) {
        // Segments of the journal that wait to be sealed; there are some for long only where sealing fails.
        for segment in storage.journal.olderSegments {
            let name = "journal-\(segment).sqlite"
            let report = StorageInspection.inspect(name, in: storage.directory)
            // One that was sealed meanwhile is deleted, this name before all else: what was read of it then says nothing.
            guard FileOperations.exists(storage.directory + "/" + name) else { continue }
            for problem in report?.problems ?? [] { storage.damage.report(report?.file ?? storage.directory, problem) }
        }
        if !isEmpty { storage.counters.scrubRounds.add(1, ordering: .relaxed) }
        setNotes(notes)
    }

    func noteRead(bytes: Int) { storage.counters.scrubbedBytes.add(bytes, ordering: .relaxed) }

    private func setNotes(_ notes: [Int: [String]]) { storage.damageNotes.withLock { $0 = notes } }
}
