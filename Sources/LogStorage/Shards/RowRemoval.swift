internal import ByteCoding
internal import ColumnCoding
internal import Compression
internal import ShardStorage
internal import TelemetryModel

/// Takes entries out of a shard: blocks that have such are written anew without them, each in one transaction.
struct RowRemoval {
    /// What goes of a stream.
    enum Extent {
        case none, all
        /// What is within a range of times and passes a test.
        case some(ClosedRange<Int64>, ((UnsafeRawBufferPointer) -> Bool)?)
    }

    private let shard: Shard
    private let cache: LogBlockCache
    private let damage: DamageReports
    private let options: LogStorageOptions
    /// Whether bytes of what goes are to leave the file.
    private let isOnWish: Bool
    /// Blocks that could not be looked at.
    private(set) var problems: [String] = []

    init(shard: Shard, cache: LogBlockCache, damage: DamageReports, options: LogStorageOptions, isOnWish: Bool) {
        self.shard = shard
        self.cache = cache
        self.damage = damage
        self.options = options
        self.isOnWish = isOnWish
    }

    /// - Returns: the number of entries that were removed.
    mutating func run(overlapping range: ClosedRange<Int64>, _ extent: (LabelSet) -> Extent) throws -> Int {
        let snapshot = shard.snapshot()
        var removed = 0
        for page in snapshot.contents.pages where page.minTime <= range.upperBound && page.maxTime >= range.lowerBound {
            let block = StoredBlock(page, of: snapshot, cache: cache, damage: damage)
            let source = BlockSource(block)
            let rest: LogRows?
            do { rest = try self.rest(of: source, extent) } catch {
                let error = source.noted(error)
                guard error.code == .corrupt else { throw error }
                problems.append(error.message)
                continue
            }
            guard let rest else { continue }
            removed += page.items - rest.count
            try replace(page, by: rest)
        }
        return removed
    }

    /// What stays of a block; nil where all does.
    private func rest(of source: BlockSource, _ extent: (LabelSet) -> Extent) throws -> LogRows? {
        let extents = try source.streams().labels.map(extent)
        guard extents.contains(where: { if case .none = $0 { false } else { true } }) else { return nil }
        let rows = try source.allRows()
        let kept = rows.filter { stream, row in
            switch extents[stream] {
            case .none: true
            case .all: false
            case .some(let range, let isDeleted): !(range.contains(rows.times[row]) && isDeleted?(rows.lines[row].bytes) ?? true)
            }
        }
        return kept.count == rows.count ? nil : kept
    }

    private func replace(_ page: ShardPage, by rest: LogRows) throws {
        let blocks = try BlockEncoder.encode(rest, compressing: .merged, options)
        try shard.write { transaction in
            options.stepReached?(.removalWriting)
            // A block of level 0 is taken to have all that its generation had.
            for block in blocks { try transaction.addBlock(block, seal: page.seal, level: max(page.level, 1)) }
            try transaction.retirePage(page.id)
            if isOnWish { try transaction.requireErasure() }
        }
        options.stepReached?(.removalCommitted)
    }
}
