internal import Compression
internal import ShardStorage

/// Writes the spans of a generation to the shards of the days that they started on.
struct GenerationSeal {
    let generation: HeadGeneration
    private let columns: SpanColumns
    /// The days on which spans started, rising.
    let days: [Int]

    init(_ generation: HeadGeneration) {
        self.generation = generation
        let columns = generation.columns()
        self.columns = columns
        var latest = -1
        var days: Set<Int> = []
        for start in columns.starts {
            let day = TraceDay.of(start)
            if day == latest { continue }
            latest = day
            days.insert(day)
        }
        self.days = days.sorted()
    }

    /// Writes a day's spans in one transaction, unless they are there already.
    ///
    /// - Returns: the number of spans and of traces written.
    func write(
        day: Int, to shard: Shard, spansMax: Int, _ compressor: ZstdCompressor, stepReached: (@Sendable (TraceStorageStep) -> Void)?
    ) throws -> (spans: Int, traces: Int) {
        // After a crash between the transaction and the end of the journal's segment.
        guard shard.contents.sealedThrough < generation.number else { return (0, 0) }
        let order = days.count == 1 ? RowOrder(columns) : RowOrder(columns) { TraceDay.of(columns.starts[$0]) == day }
        try shard.write { transaction in
            stepReached?(.shardWriting)
            for slice in order.slices(rowsMax: spansMax) {
                try transaction.addBlock(try BlockEncoder.encode(columns, slice, compressor), seal: generation.number, level: 0)
            }
            try transaction.setSealedThrough(generation.number)
        }
        return (order.count, order.traceIDs.count)
    }
}

extension ShardTransaction {
    /// Writes a block: its directory as a page, the rest as parts of it.
    func addBlock(_ block: EncodedBlock, seal: UInt64, level: Int) throws {
        try addPage(
            seal: seal, level: level, firstSeries: block.firstTrace, lastSeries: block.lastTrace,
            minTime: Int64(clamping: block.summary.minStart), maxTime: Int64(clamping: block.summary.maxTime), items: block.summary.spans,
            data: block.directory, parts: block.parts)
    }
}
