internal import ByteCoding
internal import ColumnCoding
internal import TelemetryModel

/// Encodes the columns of a block: finds what each is, then what follows from what, then writes.
struct ColumnsEncoder {
    private(set) var outline: BlockOutline
    private let rows: LogRows
    private let shapes: RowShapes
    private let isPlain: Bool
    private var analyses: [ColumnAnalysis] = []
    /// Of each column its rows, where these are not all.
    private var rowsOf: [[Int32]] = []
    private var keys: [ColumnOutline.Key] = []
    private var copies: [Int?] = []
    private var timeOrder: [Int32]?

    init(_ rows: LogRows, _ shapes: RowShapes, isPlain: Bool) {
        self.rows = rows
        self.shapes = shapes
        self.isPlain = isPlain
        outline = shapes.outline
    }

    /// The parts of all columns, and their filters.
    mutating func encode() throws -> [(number: Int, part: PartWriter)] {
        guard outline.columns.count <= BlockLimits.columnsMax else { throw BlockError("more columns than a block may have") }
        try outline.findRowSets(rows: rows.count)
        for column in outline.columns.indices { analyze(column) }
        findCopies()
        for column in outline.columns.indices where copies[column] == nil { shareIDs(column) }
        findKeys()
        var parts: [(number: Int, part: PartWriter)] = []
        for column in outline.columns.indices {
            var (part, filter) = (PartWriter(), PartWriter())
            write(column, &part, &filter)
            if !part.soft.isEmpty || !part.hard.isEmpty { parts.append((PartNumber.firstColumn + column, part)) }
            if !filter.hard.isEmpty { parts.append((PartNumber.firstFilter + column, filter)) }
        }
        return parts
    }

    private mutating func analyze(_ column: Int) {
        let found = shapes.values(ofColumn: column, rows)
        let times = rows.times
        analyses.append(ColumnAnalysis(found.values, isPlain: isPlain, timeOfPlace: { times[Int(found.rows[$0])] }))
        rowsOf.append(found.rows)
        keys.append(.none)
        copies.append(nil)
    }

    /// Columns with many different values that are those of another one, such as an id that is in the line and in the metadata.
    private mutating func findCopies() {
        for column in outline.columns.indices {
            if case .dictionary = analyses[column].form { continue }
            for other in 0..<column where copies[other] == nil && outline.columns[other].rowSet == outline.columns[column].rowSet {
                if case .dictionary = analyses[other].form { continue }
                if analyses[column].isEqual(to: analyses[other]) {
                    copies[column] = other
                    break
                }
            }
        }
    }

    // MARK: Ids

    /// Rows in the order of time.
    private mutating func rowsByTime() -> [Int32] {
        if let timeOrder { return timeOrder }
        let order = TimeOrder.rows(rows.times)
        timeOrder = order
        return order
    }

    /// Has ids that repeat written once, numbered by their first appearance.
    private mutating func shareIDs(_ column: Int) {
        guard case .patterns(var patterns) = analyses[column].form, patterns.slots.count == 1, patterns.slots[0].count == 1,
            case .hexadecimal(var form) = patterns.slots[0][0].form
        else { return }
        let slot = patterns.slots[0][0]
        var table = IDTable()
        var codes = [Int32](repeating: 0, count: slot.low.count)
        let places = TimeOrder.places(rowsByTime(), of: rowsOf[column], rows: rows.count)
        for (seen, place) in places.enumerated() {
            codes[Int(place)] = table.intern(high: slot.high[Int(place)], low: slot.low[Int(place)])
            // Where few repeat, they stand as they come.
            if seen > 4096, table.count > seen / 8 * 7 { return }
        }
        guard table.count <= slot.low.count / 8 * 7 else { return }
        form.distinct = table.count
        patterns.slots[0][0].form = .hexadecimal(form)
        patterns.slots[0][0].idCodes = codes
        (patterns.slots[0][0].high, patterns.slots[0][0].low) = (table.high, table.low)
        analyses[column].form = .patterns(patterns)
    }

    // MARK: What follows from what

