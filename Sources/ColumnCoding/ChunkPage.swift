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
    private let body: [UInt8]
    private let directory: PageDirectory

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

    /// Appends the samples of one chunk of floats to two columns.
    ///
    /// - Precondition: `index` is a place in ``chunks``.
    /// - Throws: ``ColumnCodingError``; what was appended by then is to be thrown away.
    public func decode(chunk index: Int, timestamps: inout [Int64], values: inout [Double]) throws(ColumnCodingError) {
        let entry = directory.chunks[index]
        guard entry.kind == .float else { throw ColumnCodingError(.kindMismatch, at: 0, "chunk \(index) holds no floats") }
        do {
            let clock = directory.clocks[entry.timestampColumn]
            try clock.column.decode(body, at: clock.place, count: clock.count, referenced: [], into: &timestamps)
            let column = directory.values[entry.valueColumn]
            var wholes: [Int64] = []
            var corrections: [Int64] = []
            try decodeWholes(of: entry.valueColumn, into: &wholes)
            if let numbers = column.form.corrections {
                try numbers.decode(body, at: column.place.corrections, count: column.count, referenced: [], into: &corrections)
            }
            try column.form.appendValues(body, wholes: wholes, corrections: corrections, count: column.count, into: &values)
        } catch {
            throw ColumnCodingError(error, reading: "chunk \(index) of series \(entry.series)")
        }
    }

    /// Decodes a column's whole numbers, first those of the column that it refers to. The directory limits how deep that goes.
    private func decodeWholes(of index: Int, into wholes: inout [Int64]) throws(ByteCodingError) {
        let column = directory.values[index]
        var referenced: [Int64] = []
        if let reference = column.form.reference { try decodeWholes(of: index - reference.distance, into: &referenced) }
        guard let numbers = column.form.wholes else {
            // A constant has no whole numbers, so nothing may refer to it; the column itself needs none.
            return
        }
        try numbers.decode(body, at: column.place.wholes, count: column.count, referenced: referenced, into: &wholes)
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
