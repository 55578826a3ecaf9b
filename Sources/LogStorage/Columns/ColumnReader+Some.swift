internal import ByteCoding
internal import ColumnCoding
internal import TelemetryModel

/// Some values of a column: those of places that were asked for, one after the other.
struct SomeValues {
    var column: DecodedColumn
    /// Of each place that was asked for, where in the column its value is.
    var places: [Int]
}

/// The numbers of ids that were read for some places, which several columns may follow from.
final class SomeCodes {
    private var known: [Int: (places: [Int], codes: [Int])] = [:]

    func codes(_ column: Int, at places: [Int], _ read: () throws -> [Int]) rethrows -> [Int] {
        if let known = known[column], known.places == places { return known.codes }
        let codes = try read()
        known[column] = (places, codes)
        return codes
    }
}

/// Reads few values of a column, without making all of them.
extension ColumnReader {
    /// The values of some places.
    ///
    /// - Parameters:
    ///   - places: rising.
    ///   - known: of the block's columns.
    func values(at places: [Int], _ known: SomeCodes) throws -> SomeValues {
        guard places.allSatisfy({ $0 >= 0 && $0 < own.count }) else { throw BlockError("a row without a value") }
        if let whole: DecodedColumn = source.block.known(.column(number)) { return SomeValues(column: whole, places: places) }
        let column: DecodedColumn
        switch own.form {
        case .copy(let other): return try ColumnReader(source, outline, other).values(at: places, known)
        case .plain:
            var reader = PartReader(try keptPart())
            let texts = try ColumnReader.texts(&reader, own.count, at: places)
            try reader.checkEnd()
            column = DecodedColumn(count: places.count, form: .plain(texts))
        case .dictionary(let values, let key):
            let codes = try self.codes(values, key, at: places, known)
            column = DecodedColumn(count: places.count, form: .dictionary(codes: codes, values: values))
        case .patterns(let patterns, let key): column = try self.patterns(patterns, key, at: places, known)
        }
        return SomeValues(column: column, places: Array(places.indices))
    }

    /// Whoever wants few values of a block may soon want others.
    private func keptPart() throws -> DecodedPart {
        try source.block.kept(.part(PartNumber.firstColumn + number)) {
            let part = try source.block.part(PartNumber.firstColumn + number)
            return (part, part.memoryBytes)
        }
    }

    // MARK: Codes

    private func codes(_ values: PackedTexts, _ key: ColumnOutline.Key, at places: [Int], _ known: SomeCodes) throws -> [Int32] {
        guard values.count > 1 else {
            guard values.count == 1 else { throw BlockError("a column without values") }
            return [Int32](repeating: 0, count: places.count)
        }
        var reader = PartReader(try keptPart())
        let codes: [Int32]
        switch key {
        case .none: codes = try ColumnReader.codes(&reader, own.count, limit: values.count, at: places)
        case .stream:
            let spans = try source.streams()
            let rows = own.rowSet == 0 ? nil : try source.rows(ofSet: own.rowSet)
            guard rows.map({ $0.count == own.count }) ?? true else { throw BlockError("a column of other rows") }
            var stream = 0
            let streams = places.map { place in
                let row = rows?[place] ?? Int32(truncatingIfNeeded: place)
                while stream + 1 < spans.labels.count, spans.starts[stream + 1] <= row { stream += 1 }
                return stream
            }
            codes = try ColumnReader.codes(&reader, spans.labels.count, limit: values.count, at: streams)
        case .column(let other):
            let keys = try keyCodes(other, at: places, known)
            codes = try ColumnReader.codes(&reader, keys.distinct, limit: values.count, at: keys.codes)
        }
        try reader.checkEnd()
        return codes
    }

    private static func codes(_ reader: inout PartReader, _ count: Int, limit: Int, at places: [Int]) throws -> [Int32] {
        try NumberColumn(&reader, count: count).values(at: places).map { code in
            guard code < UInt64(limit) else { throw BlockError("a code that stands for nothing") }
            return Int32(truncatingIfNeeded: code)
        }
    }

    /// The numbers of a column that others follow from, of some places.
    private func keyCodes(_ other: Int, at places: [Int], _ known: SomeCodes) throws -> (codes: [Int], distinct: Int) {
        if let whole: DecodedColumn = source.block.known(.column(other)) {
            let keys = try ColumnReader.keyCodes(whole)
            return (places.map { Int(keys.codes[$0]) }, keys.distinct)
        }
        let reader = try ColumnReader(source, outline, other)
        switch reader.own.form {
        case .dictionary(let values, let key): return (try reader.codes(values, key, at: places, known).map { Int($0) }, values.count)
        case .patterns(let patterns, _):
            guard case .hexadecimal(let form)? = patterns.first?.slots.first?.form, let distinct = form.distinct else { break }
            let codes = try known.codes(other, at: places) {
                var part = PartReader(try reader.keptPart())
                return try reader.idCodes(NumberColumn(&part, count: reader.own.count), distinct, at: places)
            }
            return (codes, distinct)
        case .plain, .copy: break
        }
        throw BlockError("a column follows from one that has no numbers")
    }