    private mutating func findKeys() {
        // From those with the most values on, so that nothing goes in a circle.
        let order = outline.columns.indices.filter { copies[$0] == nil && analyses[$0].codes != nil }
            .sorted { (analyses[$1].codes?.distinct ?? 0, $0) < (analyses[$0].codes?.distinct ?? 0, $1) }
        var streamOf: [Int32]?
        for (place, column) in order.enumerated() {
            guard case .dictionary(let codes, let values) = analyses[column].form, values.count > 1 else { continue }
            if rows.streams.count * 8 <= codes.count {
                let streams = streamOf ?? self.streamOfRows()
                streamOf = streams
                let own = rowsOf[column].count == rows.count ? streams : rowsOf[column].map { streams[Int($0)] }
                if ColumnsEncoder.decides(own, rows.streams.count, codes) {
                    keys[column] = .stream
                    continue
                }
            }
            for other in order[..<place] where outline.columns[other].rowSet == outline.columns[column].rowSet {
                guard let key = analyses[other].codes, key.distinct * 4 <= codes.count else { continue }
                if ColumnsEncoder.decides(key.codes, key.distinct, codes) {
                    keys[column] = .column(other)
                    break
                }
            }
        }
        for column in outline.columns.indices where copies[column] == nil { findKeys(ofPatterns: column, order) }
    }

    private mutating func findKeys(ofPatterns column: Int, _ order: [Int]) {
        guard case .patterns(var patterns) = analyses[column].form, analyses[column].codes == nil else { return }
        for other in order where outline.columns[other].rowSet == outline.columns[column].rowSet {
            guard let key = analyses[other].codes, key.distinct * 4 <= patterns.codes.count * 3 else { continue }
            if keys[column] == .none, patterns.literals.count > 1, ColumnsEncoder.decides(key.codes, key.distinct, patterns.codes) {
                keys[column] = .column(other)
            }
            guard patterns.literals.count == 1 else { continue }
            for slot in patterns.slots[0].indices where patterns.slots[0][slot].keyColumn == nil {
                let values = patterns.slots[0][slot]
                guard values.texts.isEmpty, values.high.isEmpty, values.low.count == key.codes.count,
                    ColumnsEncoder.decides(key.codes, key.distinct, values.low)
                else { continue }
                patterns.slots[0][slot].keyColumn = other
                patterns.slots[0][slot].low = ColumnsEncoder.decided(key.codes, key.distinct, values.low)
            }
        }
        analyses[column].form = .patterns(patterns)
    }

    private func streamOfRows() -> [Int32] {
        var streams: [Int32] = []
        streams.reserveCapacity(rows.count)
        for stream in rows.streams.indices {
            streams.append(contentsOf: repeatElement(Int32(truncatingIfNeeded: stream), count: rows.range(ofStream: stream).count))
        }
        return streams
    }

    /// Whether rows with the same key always have the same value.
    private static func decides<Value: Equatable>(_ keys: [Int32], _ distinct: Int, _ values: [Value]) -> Bool {
        var known = [Int32](repeating: -1, count: distinct)
        for (index, key) in keys.enumerated() {
            let first = known[Int(key)]
            if first < 0 {
                known[Int(key)] = Int32(truncatingIfNeeded: index)
            } else if values[Int(first)] != values[index] {
                return false
            }
        }
        return true
    }

    /// The value of each key.
    private static func decided<Value: FixedWidthInteger>(_ keys: [Int32], _ distinct: Int, _ values: [Value]) -> [Value] {
        var decided = [Value](repeating: 0, count: distinct)
        for (index, key) in keys.enumerated() { decided[Int(key)] = values[index] }
        return decided
    }

    // MARK: Writing

    private mutating func write(_ column: Int, _ part: inout PartWriter, _ filter: inout PartWriter) {
        if let other = copies[column] {
            outline.columns[column].form = .copy(of: other)
            return
        }
        switch analyses[column].form {
        case .dictionary(let codes, let values):
            outline.columns[column].form = .dictionary(values: values, key: keys[column])
            if values.count > 1 { writeCodes(codes, column, &part) }
        case .patterns(let patterns): writePatterns(patterns, column, &part, &filter)
        case .plain:
            var bounds = TextBounds()
            let values = analyses[column].values
            for value in values { bounds.add(value) }
            outline.columns[column].form = .plain(bounds)
            ColumnsEncoder.write(values, &part)
        }
    }

