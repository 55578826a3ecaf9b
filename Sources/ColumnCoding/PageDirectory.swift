internal import ByteCoding

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

/// Collects what the front of a page's body says, and writes it.
///
///     columns     number of timestamp columns, of value columns (varints)
///     sections    lengths of the lanes and of the lower bits (varints)
///     series      per chunk: distance from the series before (varint), the first from the header's first series
///     kinds       per chunk: u8
///     clocks      per chunk: 0 for the next timestamp column that no chunk had, else how many columns back from there (varint)
///     values      per chunk: likewise for the value columns; for a chunk of histograms, how many new columns come before the
///                 new one that puts them together (varint)
///     bounds      per timestamp column: count (varint), last minus first timestamp (varint)
///     heads       of the timestamp columns (`IntegerColumn`), then of the value columns (`ValueColumnForm`)
///     lanes       each: of the timestamp columns in order, then of the value columns
///     lower bits  likewise
struct PageDirectoryWriter {
    private var series: [UInt32] = []
    private var kinds: [UInt8] = []
    private var clocks: [UInt8] = []
    private var values: [UInt8] = []
    private var bounds: [UInt8] = []
    private var nextTimestampColumn = 0
    private var nextValueColumn = 0
    private var timestampCounts: [(count: Int, first: Int64, last: Int64)] = []
    private(set) var valueColumnCount = 0
    private(set) var sampleCount = 0
    private var minTime = Int64.max
    private var maxTime = Int64.min

    var chunkCount: Int { series.count }

    /// Gives the index of the new column.
    mutating func appendTimestampColumn(count: Int, first: Int64, last: Int64) -> Int {
        bounds.appendVarint(count: count)
        bounds.appendVarint(UInt64(bitPattern: last &- first))
        timestampCounts.append((count, first, last))
        return timestampCounts.count - 1
    }

    mutating func appendValueColumn() { valueColumnCount += 1 }

    /// Adds a chunk of floats.
    mutating func append(series: UInt32, timestampColumn: Int, valueColumn: Int) {
        values.appendVarint(count: nextValueColumn - valueColumn)
        if valueColumn == nextValueColumn { nextValueColumn += 1 }
        append(series, .float, timestampColumn)
    }

    /// Adds a chunk of histograms, whose head is the value column appended last, behind `ownColumns` columns of its own.
    mutating func append(histogramsOf series: UInt32, timestampColumn: Int, ownColumns: Int) {
        values.appendVarint(count: ownColumns)
        nextValueColumn += ownColumns + 1
        append(series, .histogram, timestampColumn)
    }

    private mutating func append(_ series: UInt32, _ kind: ChunkKind, _ timestampColumn: Int) {
        precondition(self.series.last.map { $0 <= series } ?? true, "BUG: series of a page are not in order")
        self.series.append(series)
        kinds.append(kind.rawValue)
        clocks.appendVarint(count: nextTimestampColumn - timestampColumn)
        if timestampColumn == nextTimestampColumn { nextTimestampColumn += 1 }
        let clock = timestampCounts[timestampColumn]
        sampleCount += clock.count
        minTime = min(minTime, clock.first)
        maxTime = max(maxTime, clock.last)
    }

    func write(timestamps: ColumnSink, values valueSink: ColumnSink, to body: inout [UInt8]) {
        body.appendVarint(count: timestampCounts.count)
        body.appendVarint(count: valueColumnCount)
        for lane in 0..<ColumnSink.laneCount { body.appendVarint(count: timestamps.lanes[lane].count + valueSink.lanes[lane].count) }
        body.appendVarint(count: timestamps.raw.count + valueSink.raw.count)
        var previous = series[0]
        for next in series {
            body.appendVarint(UInt64(next - previous))
            previous = next
        }
        body += kinds
        body += clocks
        body += values
        body += bounds
        body += timestamps.head
        body += valueSink.head
    }

    func header(bodyBytes: Int) -> PageHeader {
        PageHeader(
            bodyBytes: bodyBytes, chunkCount: series.count, sampleCount: sampleCount, minTime: minTime, maxTime: maxTime,
            firstSeries: series[0], lastSeries: series[series.count - 1])
    }
}

/// The front of a page's body, read, and where each column's parts lie.
struct PageDirectory: Sendable {
    struct Clock: Sendable {
        var column: IntegerColumn
        var place: IntegerColumn.Place
        var count: Int
        var last: Int64
    }

