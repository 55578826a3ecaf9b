internal import ColumnCoding
internal import ShardStorage

/// Merges small blocks of a shard into larger ones. Each transaction replaces some blocks by one: a crash leaves either them or it.
struct BlockMerge {
    /// So many blocks of about one size are merged.
    private static let blocksPerMerge = 8

    let shard: Shard
    let untilAtRest: Bool
    let cache: LogBlockCache
    let damage: DamageReports
    let options: LogStorageOptions

    /// Does all merges that are due. Blocks that cannot be read are reported, and left as they are.
    ///
    /// - Returns: the number of merges.
    func run() throws -> Int {
        var merged = 0
        var left: Set<Int64> = []
        while let chosen = choose(leavingOut: left) {
            if let unreadable = try merge(chosen) { left.insert(unreadable) } else { merged += 1 }
        }
        return merged
    }

    /// The blocks that are to become one; nil where there is nothing to do.
    private func choose(leavingOut left: Set<Int64>) -> [ShardPage]? {
        let small = shard.contents.pages.filter { $0.items <= options.blockEntriesMax / 2 && !left.contains($0.id) }
            .sorted { ($0.minTime, $0.id) < ($1.minTime, $1.id) }
        if untilAtRest {
            let run = prefix(of: small)
            return run.count > 1 ? run : nil
        }
        for level in Set(small.map(BlockMerge.sizeLevel)).sorted() {
            let alike = small.filter { BlockMerge.sizeLevel($0) <= level }
            let run = prefix(of: alike)
            let isFull = run.reduce(0) { $0 + $1.items } > options.blockEntriesMax / 2
            if alike.filter({ BlockMerge.sizeLevel($0) == level }).count >= BlockMerge.blocksPerMerge, run.count >= (isFull ? 2 : 4) {
                return run
            }
        }
        return nil
    }

    /// As many as fit into one block.
    private func prefix(of pages: [ShardPage]) -> [ShardPage] {
        var entries = 0
        return Array(
            pages.prefix { page in
                entries += page.items
                return entries <= options.blockEntriesMax
            })
    }

    private static func sizeLevel(_ page: ShardPage) -> Int { (Int.bitWidth - page.items.leadingZeroBitCount) / 3 }

    /// - Returns: a block that cannot be read or is too large to be merged, where that is why nothing was done.
    private func merge(_ pages: [ShardPage]) throws -> Int64? {
        let seal = pages.map(\.seal).max() ?? 0
        let level = pages.map(\.level).max() ?? 0
        let snapshot = shard.snapshot()
        var parts: [LogRows] = []
        var lineBytes = 0
        for page in pages.sorted(by: { ($0.seal, $0.level, $0.id) < ($1.seal, $1.level, $1.id) }) {
            let source = BlockSource(StoredBlock(page, of: snapshot, cache: cache, damage: damage))
            do {
                lineBytes += try source.block.directory().summary.lineBytes
                // Long lines make a block of few entries large.
                if lineBytes > options.blockLineBytesMax { return pages.max { $0.bytes < $1.bytes }?.id }
                parts.append(try source.allRows())
            } catch {
                guard source.noted(error).code == .corrupt else { throw error }
                return page.id
            }
        }
        let blocks = try BlockEncoder.encode(LogRows.merged(parts), compressing: .merged, options)
        try shard.write { transaction in
            options.stepReached?(.mergeWriting)
            for block in blocks { try transaction.addBlock(block, seal: seal, level: level + 1) }
            for page in pages { try transaction.retirePage(page.id) }
        }
        options.stepReached?(.mergeCommitted)
        return nil
    }
}
