internal import ByteCoding
internal import ColumnCoding
internal import TelemetryModel

/// Reads a column of a block, and what it follows from.
struct ColumnReader {
    let source: BlockSource
    let outline: BlockOutline
    let number: Int
    let own: ColumnOutline

    init(_ source: BlockSource, _ outline: BlockOutline, _ number: Int) throws(BlockError) {
        guard outline.columns.indices.contains(number) else { throw BlockError("there is no column \(number)") }
        self.source = source
        self.outline = outline
        self.number = number
        own = outline.columns[number]
    }

    func column() throws -> DecodedColumn {
        switch own.form {
        case .copy(let other): return try source.column(other)
        case .plain:
            var reader = PartReader(try source.block.part(PartNumber.firstColumn + number))
            let texts = try ColumnReader.texts(&reader, own.count)
            try reader.checkEnd()
            return DecodedColumn(count: own.count, form: .plain(texts))
        case .dictionary(let values, let key): return try dictionary(values, key)
        case .patterns(let patterns, let key): return try self.patterns(patterns, key)
        }
    }

    private func dictionary(_ values: PackedTexts, _ key: ColumnOutline.Key) throws -> DecodedColumn {
        guard values.count > 1 else {
            guard values.count == 1 else { throw BlockError("a column without values") }
            return DecodedColumn(count: own.count, form: .dictionary(codes: [Int32](repeating: 0, count: own.count), values: values))
        }
        var reader = PartReader(try source.block.part(PartNumber.firstColumn + number))
        let codes = try self.codes(&reader, key, limit: values.count)
        try reader.checkEnd()
        return DecodedColumn(count: own.count, form: .dictionary(codes: codes, values: values))
    }

    /// Codes that stand row by row, or follow from something else.
    func codes(_ reader: inout PartReader, _ key: ColumnOutline.Key, limit: Int) throws -> [Int32] {
        switch key {
        case .none: return try ColumnReader.codes(&reader, own.count, limit: limit)
        case .stream:
            let spans = try source.streams()
            let codes = try ColumnReader.codes(&reader, spans.labels.count, limit: limit)
            let rows = own.rowSet == 0 ? nil : try source.rows(ofSet: own.rowSet)
            guard rows.map({ $0.count == own.count }) ?? true else { throw BlockError("a column of other rows") }
            var result: [Int32] = []
            result.reserveCapacity(own.count)
            var stream = 0
            for place in 0..<own.count {
                let row = rows?[place] ?? Int32(truncatingIfNeeded: place)
                while stream + 1 < spans.labels.count, spans.starts[stream + 1] <= row { stream += 1 }
                result.append(codes[stream])
            }
            return result
        case .column(let other):
            let keys = try ColumnReader.keyCodes(source.column(other))
            let codes = try ColumnReader.codes(&reader, keys.distinct, limit: limit)
            return keys.codes.map { codes[Int($0)] }
        }
    }

    /// The numbers of a column that others follow from.
    static func keyCodes(_ column: DecodedColumn) throws -> (codes: [Int32], distinct: Int) {
        switch column.form {
        case .dictionary(let codes, let values): return (codes, values.count)
        case .patterns(let patterns):
            if case .hexadecimal(_, let low, let codes?, _)? = patterns.patterns.first?.slots.first?.form { return (codes, low.count) }
            throw BlockError("a column follows from one that has no numbers")
        case .plain: throw BlockError("a column follows from one that has no numbers")
        }
    }

    private static func codes(_ reader: inout PartReader, _ count: Int, limit: Int) throws -> [Int32] {
        try NumberColumn(&reader, count: count).all().map { code in
            guard code < UInt64(limit) else { throw BlockError("a code that stands for nothing") }
            return Int32(truncatingIfNeeded: code)
        }
    }

    private static func numbers(_ reader: inout PartReader, _ count: Int) throws -> CompactNumbers {
        CompactNumbers(try NumberColumn(&reader, count: count).all())
    }

    private static func texts(_ reader: inout PartReader, _ count: Int) throws -> PackedTexts {
        let lengths = try NumberColumn(&reader, count: count).all()
        var ends: [Int] = []
        ends.reserveCapacity(count)
        var end = 0
        for length in lengths {
            guard length <= UInt64(reader.soft.remaining - end) else { throw BlockError("texts beyond their end") }
            end += Int(length)
            ends.append(end)
        }
        return PackedTexts(bytes: Array(reader.part.soft[try reader.soft.readRange(count: end)]), ends: ends)
    }

    // MARK: Patterns

