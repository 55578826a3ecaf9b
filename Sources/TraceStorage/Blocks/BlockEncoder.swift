internal import ByteCoding
internal import ColumnCoding
internal import Compression
internal import TelemetryModel

/// A block as it is to be written.
struct EncodedBlock {
    var summary = BlockSummary()
    /// The first four bytes of the first and of the last trace id.
    var firstTrace: UInt32 = 0
    var lastTrace: UInt32 = 0
    var directory: [UInt8] = []
    /// The parts that do not lie in the directory.
    var parts: [(number: Int, bytes: [UInt8])] = []

    var storedBytes: Int { parts.reduce(directory.count) { $0 + $1.bytes.count } }
}

/// Encodes rows of columns as a block.
struct BlockEncoder {
    private let columns: SpanColumns
    private let order: RowOrder
    private let compressor: ZstdCompressor
    private var scratch = TextScratch()
    private var texts = LocalTexts()
    private var parts: [(number: Int, bytes: [UInt8])] = []

    /// Encodes the rows of an order, of which there is at least one.
    static func encode(_ columns: SpanColumns, _ order: RowOrder, _ compressor: ZstdCompressor) throws -> EncodedBlock {
        var encoder = BlockEncoder(columns: columns, order: order, compressor: compressor)
        return try encoder.encode()
    }

    private init(columns: SpanColumns, order: RowOrder, compressor: ZstdCompressor) {
        self.columns = columns
        self.order = order
        self.compressor = compressor
    }

    private mutating func encode() throws -> EncodedBlock {
        var block = EncodedBlock()
        let rows = order.rows.map { Int($0) }
        block.summary = summary(rows)
        if let first = order.traceIDs.first, let last = order.traceIDs.last {
            block.firstTrace = UInt32(truncatingIfNeeded: first.high >> 32)
            block.lastTrace = UInt32(truncatingIfNeeded: last.high >> 32)
        }
        try encodeTraces()
        try encodeTimes(rows, block.summary)
        try encodeIDs(rows)
        let scopes = try encodeResources(rows)
        var column = PartNumber.firstColumn
        try encode(
            columns.spans, rows, number: PartNumber.spanKinds, textFields: SpanKindField.texts, scopes: scopes, column: &column
        ) { _ in }
        if block.summary.events > 0 { try encodeEvents(rows, &column) }
        if block.summary.links > 0 { try encodeLinks(rows, &column) }
        var part = PartWriter()
        texts.encode(columns.texts, into: &part)
        try add(PartNumber.texts, part)
        let directory = BlockDirectory(summary: block.summary, parts: parts.map { ($0.number, $0.bytes) })
        block.directory = directory.encoded()
        block.parts = parts.filter { $0.bytes.count > BlockLimits.inlineBytesMax }
        return block
    }

    private func summary(_ rows: [Int]) -> BlockSummary {
        var summary = BlockSummary()
        summary.spans = rows.count
        summary.traces = order.traceIDs.count
        for row in rows {
            summary.minStart = min(summary.minStart, columns.starts[row])
            summary.maxStart = max(summary.maxStart, columns.starts[row])
            summary.maxTime = max(summary.maxTime, columns.starts[row], columns.ends[row])
            summary.events += columns.eventRange(row).count
            summary.links += columns.linkRange(row).count
        }
        return summary
    }

    private mutating func add(_ number: Int, _ part: PartWriter) throws {
        guard number < PartNumber.limit else { throw BlockError("more columns than a block may have") }
        parts.append((number, try part.encoded(compressor)))
    }

    private mutating func encodeTraces() throws {
        var part = PartWriter()
        part.hard.reserveCapacity(order.traceIDs.count * 16)
        for id in order.traceIDs {
            part.hard.appendBigEndian(id.high)
            part.hard.appendBigEndian(id.low)
        }
        try add(PartNumber.traces, part)
        var filter = PartWriter()
        filter.hard = TraceFilter.encode(order.traceIDs)
        try add(PartNumber.traceFilter, filter)
    }

    private mutating func encodeTimes(_ rows: [Int], _ summary: BlockSummary) throws {
        var counts: [UInt64] = []
        var firsts: [UInt64] = []
        var steps: [UInt64] = []
        steps.reserveCapacity(rows.count)
        for trace in order.traceIDs.indices {
            let range = Int(order.traceStarts[trace])..<Int(order.traceStarts[trace + 1])
            counts.append(UInt64(range.count))
            var before = columns.starts[rows[range.lowerBound]]
            firsts.append(before &- summary.minStart)
            for place in range.dropFirst() {
                let start = columns.starts[rows[place]]
                steps.append(start &- before)
                before = start
            }
        }
        let durations = rows.map { columns.ends[$0] &- columns.starts[$0] }
        var part = PartWriter()
        NumberSequence.encode(counts, .amounts, into: &part)
        NumberSequence.encode(firsts, .amounts, into: &part)
        NumberSequence.encode(steps, .amounts, into: &part)
        NumberSequence.encode(durations, .signedAmounts, into: &part)
        try add(PartNumber.times, part)
    }

