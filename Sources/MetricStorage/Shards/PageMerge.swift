internal import ColumnCoding
internal import Compression
internal import ShardStorage
internal import TelemetryModel

/// Merges the pages of a shard into fewer that cover more time, group of series by group of series.
///
/// What one write of the head or one merge put into a group is a run; all its pages have one seal. Runs are merged that follow each other
/// in the order of their seals, so that of several samples at one time the one written last stays. Each transaction replaces the
/// pages of some groups as a whole: a crash leaves either the old ones or the new ones.
struct PageMerge {
    /// So many runs of one level become one run of the next.
    static let runsPerMerge = 8
    /// Groups are merged together in one transaction up to this many bytes of pages: about a tenth of a second's work.
    private static let transactionBytes = 1 << 20

    let shard: Shard
    let untilAtRest: Bool
    let stepReached: (@Sendable (MetricStorageStep) -> Void)?

    /// Does all merges that are due.
    ///
    /// - Parameters:
    ///   - steppingAsideFor: asked between transactions whether there is something more urgent; the merge ends then.
    ///   - damaged: told of pages that cannot be read; they are left as they are, and so is their group.
    /// - Returns: the number of groups merged, and whether none is left to merge.
    func run(
        steppingAsideFor isWanted: () -> Bool, _ damaged: (_ page: Int64, _ reason: String) -> Void
    ) throws -> (merged: Int, isFinished: Bool) {
        var due: [[ShardPage]] = []
        var bytes = 0
        var merged = 0
        for pages in pagesByGroup() {
            guard let chosen = choose(pages) else { continue }
            due.append(chosen)
            bytes += chosen.reduce(0) { $0 + $1.bytes }
            if bytes >= PageMerge.transactionBytes {
                merged += try replace(due, damaged)
                due = []
                bytes = 0
                if isWanted() { return (merged, false) }
            }
        }
        if !due.isEmpty { merged += try replace(due, damaged) }
        return (merged, true)
    }

    /// The pages of each group, sorted by seal.
    private func pagesByGroup() -> [[ShardPage]] {
        var groups: [[ShardPage]] = []
        var current: UInt32?
        for page in shard.contents.pages {
            let group = page.firstSeries / UInt32(Shard.seriesPerGroup)
            if group != current { groups.append([]) }
            current = group
            groups[groups.count - 1].append(page)
        }
        return groups.map { $0.sorted { ($0.seal, $0.id) < ($1.seal, $1.id) } }
    }

    /// The pages of a group that are to become one run; nil where there is nothing to do.
    private func choose(_ pages: [ShardPage]) -> [ShardPage]? {
        var runs: [(seal: UInt64, level: Int)] = []
        for page in pages where runs.last?.seal != page.seal { runs.append((page.seal, page.level)) }
        guard runs.count > 1 else { return nil }
        if untilAtRest { return pages }
        // The latest runs have the lowest levels; those of the level of the very latest, and all behind them.
        for level in Set(runs.map(\.level)).sorted() {
            let tail = runs.reversed().prefix { $0.level <= level }
            if tail.filter({ $0.level == level }).count >= PageMerge.runsPerMerge, let least = tail.last {
                return pages.filter { $0.seal >= least.seal }
            }
        }
        return nil
    }

    private func replace(_ groups: [[ShardPage]], _ damaged: (Int64, String) -> Void) throws -> Int {
        let compressor = try ZstdCompressor(level: untilAtRest ? 6 : 3)
        let decompressor = try ZstdDecompressor()
        var merged = 0
        try shard.write { transaction in
            stepReached?(.mergeWriting)
            for pages in groups where try replace(pages, transaction, compressor, decompressor, damaged) { merged += 1 }
        }
        stepReached?(.mergeCommitted)
        return merged
    }

    private func replace(
        _ pages: [ShardPage], _ transaction: ShardTransaction, _ compressor: ZstdCompressor, _ decompressor: ZstdDecompressor,
        _ damaged: (Int64, String) -> Void
    ) throws -> Bool {
        guard let seal = pages.last?.seal, let level = pages.map(\.level).max() else { return false }
        var opened: [ChunkPageCursor] = []
        for page in pages {
            do {
                guard let bytes = try transaction.page(page.id) else { return false }
                opened.append(ChunkPageCursor(try ChunkPage(decoding: bytes, decompressor)))
            } catch {
                damaged(page.id, "\(error)")
                return false
            }
        }
        var writer = MetricPageWriter(seal: seal, level: level + 1, transaction: transaction, compressor: compressor)
        var samples = SampleColumns()
        for series in seriesNumbers(opened.map(\.page)) {
            samples.removeAll()
            for index in opened.indices { try opened[index].read(series, in: .all, into: &samples) }
            samples.normalize()
            if !samples.isEmpty { try writer.append(series, samples) }
        }
        try writer.finish()
        for page in pages { try transaction.retirePage(page.id) }
        return true
    }

    private func seriesNumbers(_ pages: [ChunkPage]) -> [UInt32] {
        var numbers = Set<UInt32>()
        for page in pages { for chunk in page.chunks { numbers.insert(chunk.series) } }
        return numbers.sorted()
    }
}
