internal import ByteCoding
public import Compression

/// Gathers chunks of neighbouring series into one page. Give it the series in rising order, each series' chunks in order of time.
///
/// Columns that are equal are stored once. A column of values that another column of the page foretells, as one histogram bucket does
/// another, is stored as the difference to what it foretells. Both work among neighbours, so pages are smallest where series of one target
/// stand together (they share timestamps) and the buckets, count and sum of a histogram follow each other.
public struct ChunkPageBuilder {
    var directory = PageDirectoryWriter()
    private var timestampSink = ColumnSink()
    var valueSink = ColumnSink()
    private var timestampEncoder = IntegerColumnEncoder()
    private var valueEncoder = ValueColumnEncoder()
    private var knownTimestamps = RecentColumns<Int64>(capacity: 4096, valuesMax: 1 << 20)
    private var knownValues = RecentColumns<Double>(capacity: 64, valuesMax: 1 << 18)
    private var references = ReferenceWindow()
    private var body: [UInt8] = []

    public init() {}

    /// Whether nothing was appended since the start or the last ``finish(_:)``.
    public var isEmpty: Bool { directory.chunkCount == 0 }

    /// The number of chunks so far.
    public var chunkCount: Int { directory.chunkCount }

    /// The number of samples so far.
    public var sampleCount: Int { directory.sampleCount }

    /// The size of the page before compression, about. A page is best finished at about 64 KiB.
    public var estimatedBytes: Int { timestampSink.count + valueSink.count + directory.chunkCount * 12 }

    /// Appends a chunk of float samples.
    ///
    /// - Precondition: the series is not below that of the chunk before; timestamps rise; both columns are equally long, not empty, and not
    ///   longer than ``TimestampColumn/countMax``.
    public mutating func append(series: UInt32, timestamps: Span<Int64>, values: Span<Double>) {
        precondition(timestamps.count == values.count && timestamps.count > 0, "BUG: columns of a chunk differ in length or are empty")
        precondition(timestamps.count <= TimestampColumn.countMax, "BUG: chunk has more samples than a column takes")
        let timestampColumn = appendTimestamps(timestamps)
        let valueColumn = appendValues(values, timestampColumn: timestampColumn)
        directory.append(series: series, timestampColumn: timestampColumn, valueColumn: valueColumn)
    }

    mutating func appendTimestamps(_ timestamps: Span<Int64>) -> Int {
        let hash = RecentColumns.hash(timestamps)
        if let known = knownTimestamps.index(of: timestamps, hash: hash) { return known }
        let column = directory.appendTimestampColumn(
            count: timestamps.count, first: timestamps[0], last: timestamps[timestamps.count - 1])
        timestampEncoder.encode(timestamps, candidates: [], into: &timestampSink)
        knownTimestamps.remember(timestamps, hash: hash, index: column)
        return column
    }

    mutating func appendValues(_ values: Span<Double>, timestampColumn: Int) -> Int {
        let hash = RecentColumns.hash(values)
        if let known = knownValues.index(of: values, hash: hash) { return known }
        let column = directory.valueColumnCount
        let candidates = references.candidates(for: column, timestampColumn: timestampColumn)
        let distance = valueEncoder.encode(values, candidates: candidates)
        valueEncoder.append(to: &valueSink)
        directory.appendValueColumn()
        knownValues.remember(values, hash: hash, index: column)
        if !valueEncoder.wholes.isEmpty {
            references.remember(
                column: column, timestampColumn: timestampColumn, referred: distance.map { column - $0 }, wholes: valueEncoder.wholes)
        }
        return column
    }

    /// Makes the page and empties the builder, which keeps its memory for the next page.
    ///
    /// - Precondition: the builder is not empty.
    /// - Throws: ``CompressionError`` where the library has no memory; the builder is then as it was.
    public mutating func finish(_ compressor: ZstdCompressor) throws(CompressionError) -> EncodedPage {
        precondition(!isEmpty, "BUG: page without chunks")
        body.removeAll(keepingCapacity: true)
        directory.write(timestamps: timestampSink, values: valueSink, to: &body)
        var sectionEnds = [body.count]
        for lane in 0..<ColumnSink.laneCount {
            body += timestampSink.lanes[lane]
            body += valueSink.lanes[lane]
            sectionEnds.append(body.count)
        }
        body += timestampSink.raw
        body += valueSink.raw
        precondition(body.count <= PageFormat.bodyBytesMax, "BUG: page is far too large")
        let header = directory.header(bodyBytes: body.count)
        var bytes = header.bytes
        try compressor.compress(body, sectionEnds: sectionEnds, matchLengthMin: PageFormat.matchLengthMin, into: &bytes)
        PageHeader.seal(&bytes)
        let page = EncodedPage(bytes: bytes, header: header)
        removeAll()
        return page
    }

    /// Empties the builder and keeps its memory.
    public mutating func removeAll() {
        directory = PageDirectoryWriter()
        timestampSink.removeAll()
        valueSink.removeAll()
        knownTimestamps.removeAll()
        knownValues.removeAll()
        references.removeAll()
    }
}