    /// Codes, or what they follow from.
    private func writeCodes(_ codes: [Int32], _ column: Int, _ part: inout PartWriter) {
        switch keys[column] {
        case .none: NumberSequence.encode(codes.map { UInt64($0) }, .codes, into: &part)
        case .stream:
            var streamCodes = [UInt64](repeating: 0, count: rows.streams.count)
            var place = 0
            for stream in rows.streams.indices {
                let end = rows.range(ofStream: stream).upperBound
                while place < codes.count, rowsOf[column][place] < end {
                    streamCodes[stream] = UInt64(codes[place])
                    place += 1
                }
            }
            NumberSequence.encode(streamCodes, .codes, into: &part)
        case .column(let other):
            guard let key = analyses[other].codes else { return }
            NumberSequence.encode(ColumnsEncoder.decided(key.codes, key.distinct, codes).map { UInt64($0) }, .codes, into: &part)
        }
    }

    private mutating func writePatterns(
        _ patterns: ColumnAnalysis.Patterns, _ column: Int, _ part: inout PartWriter, _ filter: inout PartWriter
    ) {
        if patterns.literals.count > 1 { writeCodes(patterns.codes, column, &part) }
        var outlines: [PatternOutline] = []
        for (literals, slots) in zip(patterns.literals, patterns.slots) {
            var own: [SlotOutline] = []
            for slot in slots {
                var form = slot.form
                if case .hexadecimal(var hexadecimal) = form {
                    write(slot, &hexadecimal, column, patterns, &part, &filter, &form)
                } else {
                    ColumnsEncoder.write(slot, &part)
                }
                own.append(SlotOutline(form: form, keyColumn: slot.keyColumn))
            }
            outlines.append(PatternOutline(literals: literals, slots: own))
        }
        outline.columns[column].form = .patterns(outlines, key: keys[column])
    }

    private static func write(_ slot: SlotValues, _ part: inout PartWriter) {
        switch slot.form {
        case .integers, .padded: NumberSequence.encode(slot.low, .signedAmounts, into: &part)
        case .decimals(let scale):
            if scale == nil { NumberSequence.encode(slot.high, .codes, into: &part) }
            NumberSequence.encode(slot.low, .amounts, into: &part)
        case .time: NumberSequence.encode(slot.low, .signedAmounts, into: &part)
        case .dictionary(let values): if values.count > 1 { NumberSequence.encode(slot.low, .codes, into: &part) }
        case .plain: write(slot.texts, &part)
        case .hexadecimal: break
        }
    }

    private mutating func write(
        _ slot: SlotValues, _ hexadecimal: inout HexForm, _ column: Int, _ patterns: ColumnAnalysis.Patterns, _ part: inout PartWriter,
        _ filter: inout PartWriter, _ form: inout SlotOutline.Form
    ) {
        if let codes = slot.idCodes {
            var references: [UInt64] = []
            references.reserveCapacity(codes.count)
            var known: Int32 = 0
            for place in TimeOrder.places(rowsByTime(), of: rowsOf[column], rows: rows.count) {
                let code = codes[Int(place)]
                if code == known {
                    references.append(0)
                    known += 1
                } else {
                    references.append(UInt64(known - code))
                }
            }
            NumberSequence.encode(references, .codes, into: &part)
        }
        for index in slot.low.indices { ColumnsEncoder.append(slot.high[index], slot.low[index], bytes: hexadecimal.bytes, to: &part.hard) }
        // Short ids are found as quickly by looking at them.
        if patterns.literals.count == 1, patterns.slots[0].count == 1, hexadecimal.digits >= 12, slot.low.count >= 256 {
            hexadecimal.hasFilter = true
            filter.hard = IDFilter.encode(high: slot.high, low: slot.low, bitsPerID: hexadecimal.distinct == nil ? 8 : 12)
        }
        form = .hexadecimal(hexadecimal)
    }

    private static func append(_ high: UInt64, _ low: UInt64, bytes: Int, to output: inout [UInt8]) {
        if bytes == 8 { return output.appendBigEndian(low) }
        if bytes == 16 {
            output.appendBigEndian(high)
            return output.appendBigEndian(low)
        }
        for shift in (0..<bytes).reversed() {
            output.append(UInt8(truncatingIfNeeded: shift >= 8 ? high >> UInt64((shift - 8) * 8) : low >> UInt64(shift * 8)))
        }
    }

    /// Lengths, then bytes.
    private static func write(_ texts: [Run], _ part: inout PartWriter) {
        NumberSequence.encode(texts.map { UInt64($0.count) }, .amounts, into: &part)
        part.beginSection()
        part.soft.reserveCapacity(part.soft.count + texts.reduce(0) { $0 + $1.count })
        for text in texts { part.soft.append(contentsOf: text.bytes) }
        part.beginSection()
    }
}
