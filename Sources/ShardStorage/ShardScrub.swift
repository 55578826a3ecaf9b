/// Reads the shards of a signal again and again, a little in each step, to find damage before somebody needs what is damaged.
///
/// A shard at rest is compared with its checksums, piece by piece; one of a day that is over and has none is verified whole and gets its
/// checksums then, and the steps after pause for as long as that was ahead.
public struct ShardScrub: Sendable {
    /// The least that is read in a second, so that small storages are read sooner.
    public static let bytesPerSecondMin = 64 << 10
    private static let secondsOfWeek = 7 * 86_400

    /// Where it is, and what it found and could not mend.
    public private(set) var position: ScrubPosition
    /// Bytes that were read ahead of the pace.
    private var ahead = 0
    /// The checksums of the shard that is being read.
    private var sums: (day: Int, sums: ShardSums)?

    /// - Parameter position: where an earlier process was.
    public init(position: ScrubPosition) { self.position = position }

    /// How many bytes a step of a second reads, so that all shards are read about once in a week.
    public static func weeklyPace(_ catalog: ShardCatalog) -> Int { max(bytesPerSecondMin, catalog.allocatedBytes / secondsOfWeek) }

    /// Reads on from where the step before ended, and has damage dealt with.
    ///
    /// - Parameters:
    ///   - bytes: about how many to read.
    ///   - today: the day of the clock.
    public mutating func step(
        bytes: Int, in catalog: ShardCatalog, today: Int, _ work: some ShardScrubWork
    ) throws {
        if ahead > 0 {
            ahead -= bytes
            return
        }
        guard let day = catalog.days.first(where: { $0 >= position.day }) else {
            let days = Set(catalog.days)
            position.notes = position.notes.filter { days.contains($0.key) }
            work.finishRound(isEmpty: position.day == .min, notes: position.notes)
            (position.day, position.page) = (.min, 0)
            return try position.write(to: catalog.directory)
        }
        if day != position.day { (position.day, position.page) = (day, 0) }
        // A file that cannot be opened was told of when it was tried.
        let isDone = try (try? catalog.shard(day: day)).map { try scrub($0, bytes: bytes, today: today, work) } ?? true
        if isDone {
            (position.day, position.page) = (day + 1, 0)
            sums = nil
            try position.write(to: catalog.directory)
        }
    }

    /// - Returns: whether the shard has been read whole.
    private mutating func scrub(_ shard: Shard, bytes: Int, today: Int, _ work: some ShardScrubWork) throws -> Bool {
        let known = self.sums.flatMap { $0.day == shard.day ? $0.sums : nil }
        let sums: ShardSums?
        do { sums = try known ?? ShardSums(ofShard: shard.path) } catch let error as ShardStorageError where error.code == .corrupt {
            try work.mend(shard, [error.message], notes: &position.notes)
            return true
        }
        guard let sums else {
            // The day that is being written comes to rest when it is over.
            if shard.day >= today { return true }
            ahead = shard.allocatedBytes
            work.noteRead(bytes: shard.allocatedBytes)
            let problems = try work.problems(of: shard)
            if problems.isEmpty {
                try work.foundSound(shard, notes: &position.notes)
            } else {
                try work.mend(shard, problems, notes: &position.notes)
            }
            return true
        }
        self.sums = (shard.day, sums)
        let pages = max(1, bytes / sums.pageBytes)
        let first = position.page
        let changed = try sums.changedPages(ofShard: shard.path, among: first..<first + pages)
        work.noteRead(bytes: min(pages, max(0, sums.sums.count - first)) * sums.pageBytes)
        if !changed.isEmpty {
            // Written meanwhile, and no longer at rest: read in the next round.
            guard try ShardSums(ofShard: shard.path) == sums else { return true }
            let problems = changed.map { ShardSums.sentence(onPage: $0, pageBytes: sums.pageBytes) }
            try work.mend(shard, problems, notes: &position.notes)
            return true
        }
        position.page += pages
        return position.page >= sums.sums.count
    }
}

/// What the scrub asks of the storage of a signal, which knows what is in a shard.
public protocol ShardScrubWork {
    /// What is wrong in a shard, one sentence each; empty for a sound one.
    func problems(of shard: Shard) throws -> [String]

    /// A shard that was found sound gets its checksums.
    ///
    /// - Parameter notes: what stays wrong, by days.
    func foundSound(_ shard: Shard, notes: inout [Int: [String]]) throws

    /// Deals with damage.
    func mend(_ shard: Shard, _ problems: [String], notes: inout [Int: [String]]) throws

    /// All shards were read.
    ///
    /// - Parameter isEmpty: whether there was none.
    func finishRound(isEmpty: Bool, notes: [Int: [String]])

    /// Counts bytes that were read.
    func noteRead(bytes: Int)
}

/// The work of a signal whose shards are written anew from what can be read of them.
public protocol RewritingScrubWork: ShardScrubWork {
    var damage: DamageReports { get }

    /// Does something while nothing seals, merges or deletes.
    func withoutMaintenance(_ body: () throws -> Void) throws

    /// Damage of a file was mended.
    ///
    /// - Parameter left: how many faults it still has.
    func noteMended(_ file: String, left: Int)

    /// All shards were read, and there was one at least.
    func noteRound()
}

extension RewritingScrubWork {
    public func foundSound(_ shard: Shard, notes: inout [Int: [String]]) throws {
        try withoutMaintenance { _ = try shard.writeSums() }
    }

    /// Pages that are damaged themselves stay as they are, and say so when they are read.
    public func mend(_ shard: Shard, _ problems: [String], notes: inout [Int: [String]]) throws {
        for problem in problems { damage.report(shard.path, problem) }
        // What is held in memory of the file is let go, so that the file itself is looked at.
        try shard.rest()
        try withoutMaintenance {
            let before = try self.problems(of: shard)
            do { try shard.rewrite() } catch { damage.report(shard.path, "\(error)") }
            let after = try self.problems(of: shard)
            if after.isEmpty { try shard.writeSums() }
            if after.count < max(before.count, problems.count) { noteMended(shard.path, left: after.count) }
        }
    }

    public func finishRound(isEmpty: Bool, notes: [Int: [String]]) { if !isEmpty { noteRound() } }
}
