internal import ShardStorage

/// Writes the entries of a generation to the shards of their days.
struct GenerationSeal {
    private let generation: HeadGeneration
    private let rows: LogRows
    /// The days of the entries, rising.
    let days: [Int]

    init(_ generation: HeadGeneration) {
        self.generation = generation
        rows = generation.rows()
        var latest = Int.min
        var days: Set<Int> = []
        for time in rows.times {
            let day = LogDay.of(time)
            if day == latest { continue }
            latest = day
            days.insert(day)
        }
        self.days = days.sorted()
    }

    /// Writes a day's entries in one transaction, unless they are there already.
    ///
    /// - Returns: the number of entries written.
    func write(day: Int, to shard: Shard, _ options: LogStorageOptions) throws -> Int {
        // After a crash between the transaction and the end of the journal's segment.
        guard shard.contents.sealedThrough < generation.number else { return 0 }
        let range = LogDay.range(day)
        let own = days.count == 1 ? rows : rows.filter { _, row in range.contains(rows.times[row]) }
        // What is large enough is not merged any more.
        let effort: BlockEncoder.Effort = own.count > options.blockEntriesMax / 2 ? .merged : .sealed
        let blocks = try BlockEncoder.encode(own, compressing: effort, options)
        try shard.write { transaction in
            options.stepReached?(.shardWriting)
            for block in blocks { try transaction.addBlock(block, seal: generation.number, level: 0) }
            try transaction.setSealedThrough(generation.number)
        }
        return own.count
    }
}

extension ShardTransaction {
    /// Writes a block: its directory as a page, the rest as parts of it.
    func addBlock(_ block: EncodedBlock, seal: UInt64, level: Int) throws {
        try addPage(
            seal: seal, level: level, firstSeries: 0, lastSeries: UInt32(clamping: block.summary.streams - 1),
            minTime: block.summary.minTime,
            maxTime: block.summary.maxTime, items: block.summary.rows, data: block.directory, parts: block.parts)
    }
}