    struct Values: Sendable {
        var form: ValueColumnForm
        var place: ValueColumnForm.Place
        var count: Int
    }

    private(set) var chunks: [PageChunkEntry] = []
    private(set) var clocks: [Clock] = []
    private(set) var values: [Values] = []

    init(reading body: [UInt8], _ header: PageHeader) throws(ByteCodingError) {
        var reader = ByteReader(body)
        // Every column and every chunk takes a byte at least.
        let clockCount = try reader.readCount(limit: reader.remaining)
        let valueCount = try reader.readCount(limit: reader.remaining)
        guard clockCount > 0, valueCount > 0, header.chunkCount <= reader.remaining / 4 else {
            throw ByteCodingError(.invalidValue, at: 0)
        }
        var lengths: [Int] = []
        for _ in 0...ColumnSink.laneCount { lengths.append(try reader.readCount(limit: body.count)) }
        let series = try PageDirectory.readSeries(&reader, header)
        let kinds = try PageDirectory.readKinds(&reader, header)
        let clockOfChunk = try PageDirectory.readColumnIndices(&reader, chunks: header.chunkCount, columns: clockCount)
        let valuesOfChunk = try PageDirectory.readValueColumns(&reader, kinds, columns: valueCount)
        var places = PlaceReader(sections: lengths, bodyEnd: body.count)
        try places.checkStart()
        try readClocks(&reader, count: clockCount, &places)
        let countOfValues = try PageDirectory.counts(valueCount, valuesOfChunk, clockOfChunk, clocks)
        try readValues(&reader, countOfValues, &places)
        guard reader.position == places.firstSection, places.isAtEnd else { throw ByteCodingError(.invalidValue, at: reader.position) }
        chunks.reserveCapacity(header.chunkCount)
        for index in 0..<header.chunkCount {
            let clock = clocks[clockOfChunk[index]]
            chunks.append(
                PageChunkEntry(
                    series: series[index], kind: kinds[index], count: clock.count, minTime: clock.column.first, maxTime: clock.last,
                    timestampColumn: clockOfChunk[index], valueColumn: valuesOfChunk[index].upperBound))
        }
    }

    private mutating func readClocks(_ reader: inout ByteReader, count: Int, _ places: inout PlaceReader) throws(ByteCodingError) {
        var bounds: [(count: Int, span: Int64)] = []
        bounds.reserveCapacity(count)
        for _ in 0..<count {
            let start = reader.position
            let samples = try reader.readCount(limit: TimestampColumn.countMax)
            guard samples > 0 else { throw ByteCodingError(.invalidValue, at: start) }
            bounds.append((samples, Int64(bitPattern: try reader.readVarint())))
        }
        clocks.reserveCapacity(count)
        for bound in bounds {
            let start = reader.position
            let column = try IntegerColumn(head: &reader, count: bound.count)
            guard column.reference == nil else { throw ByteCodingError(.invalidValue, at: start) }
            let place = try places.next(column, count: bound.count)
            clocks.append(Clock(column: column, place: place, count: bound.count, last: column.first &+ bound.span))
        }
    }

    private mutating func readValues(
        _ reader: inout ByteReader, _ counts: [Int], _ places: inout PlaceReader
    ) throws(ByteCodingError) {
        var depths: [Int] = []
        values.reserveCapacity(counts.count)
        for (index, count) in counts.enumerated() {
            let start = reader.position
            let form = try ValueColumnForm(head: &reader, count: count)
            var depth = 0
            if let reference = form.reference {
                guard reference.distance <= index, counts[index - reference.distance] == count else {
                    throw ByteCodingError(.invalidValue, at: start)
                }
                depth = depths[index - reference.distance] + 1
            }
            guard depth <= PageFormat.referenceDepthMax else { throw ByteCodingError(.invalidValue, at: start) }
            depths.append(depth)
            let wholes = try places.next(form.wholes, count: count)
            let corrections = try places.next(form.corrections, count: count)
            values.append(Values(form: form, place: .init(wholes: wholes, corrections: corrections), count: count))
        }
    }

    private static func readSeries(_ reader: inout ByteReader, _ header: PageHeader) throws(ByteCodingError) -> [UInt32] {
        var series: [UInt32] = []
        series.reserveCapacity(header.chunkCount)
        var last = UInt64(header.firstSeries)
        for _ in 0..<header.chunkCount {
            let start = reader.position
            let step = try reader.readVarint()
            guard step <= UInt64(UInt32.max) else { throw ByteCodingError(.invalidValue, at: start) }
            last += step
            guard last <= UInt64(header.lastSeries) else { throw ByteCodingError(.invalidValue, at: start) }
            series.append(UInt32(last))
        }
        return series
    }

