/// What maintenance does with the shards of any signal, and what it keeps for that between its rounds.
///
/// The owner has it under the lock of the one thread that seals, merges or deletes. Times are milliseconds since 1970, days are counted from
/// 1970-01-01.
public struct ShardMaintenance: Sendable {
    /// How often days that are over are looked through for shards without checksums.
    private static let sumsInterval: Int64 = 30 * 60_000
    /// Between two shards that get checksums.
    private static let sumsPause: Int64 = 10_000
    /// How often the size of the folder is looked at.
    private static let sizeLookInterval: Int64 = 10_000

    /// Shards that were written and may have something to merge.
    public var daysToMerge: Set<Int> = []
    /// Shards with replaced pages that a snapshot still held.
    public var daysToClean: Set<Int> = []
    /// Whether all shards were looked at once, to see what a killed process left to do.
    private var hasLookedAround = false
    /// The day of the clock at the latest look for days that are over.
    private var today = Int.min
    /// When the size of the folder was last looked at.
    private var sizeLookedAt = Int64.min
    /// When days that are over are looked through for shards at rest without checksums.
    private var sumsDue = Int64.min

    public init() {}

    /// In the first round, has every shard looked at for merges that a killed process did not get to.
    ///
    /// - Returns: whether this was the first round.
    public mutating func lookAround(in catalog: ShardCatalog) -> Bool {
        guard !hasLookedAround else { return false }
        hasLookedAround = true
        daysToMerge.formUnion(catalog.days)
        return true
    }

    /// Merges in the shards that were written, and deletes what merges replaced where no snapshot holds it any more.
    ///
    /// - Parameters:
    ///   - merge: does the merges that are due in a shard, with `untilAtRest` all that there are, and says how many it did.
    ///   - cleaned: told where the pages that merges replaced are gone.
    public mutating func merge(
        in catalog: ShardCatalog, today: Int, untilAtRest: Bool, _ merge: (_ shard: Shard, _ untilAtRest: Bool) throws -> Int,
        cleaned: () -> Void
    ) throws {
        for day in daysToMerge.sorted() {
            // A day that is over gets no more than stragglers: it is brought to rest at once.
            if let shard = try? catalog.shard(day: day), try merge(shard, untilAtRest || day < today - 1) > 0 { daysToClean.insert(day) }
            daysToMerge.remove(day)
        }
        for day in daysToClean {
            guard let shard = try? catalog.shard(day: day) else {
                daysToClean.remove(day)
                continue
            }
            if try shard.deleteRetiredPages() {
                daysToClean.remove(day)
                cleaned()
                try shard.checkpoint(givingBackSpace: untilAtRest || day < today)
            }
        }
    }

    /// Now and then, makes the checksums of a shard of a day that is over and that nothing is to be done with: one in a round.
    ///
    /// - Parameter busy: days with which more is to be done than what is known here.
    public mutating func writeSums(in catalog: ShardCatalog, now: Int64, today: Int, besides busy: some Sequence<Int> = []) throws {
        guard now >= sumsDue else { return }
        sumsDue = now + ShardMaintenance.sumsInterval
        let busy = daysToMerge.union(daysToClean).union(busy)
        for day in catalog.days where day < today && !busy.contains(day) {
            guard let shard = try? catalog.shard(day: day), !shard.hasSums else { continue }
            if try shard.writeSums() {
                sumsDue = now + ShardMaintenance.sumsPause
                return
            }
        }
    }

    /// Once a day: days that are over are brought to rest, and let go of what was needed to write them.
    public mutating func letDaysRest(in catalog: ShardCatalog, today day: Int) throws(ShardStorageError) {
        guard day != today else { return }
        today = day
        daysToMerge.formUnion(catalog.days.filter { $0 < day && $0 >= day - 3 })
        for shard in catalog.openShards where shard.day < day { try shard.rest() }
    }

    /// Whether the size of the folder is to be looked at now: not in every round, but always where everything is brought to rest.
    public mutating func isSizeLookDue(now: Int64, untilAtRest: Bool) -> Bool {
        guard untilAtRest || now < sizeLookedAt || now >= sizeLookedAt + ShardMaintenance.sizeLookInterval else { return false }
        sizeLookedAt = now
        return true
    }

    /// Takes note that the shard of a day was deleted.
    public mutating func forget(day: Int) {
        daysToMerge.remove(day)
        daysToClean.remove(day)
    }
}

extension ShardCatalog {
    /// Brings every open shard to rest: what merges replaced is deleted, space is given back to the file system, and checksums are made.
    public func bringToRest() throws(ShardStorageError) {
        for shard in openShards {
            try shard.deleteRetiredPages()
            try shard.checkpoint(givingBackSpace: true)
            try shard.writeSums()
            try shard.rest()
        }
    }
}
