/// What a shard's table of pages says of one page.
public struct ShardPage: Sendable, Hashable {
    public let id: Int64
    /// The journal segment up to which writes are in it. Where pages of one series overlap in time, the later write is in the page of the
    /// greater seal.
    public let seal: UInt64
    /// How often its samples were merged: 0 for a page as the head was sealed.
    public let level: Int
    /// The range of series numbers in it, both ends inclusive.
    public let firstSeries: UInt32
    public let lastSeries: UInt32
    /// The range of times in it, both ends inclusive, in the signal's unit.
    public let minTime: Int64
    public let maxTime: Int64
    /// The number of samples, entries or spans in it.
    public let items: Int
    /// Length of its payload and of its parts.
    public let bytes: Int
}

/// Two numbers that a shard keeps for a day.
public struct ShardMark: Sendable, Hashable {
    public var day: UInt64
    public var next: UInt64

    public init(day: UInt64, next: UInt64) {
        self.day = day
        self.next = next
    }
}

/// A shard as it is at one moment: a value that later writes do not change.
public struct ShardContents: Sendable {
    /// Every journal segment up to this one is in the shard, as far as it concerns the shard's day.
    public internal(set) var sealedThrough: UInt64 = 0
    /// Series are numbered from 0 up to this, without gaps.
    public internal(set) var seriesCount = 0
    /// Differs between two contents of this process where dictionary or index lost something in between.
    public internal(set) var indexVersion = 0
    /// Whether the file still holds bytes of what a user deleted: replaced pages, free space.
    public internal(set) var isErasureDue = false
    /// The number of the next page. Numbers rise, so that one that was read once never means something else.
    var nextPage: Int64 = 1
    /// Rises with every write that changes what samples there are; merges do not.
    public internal(set) var revision: UInt64 = 0
    /// The revision of the latest of these that concerned the first millisecond of the shard's day.
    public internal(set) var startRevision: UInt64 = 0
    /// What the signal keeps beside its data for days, by day.
    public internal(set) var marks: [Int: ShardMark] = [:]
    /// Sorted by first series, then by seal.
    public internal(set) var pages: [ShardPage] = []
    /// Whether it says of any item when it began to be counted.
    public internal(set) var hasStartRuns = false
    /// Whether any page has parts.
    var hasParts = false

    /// The pages that may hold items of a series within a range of times, in rising order of their seals.
    public func pages(of series: UInt32, from minTime: Int64, through maxTime: Int64) -> [ShardPage] {
        var low = 0
        var high = pages.count
        // Behind the last page that starts at the series or before it.
        while low < high {
            let middle = (low + high) / 2
            if pages[middle].firstSeries <= series { low = middle + 1 } else { high = middle }
        }
        var found: [ShardPage] = []
        // Pages do not cross the borders of groups of series, so that a page starts at most one group before a series of its own.
        let least = series / UInt32(Shard.seriesPerGroup) * UInt32(Shard.seriesPerGroup)
        var index = low - 1
        while index >= 0, pages[index].firstSeries >= least {
            let page = pages[index]
            if page.lastSeries >= series, page.minTime <= maxTime, page.maxTime >= minTime { found.append(page) }
            index -= 1
        }
        found.sort { ($0.seal, $0.minTime, $0.id) < ($1.seal, $1.minTime, $1.id) }
        return found
    }
}

extension ShardContents {
    /// Those of some series (sorted) that a page with items within a range of times may hold.
    public func series(_ series: [UInt32], withPagesFrom minTime: Int64, through maxTime: Int64) -> [UInt32] {
        var result: [UInt32] = []
        result.reserveCapacity(series.count)
        var index = 0
        var inGroup: [ShardPage] = []
        var group: UInt32?
        for number in series {
            let ownGroup = number / UInt32(Shard.seriesPerGroup)
            if ownGroup != group {
                group = ownGroup
                inGroup.removeAll(keepingCapacity: true)
                index = firstPage(atOrAfter: ownGroup * UInt32(Shard.seriesPerGroup), from: index)
                while index < pages.count, pages[index].firstSeries / UInt32(Shard.seriesPerGroup) == ownGroup {
                    let page = pages[index]
                    if page.minTime <= maxTime, page.maxTime >= minTime { inGroup.append(page) }
                    index += 1
                }
            }
            if inGroup.contains(where: { $0.firstSeries <= number && number <= $0.lastSeries }) { result.append(number) }
        }
        return result
    }
}

extension ShardContents {
    /// The first page, from a place on, that starts at a series or behind it. O(log pages).
    private func firstPage(atOrAfter series: UInt32, from start: Int) -> Int {
        var low = start
        var high = pages.count
        while low < high {
            let middle = (low + high) / 2
            if pages[middle].firstSeries < series { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// A hold on a shard's contents: their pages can be read until it goes, also when merges have replaced them.
public final class ShardSnapshot: Sendable {
    public let shard: Shard
    public let contents: ShardContents
    let epoch: Int

    init(shard: Shard, contents: ShardContents, epoch: Int) {
        self.shard = shard
        self.contents = contents
        self.epoch = epoch
    }

    deinit { shard.release(epoch) }
}