    // MARK: Patterns

    private func patterns(
        _ outlines: [PatternOutline], _ key: ColumnOutline.Key, at places: [Int], _ known: SomeCodes
    ) throws -> DecodedColumn {
        let hasPart = try source.block.directory().entry(PartNumber.firstColumn + number) != nil
        var reader = PartReader(hasPart ? try keptPart() : .empty())
        var decoded = DecodedPatterns(patterns: [], codes: nil, ranks: nil)
        var counts = [own.count]
        // Of each pattern the how manieth of its values are wanted.
        var wanted = [places]
        if outlines.count > 1 {
            let codes = try codes(&reader, key, limit: outlines.count)
            (counts, wanted) = ([Int](repeating: 0, count: outlines.count), [[Int]](repeating: [], count: outlines.count))
            var (own, ranks): ([Int32], [Int32]) = ([], [])
            for (place, code) in codes.enumerated() {
                if own.count < places.count, places[own.count] == place {
                    own.append(code)
                    ranks.append(Int32(truncatingIfNeeded: wanted[Int(code)].count))
                    wanted[Int(code)].append(counts[Int(code)])
                }
                counts[Int(code)] += 1
            }
            (decoded.codes, decoded.ranks) = (own, ranks)
        }
        for (number, pattern) in outlines.enumerated() {
            var slots: [DecodedSlot] = []
            for slot in pattern.slots { slots.append(try self.slot(slot, counts[number], &reader, at: wanted[number], known)) }
            decoded.patterns.append(DecodedPatterns.Pattern(literals: pattern.literals, slots: slots))
        }
        try reader.checkEnd()
        return DecodedColumn(count: places.count, form: .patterns(decoded))
    }

    private func slot(
        _ outline: SlotOutline, _ count: Int, _ reader: inout PartReader, at places: [Int], _ known: SomeCodes
    ) throws -> DecodedSlot {
        var (stored, places) = (count, places)
        if let key = outline.keyColumn { (places, stored) = try keyCodes(key, at: places, known) }
        func numbers() throws -> CompactNumbers { CompactNumbers(try NumberColumn(&reader, count: stored).values(at: places)) }
        let form: DecodedSlot.Form
        switch outline.form {
        case .integers: form = .integers(try numbers())
        case .padded(let digits, _): form = .padded(try numbers(), digits: digits)
        case .decimals(let scale?): form = .decimals(try numbers(), scales: [], scale: scale)
        case .decimals(nil):
            let scales = try ColumnReader.codes(&reader, stored, limit: 19, at: places).map { UInt8($0) }
            form = .decimals(try numbers(), scales: scales, scale: 0)
        case .time(let time): form = .time(try numbers(), time)
        case .dictionary(let values):
            guard values.count > 0 || stored == 0 else { throw BlockError("a slot without values") }
            let codes =
                values.count > 1
                ? try ColumnReader.codes(&reader, stored, limit: values.count, at: places) : [Int32](repeating: 0, count: places.count)
            form = .dictionary(codes: codes, values: values)
        case .plain: form = .plain(try ColumnReader.texts(&reader, stored, at: places))
        case .hexadecimal(let hexadecimal):
            let ids = hexadecimal.distinct ?? stored
            if let distinct = hexadecimal.distinct {
                let references = try NumberColumn(&reader, count: count)
                places = try known.codes(number, at: places) { try idCodes(references, distinct, at: places) }
            }
            let range = try reader.takeHard(ids * hexadecimal.bytes)
            let (high, low) = ColumnReader.ids(reader.part.hard, range.lowerBound, hexadecimal, at: places)
            form = .hexadecimal(high: high, low: low, codes: nil, hexadecimal)
        }
        return DecodedSlot(form: form, keyCodes: nil)
    }

    private static func texts(_ reader: inout PartReader, _ count: Int, at places: [Int]) throws -> PackedTexts {
        let lengths = try NumberColumn(&reader, count: count).all()
        var ends: [Int] = []
        ends.reserveCapacity(count)
        var end = 0
        for length in lengths {
            guard length <= UInt64(reader.soft.remaining - end) else { throw BlockError("texts beyond their end") }
            end += Int(length)
            ends.append(end)
        }
        let start = try reader.soft.readRange(count: end).lowerBound
        var texts = PackedTexts()
        for place in places { texts.append(reader.part.soft[start + (place > 0 ? ends[place - 1] : 0)..<start + ends[place]]) }
        return texts
    }