    private mutating func encodeIDs(_ rows: [Int]) throws {
        var part = PartWriter()
        part.hard.reserveCapacity(rows.count * 8)
        for row in rows { part.hard.appendLittleEndian(columns.spanIDs[row]) }
        try add(PartNumber.spanIDs, part)
        var codes: [UInt64] = []
        codes.reserveCapacity(rows.count)
        var missing: [UInt64] = []
        for (place, parent) in order.parents(columns).enumerated() {
            switch parent {
            case -1: codes.append(ParentCode.root)
            case -2:
                codes.append(ParentCode.missing)
                missing.append(columns.parentIDs[rows[place]])
            default: codes.append(ParentCode.code(distance: place - Int(parent)))
            }
        }
        part = PartWriter()
        NumberSequence.encode(codes, .codes, into: &part)
        for id in missing { part.hard.appendLittleEndian(id) }
        try add(PartNumber.parents, part)
    }

    /// - Returns: for each scope of the columns its number in the block.
    private mutating func encodeResources(_ rows: [Int]) throws -> [UInt64] {
        var resources = LocalTexts()
        var scopes = LocalTexts()
        let codes = rows.map { UInt64(resources.number(of: columns.resourceOf[$0])) }
        var scopeNumbers = [UInt64](repeating: 0, count: columns.scopes.count)
        for row in rows {
            let scope = UInt32(truncatingIfNeeded: columns.spans.field(SpanKindField.scope, row))
            scopeNumbers[Int(scope)] = UInt64(scopes.number(of: scope))
        }
        var part = PartWriter()
        NumberSequence.encode(codes, .codes, into: &part)
        resources.encode(columns.resources, into: &part)
        scopes.encode(columns.scopes, into: &part)
        try add(PartNumber.resources, part)
        return scopeNumbers
    }

    private mutating func encodeEvents(_ rows: [Int], _ column: inout Int) throws {
        var events: [Int] = []
        var times: [UInt64] = []
        for row in rows {
            for event in columns.eventRange(row) {
                events.append(event)
                times.append(columns.eventTimes[event] &- columns.starts[row])
            }
        }
        try encode(columns.events, events, number: PartNumber.events, textFields: EventKindField.texts, column: &column) {
            NumberSequence.encode(times, .signedAmounts, into: &$0)
        }
    }

    private mutating func encodeLinks(_ rows: [Int], _ column: inout Int) throws {
        let columns = columns
        let links = rows.flatMap { columns.linkRange($0) }
        try encode(columns.links, links, number: PartNumber.links, textFields: LinkKindField.texts, column: &column) { part in
            for link in links {
                part.hard.appendBigEndian(columns.linkTraceIDs[link].high)
                part.hard.appendBigEndian(columns.linkTraceIDs[link].low)
                part.hard.appendLittleEndian(columns.linkSpanIDs[link])
            }
        }
    }

    /// Encodes rows that have attributes: a part with their kinds and shapes, and a part for each column.
    private mutating func encode(
        _ source: AttributedRows, _ rows: [Int], number: Int, textFields: [Int], scopes: [UInt64]? = nil, column: inout Int,
        _ extra: (inout PartWriter) -> Void
    ) throws {
        let local = LocalRows(source, rows)
        var part = PartWriter()
        local.encode(source, textFields: textFields, scopes: scopes, &texts, into: &part)
        extra(&part)
        guard column + local.columns.count <= PartNumber.limit else { throw BlockError("more columns than a block may have") }
        parts.append((number, try part.encoded(compressor)))
        let values = local.columnValues(source, rows)
        for (index, sourceColumn) in local.columns.enumerated() {
            var part = PartWriter()
            NumberSequence.encode(values[index].isConstant, .codes, into: &part)
            encodeValues(values[index].words, source.shapes.columns[Int(sourceColumn)].type, into: &part)
            parts.append((column, try part.encoded(compressor)))
            column += 1
        }
    }

    private mutating func encodeValues(_ words: [UInt64], _ type: AttributeType, into part: inout PartWriter) {
        part.soft.appendVarint(count: words.count)
        switch type {
        case .empty: break
        case .bool: NumberSequence.encode(words, .codes, into: &part)
        case .int: NumberSequence.encode(words, .signedAmounts, into: &part)
        case .double: NumberSequence.encode(words, .patterns, into: &part)
        case .string, .bytes, .array, .map, .other: TextSequence.encode(words, columns.texts, &scratch, into: &part)
        }
    }
}

/// How a parent is written: 0 for none, 1 for one that is not there, else 2 and the distance to it.
enum ParentCode {
    static let root: UInt64 = 0
    static let missing: UInt64 = 1

    /// - Parameter distance: how many rows before its child the parent stands; below 0 where it stands behind.
    static func code(distance: Int) -> UInt64 { 2 + zigzag(Int64(distance)) }

    static func distance(_ code: UInt64) -> Int { Int(unzigzag(code - 2)) }
}

/// Numbers of those texts of a table that are used, in the order of their first use.
struct LocalTexts {
    private var numbers: [UInt32: UInt32] = [:]
    private(set) var used: [UInt32] = []

    mutating func number(of code: UInt32) -> UInt32 {
        if let known = numbers[code] { return known }
        let number = UInt32(used.count)
        numbers[code] = number
        used.append(code)
        return number
    }

    /// Writes how many there are, and the texts.
    func encode(_ table: TextTable, into part: inout PartWriter) {
        part.soft.appendVarint(count: used.count)
        if !used.isEmpty { TextList.encodePlain(used, table, into: &part) }
    }
}