    private func patterns(_ outlines: [PatternOutline], _ key: ColumnOutline.Key) throws -> DecodedColumn {
        var reader = try partReader(outlines)
        var decoded = DecodedPatterns(patterns: [], codes: nil, ranks: nil)
        var counts = [own.count]
        if outlines.count > 1 {
            let codes = try codes(&reader, key, limit: outlines.count)
            counts = [Int](repeating: 0, count: outlines.count)
            var ranks: [Int32] = []
            ranks.reserveCapacity(codes.count)
            for code in codes {
                ranks.append(Int32(truncatingIfNeeded: counts[Int(code)]))
                counts[Int(code)] += 1
            }
            (decoded.codes, decoded.ranks) = (codes, ranks)
        }
        for (pattern, count) in zip(outlines, counts) {
            var slots: [DecodedSlot] = []
            for slot in pattern.slots { slots.append(try self.slot(slot, count, &reader)) }
            decoded.patterns.append(DecodedPatterns.Pattern(literals: pattern.literals, slots: slots))
        }
        try reader.checkEnd()
        return DecodedColumn(count: own.count, form: .patterns(decoded))
    }

    /// A column all of whose slots are known from the outline has no part.
    private func partReader(_ outlines: [PatternOutline]) throws -> PartReader {
        let number = PartNumber.firstColumn + number
        guard try source.block.directory().entry(number) == nil else { return PartReader(try source.block.part(number)) }
        return PartReader(.empty())
    }

    private func slot(_ outline: SlotOutline, _ count: Int, _ reader: inout PartReader) throws -> DecodedSlot {
        var keyCodes: [Int32]?
        var stored = count
        if let key = outline.keyColumn {
            let keys = try ColumnReader.keyCodes(source.column(key))
            (keyCodes, stored) = (keys.codes, keys.distinct)
        }
        let form: DecodedSlot.Form
        switch outline.form {
        case .integers: form = .integers(try ColumnReader.numbers(&reader, stored))
        case .padded(let digits, _): form = .padded(try ColumnReader.numbers(&reader, stored), digits: digits)
        case .decimals(let scale?): form = .decimals(try ColumnReader.numbers(&reader, stored), scales: [], scale: scale)
        case .decimals(nil):
            let scales = try ColumnReader.codes(&reader, stored, limit: 19).map { UInt8($0) }
            form = .decimals(try ColumnReader.numbers(&reader, stored), scales: scales, scale: 0)
        case .time(let time): form = .time(try ColumnReader.numbers(&reader, stored), time)
        case .dictionary(let values):
            guard values.count > 0 || stored == 0 else { throw BlockError("a slot without values") }
            let codes =
                values.count > 1 ? try ColumnReader.codes(&reader, stored, limit: values.count) : [Int32](repeating: 0, count: stored)
            form = .dictionary(codes: codes, values: values)
        case .plain: form = .plain(try ColumnReader.texts(&reader, stored))
        case .hexadecimal(let hexadecimal): form = try ids(hexadecimal, stored, &reader)
        }
        return DecodedSlot(form: form, keyCodes: keyCodes)
    }

    private func ids(_ form: HexForm, _ count: Int, _ reader: inout PartReader) throws -> DecodedSlot.Form {
        var codes: [Int32]?
        if let distinct = form.distinct { codes = try idCodes(count, distinct, &reader) }
        let ids = form.distinct ?? count
        let range = try reader.takeHard(ids * form.bytes)
        var high = [UInt64](repeating: 0, count: form.bytes > 8 ? ids : 0)
        var low = [UInt64](repeating: 0, count: ids)
        reader.part.hard.withUnsafeBytes { bytes in
            var place = range.lowerBound
            for index in 0..<ids {
                for _ in 8..<max(form.bytes, 8) {
                    high[index] = high[index] &<< 8 | UInt64(bytes[place])
                    place &+= 1
                }
                if form.bytes >= 8 {
                    low[index] = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
                    place &+= 8
                } else {
                    for _ in 0..<form.bytes {
                        low[index] = low[index] &<< 8 | UInt64(bytes[place])
                        place &+= 1
                    }
                }
            }
        }
        return .hexadecimal(high: high, low: low, codes: codes, form)
    }

    private func idCodes(_ count: Int, _ distinct: Int, _ reader: inout PartReader) throws -> [Int32] {
        let references = try NumberColumn(&reader, count: count).all()
        let columnRows = try own.rowSet == 0 ? [] : source.rows(ofSet: own.rowSet)
        let rows = try source.block.directory().summary.rows
        let order = try source.timeOrder()
        let places = own.rowSet == 0 ? order : TimeOrder.places(order, of: columnRows, rows: rows)
        guard places.count == count else { throw BlockError("a column of other rows") }
        var codes = [Int32](repeating: 0, count: count)
        var known: UInt64 = 0
        for (place, reference) in zip(places, references) {
            guard reference <= known else { throw BlockError("an id that was not there") }
            codes[Int(place)] = Int32(truncatingIfNeeded: reference == 0 ? known : known - reference)
            if reference == 0 { known += 1 }
        }
        guard known == UInt64(distinct) else { throw BlockError("\(known) ids, not \(distinct)") }
        return codes
    }
}
