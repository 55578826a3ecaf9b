internal import ByteCoding
public import Compression
internal import TelemetryModel

/// Gathers chunks of neighbouring series into one page. Give it the series in rising order, each series' chunks in order of time.
///
/// Columns of timestamps or values that are equal are stored once.
public struct ChunkPageBuilder {
    private var directory: [PageChunkEntry] = []
    private var timestampColumns = SharedColumns()
    private var valueColumns = SharedColumns()
    private var minTime = Int64.max
    private var maxTime = Int64.min
    private var sampleCount = 0
    private var scratch: [UInt8] = []

    public init() {}

    /// Whether nothing was appended since the start or the last ``finish(_:)``.
    public var isEmpty: Bool { directory.isEmpty }

    /// The number of chunks so far.
    public var chunkCount: Int { directory.count }

    /// The number of samples so far.
    public var sampleCountSoFar: Int { sampleCount }

    /// The size of the page before compression, about. A page is best finished at about 64 KiB.
    public var estimatedBytes: Int { timestampColumns.bytes.count + valueColumns.bytes.count + directory.count * 6 }

    /// Appends a chunk of float samples.
    ///
    /// - Precondition: the series is not below that of the chunk before; timestamps rise; both columns are equally long, not empty, and not
    ///   longer than ``TimestampColumn/countMax``.
    public mutating func append(series: UInt32, timestamps: Span<Int64>, values: Span<Double>) {
        precondition(timestamps.count == values.count && timestamps.count > 0, "BUG: columns of a chunk differ in length or are empty")
        precondition(directory.last.map { $0.series <= series } ?? true, "BUG: series of a page are not in order")
        scratch.removeAll(keepingCapacity: true)
        TimestampColumn.encode(timestamps, into: &scratch)
        let timestampColumn = timestampColumns.index(of: scratch)
        scratch.removeAll(keepingCapacity: true)
        ValueColumn.encode(values, into: &scratch)
        let valueColumn = valueColumns.index(of: scratch)
        directory.append(
            PageChunkEntry(
                series: series, kind: .float, count: timestamps.count, minTime: timestamps[0], maxTime: timestamps[timestamps.count - 1],
                timestampColumn: timestampColumn, valueColumn: valueColumn))
        minTime = min(minTime, timestamps[0])
        maxTime = max(maxTime, timestamps[timestamps.count - 1])
        sampleCount += timestamps.count
    }

    /// Makes the page and empties the builder, which keeps its memory for the next page.
    ///
    /// - Precondition: the builder is not empty.
    /// - Throws: ``CompressionError`` where the library has no memory; the builder is then as it was.
    public mutating func finish(_ compressor: ZstdCompressor) throws(CompressionError) -> EncodedPage {
        guard let first = directory.first, let last = directory.last else { preconditionFailure("BUG: page without chunks") }
        var body: [UInt8] = []
        body.reserveCapacity(estimatedBytes + 64)
        body.appendVarint(count: timestampColumns.ranges.count)
        body.appendVarint(count: valueColumns.ranges.count)
        var previous: UInt32 = first.series
        for entry in directory {
            body.appendVarint(UInt64(entry.series - previous))
            body.append(entry.kind.rawValue)
            body.appendVarint(count: entry.timestampColumn)
            body.appendVarint(count: entry.valueColumn)
            previous = entry.series
        }
        for range in timestampColumns.ranges + valueColumns.ranges { body.appendVarint(count: range.count) }
        body += timestampColumns.bytes
        body += valueColumns.bytes
        precondition(body.count <= PageHeader.bodyBytesMax, "BUG: page is far too large")
        var bytes = PageHeader.magic
        bytes.appendLittleEndian(UInt32(0))
        bytes.appendLittleEndian(UInt32(body.count))
        bytes.appendLittleEndian(UInt32(directory.count))
        bytes.appendLittleEndian(UInt64(sampleCount))
        bytes.appendLittleEndian(minTime)
        bytes.appendLittleEndian(maxTime)
        bytes.appendLittleEndian(first.series)
        bytes.appendLittleEndian(last.series)
        try compressor.compress(body, into: &bytes)
        let checksum = CRC32C.checksum(bytes, in: PageHeader.checkedOffset..<bytes.count)
        for index in 0..<4 { bytes[PageHeader.checksumOffset + index] = UInt8(truncatingIfNeeded: checksum >> UInt32(index * 8)) }
        let page = EncodedPage(
            bytes: bytes, minTime: minTime, maxTime: maxTime, firstSeries: first.series, lastSeries: last.series,
            chunkCount: directory.count, sampleCount: sampleCount, uncompressedBytes: body.count)
        removeAll()
        return page
    }

    /// Empties the builder and keeps its memory.
    public mutating func removeAll() {
        directory.removeAll(keepingCapacity: true)
        timestampColumns.removeAll()
        valueColumns.removeAll()
        minTime = .max
        maxTime = .min
        sampleCount = 0
    }
}

/// Encoded columns one behind the other; equal ones exist once.
private struct SharedColumns {
    private(set) var bytes: [UInt8] = []
    private(set) var ranges: [Range<Int>] = []
    private var indexByHash: [UInt64: Int] = [:]

    mutating func index(of column: [UInt8]) -> Int {
        let hash = hash64(column)
        // A hash that meets another column by accident only costs the sharing.
        if let known = indexByHash[hash], bytes[ranges[known]].elementsEqual(column) { return known }
        let start = bytes.count
        bytes += column
        ranges.append(start..<bytes.count)
        indexByHash[hash] = ranges.count - 1
        return ranges.count - 1
    }

    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        ranges.removeAll(keepingCapacity: true)
        indexByHash.removeAll(keepingCapacity: true)
    }
}
