internal import CivilCalendar
internal import ShardStorage
internal import Synchronization
internal import TelemetryModel

/// What the scrub keeps between its steps.
struct ScrubState: Sendable {
    var position: ScrubPosition
    /// Bytes that were read ahead of the pace.
    var ahead = 0
    /// The checksums of the shard that is being read.
    var sums: (day: Int, sums: ShardSums)?
}

extension MetricStorage {
    /// The least that is read in a second, so that small storages are read sooner.
    static let scrubBytesMin = 64 << 10
    private static let secondsOfWeek = 7 * 86_400

    /// How much a step of a second reads; 0 where scrubbing is off.
    var scrubBytesPerSecond: Int {
        switch options.scrub {
        case .off: 0
        case .weekly: max(MetricStorage.scrubBytesMin, catalog.allocatedBytes / MetricStorage.secondsOfWeek)
        case .bytesPerSecond(let bytes): bytes
        }
    }

    /// Reads some of the shards on, from where the step before ended, and deals with damage. A shard at rest is compared with its checksums,
    /// piece by piece; one of a day that is over and has none is verified whole and gets its checksums then, and the steps after pause for as
    /// long as that was ahead.
    ///
    /// Where ``MetricStorageOptions/runsInBackground`` is set, this happens by itself, once in a second.
    ///
    /// - Parameter bytes: about how many to read.
    public func scrub(bytes: Int) throws(MetricStorageError) {
        do {
            try scrubState.withLock { state in
                try checkOpen()
                if state.ahead > 0 {
                    state.ahead -= bytes
                    return
                }
                guard let day = catalog.days.first(where: { $0 >= state.position.day }) else {
                    finishRound(&state)
                    return try state.position.write(to: directory)
                }
                if day != state.position.day { (state.position.day, state.position.page) = (day, 0) }
                // A file that cannot be opened was told of when it was tried.
                let isDone = try (try? catalog.shard(day: day)).map { try scrub($0, bytes: bytes, &state) } ?? true
                if isDone {
                    (state.position.day, state.position.page) = (day + 1, 0)
                    state.sums = nil
                    try state.position.write(to: directory)
                }
            }
        } catch {
            throw MetricStorageError(error, path: directory)
        }
    }

    private func finishRound(_ state: inout ScrubState) {
        // Segments of the journal that wait to be sealed; there are some for long only where sealing fails.
        for segment in journal.olderSegments {
            let report = StorageInspection.inspect("journal-\(segment).sqlite", in: directory)
            for problem in report?.problems ?? [] { damage.report(report?.file ?? directory, problem) }
        }
        if state.position.day != .min { counters.scrubRounds.add(1, ordering: .relaxed) }
        (state.position.day, state.position.page) = (.min, 0)
        let days = Set(catalog.days)
        state.position.notes = state.position.notes.filter { days.contains($0.key) }
        setDamageNotes(state.position.notes)
    }

    /// - Returns: whether the shard has been read whole.
    private func scrub(_ shard: Shard, bytes: Int, _ state: inout ScrubState) throws -> Bool {
        let known = state.sums.flatMap { $0.day == shard.day ? $0.sums : nil }
        let sums: ShardSums?
        do { sums = try known ?? ShardSums(ofShard: shard.path) } catch let error as ShardStorageError where error.code == .corrupt {
            try mend(shard, ["\(error.message)"], &state)
            return true
        }
        guard let sums else {
            // The day that is being written comes to rest when it is over.
            if shard.day >= Day.of(clock()) { return true }
            state.ahead = shard.allocatedBytes
            counters.scrubbedBytes.add(shard.allocatedBytes, ordering: .relaxed)
            let findings = try ShardVerification().findings(in: shard)
            if findings.isEmpty {
                try maintenance.withLock { _ in _ = try shard.writeSums() }
            } else {
                try mend(shard, findings.map(\.text), &state)
            }
            if findings.isEmpty { forgetNotes(of: shard, &state) }
            return true
        }
        state.sums = (shard.day, sums)
        let pages = max(1, bytes / sums.pageBytes)
        let first = state.position.page
        let changed = try sums.changedPages(ofShard: shard.path, among: first..<first + pages)
        counters.scrubbedBytes.add(min(pages, max(0, sums.sums.count - first)) * sums.pageBytes, ordering: .relaxed)
        if !changed.isEmpty {
            // Written meanwhile, and no longer at rest: read in the next round.
            guard try ShardSums(ofShard: shard.path) == sums else { return true }
            try mend(shard, changed.map { ShardSums.sentence(onPage: $0, pageBytes: sums.pageBytes) }, &state)
            return true
        }
        state.position.page += pages
        return state.position.page >= sums.sums.count
    }

    /// Deals with damage: the index is made again from the dictionary, the file written anew from what can be read of it. What stays wrong
    /// is noted, for every answer that touches the day.
    private func mend(_ shard: Shard, _ problems: [String], _ state: inout ScrubState) throws {
        for problem in problems { damage.report(shard.path, problem) }
        // What is held in memory of the file is let go, so that the file itself is looked at.
        try shard.rest()
        // Where it fails, a part may be mended.
        defer { noteChange(in: Day.range(shard.day)) }
        try maintenance.withLock { _ in
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
            state.position.notes[shard.day] =
                left.isEmpty ? nil : left.prefix(5).map { "\(shard.path) is damaged, series of \(times) may be missing: \($0)" }
            setDamageNotes(state.position.notes)
            if after.count < max(before.count, problems.count) {
                options.report(.mended(file: shard.path, left: after.count))
            }
        }
    }

    private func forgetNotes(of shard: Shard, _ state: inout ScrubState) {
        guard state.position.notes.removeValue(forKey: shard.day) != nil else { return }
        setDamageNotes(state.position.notes)
        noteChange(in: Day.range(shard.day))
    }

    private func setDamageNotes(_ notes: [Int: [String]]) { damageNotes.withLock { $0 = notes } }
}