    private static func readColumnIndices(
        _ reader: inout ByteReader, chunks: Int, columns: Int
    ) throws(ByteCodingError) -> [Int] {
        var indices: [Int] = []
        indices.reserveCapacity(chunks)
        var next = 0
        for _ in 0..<chunks {
            let start = reader.position
            let index = next - (try reader.readCount(limit: next))
            guard index < columns else { throw ByteCodingError(.invalidValue, at: start) }
            if index == next { next += 1 }
            indices.append(index)
        }
        // A column that no chunk has would have no known length.
        guard next == columns else { throw ByteCodingError(.invalidValue, at: reader.position) }
        return indices
    }

    private static func readKinds(_ reader: inout ByteReader, _ header: PageHeader) throws(ByteCodingError) -> [ChunkKind] {
        var kinds: [ChunkKind] = []
        kinds.reserveCapacity(header.chunkCount)
        for _ in 0..<header.chunkCount {
            let start = reader.position
            guard let kind = ChunkKind(rawValue: try reader.readUInt8()) else { throw ByteCodingError(.invalidValue, at: start) }
            kinds.append(kind)
        }
        return kinds
    }

    /// The value columns of each chunk: of floats the one, of histograms their own ones up to the head.
    private static func readValueColumns(
        _ reader: inout ByteReader, _ kinds: [ChunkKind], columns: Int
    ) throws(ByteCodingError) -> [ClosedRange<Int>] {
        var ranges: [ClosedRange<Int>] = []
        ranges.reserveCapacity(kinds.count)
        var next = 0
        for kind in kinds {
            let start = reader.position
            switch kind {
            case .float:
                let index = next - (try reader.readCount(limit: next))
                guard index < columns else { throw ByteCodingError(.invalidValue, at: start) }
                if index == next { next += 1 }
                ranges.append(index...index)
            case .histogram:
                let own = try reader.readCount(limit: columns - next - 1)
                guard next + own < columns else { throw ByteCodingError(.invalidValue, at: start) }
                ranges.append(next...next + own)
                next += own + 1
            }
        }
        // A column that no chunk has would have no known length.
        guard next == columns else { throw ByteCodingError(.invalidValue, at: reader.position) }
        return ranges
    }

    /// The number of values of each column, by the clocks of the chunks that have it.
    private static func counts(
        _ valueCount: Int, _ valuesOfChunk: [ClosedRange<Int>], _ clockOfChunk: [Int], _ clocks: [Clock]
    ) throws(ByteCodingError) -> [Int] {
        var counts = [Int](repeating: 0, count: valueCount)
        for (columns, clock) in zip(valuesOfChunk, clockOfChunk) {
            let count = clocks[clock].count
            for column in columns {
                guard counts[column] == 0 || counts[column] == count else { throw ByteCodingError(.invalidValue, at: 0) }
                counts[column] = count
            }
        }
        return counts
    }
}

/// Deals out the parts of the sections behind the directory, column after column.
private struct PlaceReader {
    private var positions: [Int] = []
    private var ends: [Int] = []
    /// Where the first section starts; negative where the sections are longer than the body.
    let firstSection: Int

    init(sections lengths: [Int], bodyEnd: Int) {
        firstSection = bodyEnd - lengths.reduce(0, +)
        var position = firstSection
        for length in lengths {
            positions.append(position)
            position += length
            ends.append(position)
        }
    }

    func checkStart() throws(ByteCodingError) {
        if firstSection < 0 { throw ByteCodingError(.lengthTooLarge, at: 0) }
    }

    var isAtEnd: Bool { positions == ends }

    mutating func next(_ column: IntegerColumn?, count: Int) throws(ByteCodingError) -> IntegerColumn.Place {
        guard let column else { return IntegerColumn.Place(lane: 0..<0, raw: 0..<0) }
        let lane = try take(column.lane, column.laneBytes(count: count))
        return IntegerColumn.Place(lane: lane, raw: try take(ColumnSink.laneCount, column.rawBytes))
    }

    private mutating func take(_ section: Int, _ count: Int) throws(ByteCodingError) -> Range<Int> {
        let start = positions[section]
        guard count <= ends[section] - start else { throw ByteCodingError(.truncated, at: start) }
        positions[section] = start + count
        return start..<start + count
    }
}
