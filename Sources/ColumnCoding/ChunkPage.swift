internal import ByteCoding
public import Compression

/// What the samples of a chunk are.
public enum ChunkKind: UInt8, Sendable, Hashable {
    case float = 0
    case histogram = 1
}

/// What a page says of one chunk.
public struct PageChunkEntry: Sendable, Hashable {
    public let series: UInt32
    public let kind: ChunkKind
    /// The number of samples, at least 1.
    public let count: Int
    public let minTime: Int64
    public let maxTime: Int64
    let timestampColumn: Int
    let valueColumn: Int
}

/// A page of chunks, opened: checksum verified, body decompressed, directory read. Columns are decoded when asked for.
///
/// Whatever the bytes, opening and decoding give samples or a ``ColumnCodingError``.
public struct ChunkPage: Sendable {
    /// The chunks in order of series, then as they were appended.
    public let chunks: [PageChunkEntry]
    private let body: [UInt8]
    private let timestampRanges: [Range<Int>]
    private let valueRanges: [Range<Int>]

    /// Opens a stored page.
    ///
    /// - Throws: ``ColumnCodingError`` where the bytes are no page of a known version, or damaged.
    public init(decoding bytes: [UInt8], _ decompressor: ZstdDecompressor) throws(ColumnCodingError) {
        let header = try PageHeader(decoding: bytes)
        body = try ChunkPage.decompressBody(bytes, header, decompressor)
        var reader = ByteReader(body)
        do {
            (chunks, timestampRanges, valueRanges) = try ChunkPage.readDirectory(&reader, header)
        } catch {
            throw ColumnCodingError(error, reading: "page directory")
        }
        guard chunks.reduce(0, { $0 + $1.count }) == header.sampleCount else {
            throw ColumnCodingError(.corrupt, at: 16, "the number of samples differs from that of the chunks")
        }
    }

    /// The places in ``chunks`` of a series' chunks; empty where the page has none.
    public func chunkRange(of series: UInt32) -> Range<Int> {
        var low = 0
        var high = chunks.count
        while low < high {
            let middle = (low + high) / 2
            if chunks[middle].series < series { low = middle + 1 } else { high = middle }
        }
        var end = low
        while end < chunks.count, chunks[end].series == series { end += 1 }
        return low..<end
    }

    /// Appends the samples of one chunk of floats to two columns.
    ///
    /// - Precondition: `index` is a place in ``chunks``.
    /// - Throws: ``ColumnCodingError``; what was appended by then is to be thrown away.
    public func decode(chunk index: Int, timestamps: inout [Int64], values: inout [Double]) throws(ColumnCodingError) {
        let entry = chunks[index]
        guard entry.kind == .float else { throw ColumnCodingError(.kindMismatch, at: 0, "chunk \(index) holds no floats") }
        let count = try decodeTimestamps(entry, into: &timestamps)
        var reader = ByteReader(body, in: valueRanges[entry.valueColumn])
        try ValueColumn.decode(&reader, count: count, into: &values)
        guard reader.isAtEnd else { throw ColumnCodingError(.corrupt, at: reader.position, "bytes behind a value column") }
    }

    private func decodeTimestamps(_ entry: PageChunkEntry, into timestamps: inout [Int64]) throws(ColumnCodingError) -> Int {
        var reader = ByteReader(body, in: timestampRanges[entry.timestampColumn])
        let before = timestamps.count
        try TimestampColumn.decode(&reader, into: &timestamps)
        guard reader.isAtEnd, timestamps.count - before == entry.count else {
            throw ColumnCodingError(.corrupt, at: reader.position, "timestamp column of another length")
        }
        return entry.count
    }

    private static func decompressBody(
        _ bytes: [UInt8], _ header: PageHeader, _ decompressor: ZstdDecompressor
    ) throws(ColumnCodingError) -> [UInt8] {
        do {
            let body = try decompressor.decompress(bytes, in: PageHeader.size..<bytes.count, limit: Int(header.bodyBytes))
            guard body.count == header.bodyBytes else {
                throw ColumnCodingError(.corrupt, at: 8, "body is \(body.count) bytes, not \(header.bodyBytes)")
            }
            return body
        } catch let error as CompressionError {
            throw ColumnCodingError(error.code == .failed ? .outOfMemory : .corrupt, at: PageHeader.size, "\(error)")
        } catch {
            throw error as? ColumnCodingError ?? ColumnCodingError(.corrupt, at: 8, "\(error)")
        }
    }

