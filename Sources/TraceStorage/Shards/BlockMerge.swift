internal import ColumnCoding
internal import Compression
internal import ShardStorage

/// Merges small blocks of a shard into larger ones. Each transaction replaces some blocks by one: a crash leaves either them or it.
struct BlockMerge {
    /// So many blocks of about one size are merged.
    private static let blocksPerMerge = 8

    let shard: Shard
    let spansMax: Int
    let untilAtRest: Bool
    let keeping: SpanKeeping
    let now: UInt64
    let stepReached: (@Sendable (TraceStorageStep) -> Void)?

    /// What was done.
    struct Outcome: Sendable {
        /// Merges.
        var merges = 0
        /// Spans that went because they are kept no longer.
        var dropped = 0
        /// What blocks were known by that are replaced.
        var replaced: Set<Int> = []
    }

    /// Does all merges that are due.
    ///
    /// - Parameter damaged: told of blocks that cannot be read; they are left as they are.
    func run(_ damaged: (_ page: Int64, _ reason: String) -> Void) throws -> Outcome {
        var outcome = Outcome()
        var left: Set<Int64> = []
        while let chosen = choose(leavingOut: left) {
            if let unreadable = try merge(chosen, damaged, &outcome) { left.insert(unreadable) }
        }
        return outcome
    }

    /// Whether any span of a block is kept no longer.
    func hasDroppable(_ page: ShardPage) throws -> Bool {
        let origins = try BlockSource(stored(page, of: shard.snapshot())).origins()
        let minStart = UInt64(clamping: page.minTime)
        return keeping.earliest(origins.resources, now: now, leaving: shard.day).contains { $0 > minStart }
    }

    /// The blocks that are to become one; nil where there is nothing to do.
    private func choose(leavingOut left: Set<Int64>) -> [ShardPage]? {
        let small = shard.contents.pages.filter { $0.items <= spansMax / 2 && !left.contains($0.id) }
            .sorted { ($0.minTime, $0.id) < ($1.minTime, $1.id) }
        if untilAtRest {
            let run = prefix(of: small[...])
            return run.count > 1 ? run : nil
        }
        for level in Set(small.map(BlockMerge.sizeLevel)).sorted() {
            let alike = small.filter { BlockMerge.sizeLevel($0) <= level }
            let run = prefix(of: alike[...])
            let isFull = run.reduce(0) { $0 + $1.items } > spansMax / 2
            if alike.filter({ BlockMerge.sizeLevel($0) == level }).count >= BlockMerge.blocksPerMerge, run.count >= (isFull ? 2 : 4) {
                return run
            }
        }
        return nil
    }

    /// As many as fit into one block.
    private func prefix(of pages: ArraySlice<ShardPage>) -> [ShardPage] {
        var spans = 0
        return Array(
            pages.prefix { page in
                spans += page.items
                return spans <= spansMax
            })
    }

    private static func sizeLevel(_ page: ShardPage) -> Int { (Int.bitWidth - page.items.leadingZeroBitCount) / 3 }

    /// A block that is read once. What is decoded of it goes with it, and drives nothing out of the caches that queries have.
    private func stored(_ page: ShardPage, of snapshot: ShardSnapshot) -> StoredBlock {
        StoredBlock(page, of: snapshot, cache: SpanBlockCache(bytesMax: .max))
    }

    /// Puts what stays of some blocks into one, or into none where nothing does.
    ///
    /// - Returns: a block that cannot be read, where that is why nothing was done.
    func merge(_ pages: [ShardPage], _ damaged: (Int64, String) -> Void, _ outcome: inout Outcome) throws -> Int64? {
        let seal = pages.map(\.seal).max() ?? 0
        let level = pages.map(\.level).max() ?? 0
        let snapshot = shard.snapshot()
        var columns = SpanColumns()
        var dropped = 0
        for page in pages.sorted(by: { ($0.seal, $0.id) < ($1.seal, $1.id) }) {
            do {
                let block = try BlockSource(stored(page, of: snapshot))
                let source = try block.columns(traces: 0..<block.summary.traces)
                let stays = try keeping.staying(source, now: now, leaving: shard.day)
                var copier = RowCopier(from: source)
                for row in 0..<source.count {
                    if stays?(row) ?? true { copier.copy(row, into: &columns) } else { dropped += 1 }
                }
            } catch {
                damaged(page.id, "\(error)")
                return page.id
            }
        }
        let block =
            try columns.count == 0
            ? nil : BlockEncoder.encode(columns, RowOrder(columns), try ZstdCompressor(level: TraceBlockLevel.merged))
        try shard.write { transaction in
            stepReached?(.mergeWriting)
            if let block { try transaction.addBlock(block, seal: seal, level: level + 1) }
            for page in pages { try transaction.retirePage(page.id) }
        }
        outcome.merges += 1
        for page in pages { outcome.replaced.insert(StoredBlock.serial(of: page, in: shard)) }
        outcome.dropped += dropped
        stepReached?(.mergeCommitted)
        return nil
    }
}

/// How hard blocks are compressed.
enum TraceBlockLevel {
    static let sealed: Int32 = 3
    static let merged: Int32 = 6
}