    // MARK: Ids

    /// The numbers of ids as they stand.
    private static func ids(_ hard: [UInt8], _ start: Int, _ form: HexForm, at places: [Int]) -> (high: [UInt64], low: [UInt64]) {
        var (high, low): ([UInt64], [UInt64]) = ([], [])
        for place in places {
            var id: (high: UInt64, low: UInt64) = (0, 0)
            for byte in hard[start + place * form.bytes..<start + (place + 1) * form.bytes] {
                id = (id.high << 8 | id.low >> 56, id.low << 8 | UInt64(byte))
            }
            if form.bytes > 8 { high.append(id.high) }
            low.append(id.low)
        }
        return (high, low)
    }

    /// Of some places the numbers of their ids, where ids stand once.
    private func idCodes(_ references: NumberColumn, _ distinct: Int, at places: [Int]) throws -> [Int] {
        guard references.count == own.count else { throw BlockError("a column of other rows") }
        let references = try references.all()
        let (times, buckets) = try columnTimes()
        let ranks = TimeOrder.ranks(of: places, times, buckets)
        let order = places.indices.sorted { ranks[$0] < ranks[$1] }
        var codes = [Int](repeating: 0, count: places.count)
        var next = 0
        var known: UInt64 = 0
        for (rank, reference) in references.enumerated() {
            guard reference <= known else { throw BlockError("an id that was not there") }
            while next < order.count, ranks[order[next]] == rank {
                codes[order[next]] = Int(reference == 0 ? known : known - reference)
                next += 1
            }
            if reference == 0 { known += 1 }
        }
        guard known == UInt64(distinct) else { throw BlockError("\(known) ids, not \(distinct)") }
        return codes
    }

    /// The times of the column's rows.
    private func columnTimes() throws -> ([Int64], TimeBuckets) {
        let times = try source.frame().times
        guard own.rowSet != 0 else { return (times, try source.timeBuckets()) }
        let ownTimes = try source.rows(ofSet: own.rowSet).map { times[Int($0)] }
        guard ownTimes.count == own.count else { throw BlockError("a column of other rows") }
        let summary = try source.block.directory().summary
        return (ownTimes, TimeBuckets(ownTimes, within: summary.minTime...summary.maxTime))
    }

    /// The places that have an id, in no particular order.
    ///
    /// - Precondition: the column is of nothing but ids.
    func places(ofID id: (high: UInt64, low: UInt64)) throws -> [Int] {
        guard let form = own.ids else { throw BlockError("BUG: a column of other values than ids") }
        var reader = PartReader(try keptPart())
        let references = try form.distinct.map { _ in try NumberColumn(&reader, count: own.count).all() }
        let count = form.distinct ?? own.count
        let start = try reader.takeHard(count * form.bytes).lowerBound
        try reader.checkEnd()
        let found = ColumnReader.numbers(of: id, reader.part.hard, start, count, form)
        guard let references else { return found }
        if found.isEmpty { return [] }
        var ranks: [Int] = []
        var known: UInt64 = 0
        for (rank, reference) in references.enumerated() {
            guard reference <= known else { throw BlockError("an id that was not there") }
            if found.contains(Int(reference == 0 ? known : known - reference)) { ranks.append(rank) }
            if reference == 0 { known += 1 }
        }
        guard known == UInt64(count) else { throw BlockError("\(known) ids, not \(count)") }
        let (times, buckets) = try columnTimes()
        return TimeOrder.places(atRanks: ranks, times, buckets)
    }

    /// Which of some ids, as they stand, are one that is looked for.
    private static func numbers(of id: (high: UInt64, low: UInt64), _ hard: [UInt8], _ start: Int, _ count: Int, _ form: HexForm) -> [Int] {
        let bytes = form.bytes
        // The last bytes of each, eight at most.
        let tail = min(bytes, 8)
        var found: [Int] = []
        hard.withUnsafeBytes { hard in
            for number in 0..<count {
                let end = start &+ (number &+ 1) &* bytes
                if tail == 8 {
                    guard UInt64(bigEndian: hard.loadUnaligned(fromByteOffset: end &- 8, as: UInt64.self)) == id.low else { continue }
                } else {
                    var low: UInt64 = 0
                    for place in end &- tail..<end { low = low &<< 8 | UInt64(hard[place]) }
                    guard low == id.low else { continue }
                }
                var high: UInt64 = 0
                for place in end &- bytes..<end &- tail { high = high &<< 8 | UInt64(hard[place]) }
                if high == id.high { found.append(number) }
            }
        }
        return found
    }
}