    private static func readDirectory(
        _ reader: inout ByteReader, _ header: PageHeader
    ) throws(ByteCodingError) -> ([PageChunkEntry], [Range<Int>], [Range<Int>]) {
        // Each column has a length of a byte at least, each chunk four bytes.
        let timestampCount = try reader.readCount(limit: reader.remaining)
        let valueCount = try reader.readCount(limit: reader.remaining)
        guard timestampCount > 0, valueCount > 0 else { throw ByteCodingError(.invalidValue, at: 0) }
        guard Int(header.chunkCount) <= reader.remaining / 4 else { throw ByteCodingError(.lengthTooLarge, at: reader.position) }
        var drafts: [(series: UInt32, kind: ChunkKind, timestamps: Int, values: Int)] = []
        drafts.reserveCapacity(Int(header.chunkCount))
        var series = UInt64(header.firstSeries)
        for _ in 0..<header.chunkCount {
            let start = reader.position
            let step = try reader.readVarint()
            guard step <= UInt64(header.lastSeries) - min(series, UInt64(header.lastSeries)) else {
                throw ByteCodingError(.invalidValue, at: start)
            }
            series += step
            guard let kind = ChunkKind(rawValue: try reader.readUInt8()) else { throw ByteCodingError(.invalidValue, at: start) }
            let timestamps = try reader.readCount(limit: timestampCount - 1)
            let values = try reader.readCount(limit: valueCount - 1)
            drafts.append((UInt32(truncatingIfNeeded: series), kind, timestamps, values))
        }
        let lengths = try readLengths(&reader, count: timestampCount + valueCount)
        let timestampRanges = try readRanges(&reader, lengths[..<timestampCount])
        let valueRanges = try readRanges(&reader, lengths[timestampCount...])
        guard reader.isAtEnd else { throw ByteCodingError(.invalidValue, at: reader.position) }
        let bounds = try timestampBounds(reader.bytes, timestampRanges)
        let entries = drafts.map { draft in
            let bound = bounds[draft.timestamps]
            return PageChunkEntry(
                series: draft.series, kind: draft.kind, count: bound.count, minTime: bound.first, maxTime: bound.last,
                timestampColumn: draft.timestamps, valueColumn: draft.values)
        }
        return (entries, timestampRanges, valueRanges)
    }

    private static func readLengths(_ reader: inout ByteReader, count: Int) throws(ByteCodingError) -> [Int] {
        guard count <= reader.remaining else { throw ByteCodingError(.lengthTooLarge, at: reader.position) }
        var lengths: [Int] = []
        lengths.reserveCapacity(count)
        for _ in 0..<count { lengths.append(try reader.readCount(limit: reader.end)) }
        return lengths
    }

    private static func readRanges(_ reader: inout ByteReader, _ lengths: ArraySlice<Int>) throws(ByteCodingError) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        ranges.reserveCapacity(lengths.count)
        for length in lengths { ranges.append(try reader.readRange(count: length)) }
        return ranges
    }

    private static func timestampBounds(
        _ body: [UInt8], _ ranges: [Range<Int>]
    ) throws(ByteCodingError) -> [(count: Int, first: Int64, last: Int64)] {
        var bounds: [(count: Int, first: Int64, last: Int64)] = []
        bounds.reserveCapacity(ranges.count)
        var scratch: [Int64] = []
        for range in ranges {
            var reader = ByteReader(body, in: range)
            scratch.removeAll(keepingCapacity: true)
            do {
                try TimestampColumn.decode(&reader, into: &scratch)
            } catch {
                throw ByteCodingError(.invalidValue, at: error.offset)
            }
            guard let first = scratch.first, let last = scratch.last else { throw ByteCodingError(.invalidValue, at: range.lowerBound) }
            bounds.append((scratch.count, first, last))
        }
        return bounds
    }
}

extension PageHeader {
    /// Reads the header and verifies the checksum of all that follows it.
    init(decoding bytes: [UInt8]) throws(ColumnCodingError) {
        guard bytes.count >= PageHeader.size else { throw ColumnCodingError(.corrupt, at: bytes.count, "no room for a page header") }
        guard bytes.starts(with: PageHeader.magic) else {
            throw ColumnCodingError(.unsupportedVersion, at: 0, "page does not start with PCP 1")
        }
        var reader = ByteReader(bytes)
        do {
            try reader.skip(PageHeader.checksumOffset)
            let stored: UInt32 = try reader.readLittleEndian()
            let computed = CRC32C.checksum(bytes, in: PageHeader.checkedOffset..<bytes.count)
            guard stored == computed else { throw ColumnCodingError(.checksumMismatch, at: 4, "stored \(stored), computed \(computed)") }
            bodyBytes = try reader.readLittleEndian()
            chunkCount = try reader.readLittleEndian()
            sampleCount = try reader.readLittleEndian()
            minTime = try reader.readLittleEndian()
            maxTime = try reader.readLittleEndian()
            firstSeries = try reader.readLittleEndian()
            lastSeries = try reader.readLittleEndian()
        } catch let error as ByteCodingError {
            throw ColumnCodingError(error, reading: "page header")
        } catch {
            throw error as? ColumnCodingError ?? ColumnCodingError(.corrupt, at: 0, "\(error)")
        }
        guard bodyBytes <= PageHeader.bodyBytesMax else { throw ColumnCodingError(.limitExceeded, at: 8, "body of \(bodyBytes) bytes") }
    }
}
