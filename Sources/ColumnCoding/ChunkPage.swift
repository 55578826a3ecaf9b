internal import ByteCoding
public import Compression

/// A page of chunks, opened: checksum verified, body decompressed, directory read. Columns are decoded when asked for.
///
/// Whatever the bytes, opening and decoding give samples or a ``ColumnCodingError``.
public struct ChunkPage: Sendable {
    /// What the page says of itself.
    public let header: PageHeader
    /// The chunks in order of series, then as they were appended.
    public var chunks: [PageChunkEntry] { directory.chunks }
    let body: [UInt8]
    let directory: PageDirectory

    /// Opens a stored page.
    ///
    /// - Throws: ``ColumnCodingError`` where the bytes are no page of a known version, or damaged.
    public init(decoding bytes: [UInt8], _ decompressor: ZstdDecompressor) throws(ColumnCodingError) {
        header = try PageHeader(decoding: bytes)
        body = try ChunkPage.decompressBody(bytes, header, decompressor)
        do {
            directory = try PageDirectory(reading: body, header)
        } catch {
            throw ColumnCodingError(error, reading: "page directory")
        }
        guard directory.chunks.reduce(0, { $0 + $1.count }) == header.sampleCount else {
            throw ColumnCodingError(.corrupt, at: 16, "the number of samples differs from that of the chunks")
        }
    }

    /// The places in ``chunks`` of a series' chunks; empty where the page has none. O(log chunks).
    public func chunkRange(of series: UInt32) -> Range<Int> {
        let chunks = directory.chunks
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

    /// Appends the samples of one chunk of floats to two columns. To decode several chunks of a page, ``ChunkPageCursor`` is faster.
    ///
    /// - Precondition: `index` is a place in ``chunks``.
    /// - Throws: ``ColumnCodingError``; what was appended by then is to be thrown away.
    public func decode(chunk index: Int, timestamps: inout [Int64], values: inout [Double]) throws(ColumnCodingError) {
        var cursor = ChunkPageCursor(self)
        try cursor.decode(chunk: index, timestamps: &timestamps, values: &values)
    }

    private static func decompressBody(
        _ bytes: [UInt8], _ header: PageHeader, _ decompressor: ZstdDecompressor
    ) throws(ColumnCodingError) -> [UInt8] {
        let body: [UInt8]
        do {
            body = try decompressor.decompress(bytes, in: PageHeader.size..<bytes.count, limit: header.bodyBytes)
        } catch {
            throw ColumnCodingError(error.code == .failed ? .outOfMemory : .corrupt, at: PageHeader.size, "\(error)")
        }
        guard body.count == header.bodyBytes else {
            throw ColumnCodingError(.corrupt, at: 8, "body is \(body.count) bytes, not \(header.bodyBytes)")
        }
        return body
    }
}
