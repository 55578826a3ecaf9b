internal import ByteCoding
internal import ColumnCoding
internal import Compression
internal import TelemetryModel

/// A block as it is to be written.
struct EncodedBlock {
    var summary = BlockSummary()
    var directory: [UInt8] = []
    /// The parts that do not lie in the directory.
    var parts: [(number: Int, bytes: [UInt8])] = []

    var storedBytes: Int { parts.reduce(directory.count) { $0 + $1.bytes.count } }
}

/// Encodes rows as blocks, and proves of each that its lines come back.
struct BlockEncoder {
    /// How hard blocks are compressed.
    enum Effort: Int32 {
        case sealed = 3
        case merged = 6
    }

    private let rows: LogRows
    private let compressor: ZstdCompressor
    private var parts: [(number: Int, bytes: [UInt8])] = []

    /// Encodes rows, as few blocks as they fit into.
    static func encode(_ rows: LogRows, compressing effort: Effort, _ options: LogStorageOptions) throws -> [EncodedBlock] {
        let compressor = try ZstdCompressor(level: effort.rawValue)
        return try rows.slices(rowsMax: options.blockEntriesMax, lineBytesMax: options.blockLineBytesMax).map { try encode($0, compressor) }
    }

    /// - Precondition: there is a row.
    static func encode(_ rows: LogRows, _ compressor: ZstdCompressor) throws -> EncodedBlock {
        var isText: Set<Int> = []
        for isPlain in [false, false, true] {
            var encoder = BlockEncoder(rows: rows, compressor: compressor)
            let block = try encoder.encode(isPlain: isPlain) { isPlain || isText.contains($0) }
            let wrong = try BlockProof(block, encoder.parts).rowsThatDiffer(from: rows)
            if wrong.isEmpty { return block }
            // What does not come back as it was is kept as it is.
            isText.formUnion(wrong)
        }
        throw BlockError("lines do not come back as they were")
    }

    private init(rows: LogRows, compressor: ZstdCompressor) {
        self.rows = rows
        self.compressor = compressor
    }

    private mutating func encode(isPlain: Bool, _ isText: (Int) -> Bool) throws -> EncodedBlock {
        var block = EncodedBlock()
        block.summary.rows = rows.count
        block.summary.streams = rows.streams.count
        block.summary.minTime = rows.times.min() ?? 0
        block.summary.maxTime = rows.times.max() ?? 0
        block.summary.lineBytes = rows.lineBytes
        try encodeStreams()
        try encodeTimes()
        try encodeLengths()
        let shapes = RowShapes(rows, isText: isText)
        var part = PartWriter()
        NumberSequence.encode(shapes.lineShapes.map { UInt64($0 + 1) }, .codes, into: &part)
        NumberSequence.encode(shapes.metadataShapes.map { UInt64($0 + 1) }, .codes, into: &part)
        try add(PartNumber.shapes, part)
        var columns = ColumnsEncoder(rows, shapes, isPlain: isPlain)
        for (number, part) in try columns.encode() { try add(number, part) }
        part = PartWriter()
        columns.outline.encode(into: &part)
        try add(PartNumber.outline, part)
        let directory = BlockDirectory(summary: block.summary, parts: parts)
        block.directory = directory.encoded()
        block.parts = parts.filter { $0.bytes.count > BlockLimits.inlineBytesMax }
        return block
    }

    private mutating func add(_ number: Int, _ part: PartWriter) throws {
        guard number < PartNumber.limit else { throw BlockError("more columns than a block may have") }
        parts.append((number, try part.encoded(compressor)))
    }

    private mutating func encodeStreams() throws {
        var part = PartWriter()
        var counts: [UInt64] = []
        var firsts: [UInt64] = []
        var lasts: [UInt64] = []
        let earliest = rows.times.min() ?? 0
        for (stream, labels) in rows.streams.enumerated() {
            part.soft.appendLengthPrefixed(labels.packed)
            let range = rows.range(ofStream: stream)
            counts.append(UInt64(range.count))
            firsts.append(UInt64(bitPattern: rows.times[range.lowerBound] &- earliest))
            lasts.append(UInt64(bitPattern: rows.times[range.upperBound - 1] &- rows.times[range.lowerBound]))
        }
        part.beginSection()
        NumberSequence.encode(counts, .amounts, into: &part)
        NumberSequence.encode(firsts, .amounts, into: &part)
        NumberSequence.encode(lasts, .amounts, into: &part)
        try add(PartNumber.streams, part)
    }

    /// They could be had from the columns, but for the price of reading these all.
    private mutating func encodeLengths() throws {
        var part = PartWriter()
        NumberSequence.encode(rows.lines.map { UInt64($0.count) }, .amounts, into: &part)
        try add(PartNumber.lengths, part)
    }

    /// Of each row but the first of its stream the time less that of the row before.
    private mutating func encodeTimes() throws {
        var steps: [UInt64] = []
        steps.reserveCapacity(rows.count)
        for stream in rows.streams.indices {
            let range = rows.range(ofStream: stream)
            for row in range.dropFirst() { steps.append(UInt64(bitPattern: rows.times[row] &- rows.times[row - 1])) }
        }
        var part = PartWriter()
        NumberSequence.encode(steps, .amounts, into: &part)
        try add(PartNumber.times, part)
    }
}

/// Reads a block that was just encoded.
struct BlockProof {
    private let source: BlockSource

    init(_ block: EncodedBlock, _ parts: [(number: Int, bytes: [UInt8])]) throws {
        let decompressor = try ZstdDecompressor()
        var decoded: [Int: DecodedPart] = [:]
        for part in parts { decoded[part.number] = try DecodedPart(part.bytes, decompressor) }
        source = BlockSource(
            PartsInHand(parts: decoded, bytes: block.storedBytes, directory: try BlockDirectory(decoding: block.directory)))
    }

    /// The rows whose line does not come back byte for byte.
    ///
    /// - Throws: ``BlockError`` where anything else does not.
    func rowsThatDiffer(from rows: LogRows) throws -> [Int] {
        let frame = try source.frame()
        guard frame.times == rows.times, frame.streamStarts == rows.streamStarts, frame.streams == rows.streams else {
            throw BlockError("streams or times do not come back as they were")
        }
        guard try source.lineLengths().elementsEqual(rows.lines.lazy.map { Int32(truncatingIfNeeded: $0.count) }) else {
            throw BlockError("lengths of lines do not come back as they were")
        }
        let metadata = try source.allMetadata(frame.times)
        let isSame = metadata.bytes.withUnsafeBytes { bytes in
            (0..<rows.count).allSatisfy { row in
                let range = metadata.range(row)
                return rows.metadata[row].bytes.elementsEqual(bytes[range])
            }
        }
        guard isSame else { throw BlockError("metadata does not come back as it was") }
        return try source.rowsThatDiffer(from: rows)
    }
}
