internal import ByteCoding
internal import ColumnCoding

/// An encoded list of texts, of which any can be read.
struct TextListColumn: Sendable {
    let count: Int
    private let form: Form

    private enum Form: Sendable {
        case plain(lengths: NumberColumn, bytes: Range<Int>, part: DecodedPart)
        case patterns(Patterns)
    }

    private struct Patterns: Sendable {
        /// The patterns' bytes, and where each lies.
        var bytes: [UInt8]
        var ranges: [Range<Int>]
        var patternOf: NumberColumn
        /// The numbers of each pattern, slot by slot.
        var slots: [[NumberColumn]]
    }

    init(_ reader: inout PartReader, count: Int) throws(ByteCodingError) {
        self.count = count
        let start = reader.soft.position
        switch count == 0 ? TextList.plain : try reader.soft.readUInt8() {
        case TextList.plain: form = try TextListColumn.readPlain(&reader, count: count)
        case TextList.patterns: form = .patterns(try TextListColumn.readPatterns(&reader, count: count))
        default: throw ByteCodingError(.invalidValue, at: start)
        }
    }

    private static func readPlain(_ reader: inout PartReader, count: Int) throws(ByteCodingError) -> Form {
        let lengths = try NumberColumn(&reader, count: count)
        var sum: UInt64 = 0
        for length in try lengths.all() {
            guard length <= UInt64(reader.part.soft.count) else { throw ByteCodingError(.lengthTooLarge, at: reader.soft.position) }
            sum &+= length
        }
        guard sum <= UInt64(reader.soft.remaining) else { throw ByteCodingError(.truncated, at: reader.soft.position) }
        return .plain(lengths: lengths, bytes: try reader.soft.readRange(count: Int(sum)), part: reader.part)
    }

    private static func readPatterns(_ reader: inout PartReader, count: Int) throws(ByteCodingError) -> Patterns {
        let start = reader.soft.position
        let patternCount = try reader.soft.readCount(limit: count + 1)
        guard try reader.soft.readUInt8() == TextList.plain, patternCount > 0 else { throw ByteCodingError(.invalidValue, at: start) }
        guard case .plain(let lengths, let bytes, _) = try readPlain(&reader, count: patternCount) else {
            throw ByteCodingError(.invalidValue, at: start)
        }
        var patterns = Patterns(
            bytes: Array(reader.part.soft[bytes]), ranges: [], patternOf: try NumberColumn(&reader, count: count), slots: [])
        var place = 0
        for length in try lengths.all() {
            patterns.ranges.append(place..<place + Int(length))
            place += Int(length)
        }
        var uses = [Int](repeating: 0, count: patternCount)
        for pattern in try patterns.patternOf.all() {
            guard pattern < UInt64(patternCount) else { throw ByteCodingError(.invalidValue, at: start) }
            uses[Int(pattern)] += 1
        }
        for (pattern, range) in patterns.ranges.enumerated() {
            guard let slots = TextPattern.slots(patterns.bytes[range]) else { throw ByteCodingError(.invalidValue, at: start) }
            var columns: [NumberColumn] = []
            for _ in 0..<slots { columns.append(try NumberColumn(&reader, count: uses[pattern])) }
            patterns.slots.append(columns)
        }
        return patterns
    }

    /// The bytes of all texts one after the other, and where each ends.
    func all() throws(ByteCodingError) -> (bytes: [UInt8], ends: [Int]) {
        var ends: [Int] = []
        ends.reserveCapacity(count)
        switch form {
        case .plain(let lengths, let bytes, let part):
            var end = 0
            for length in try lengths.all() {
                end += Int(length)
                ends.append(end)
            }
            return (Array(part.soft[bytes]), ends)
        case .patterns(let patterns):
            var output: [UInt8] = []
            output.reserveCapacity(count * 16)
            var numbers: [[[UInt64]]] = []
            for columns in patterns.slots {
                var lists: [[UInt64]] = []
                for column in columns { lists.append(try column.all()) }
                numbers.append(lists)
            }
            var next = [Int](repeating: 0, count: patterns.ranges.count)
            var own: [UInt64] = []
            for pattern in try patterns.patternOf.all() {
                let pattern = Int(pattern)
                own.removeAll(keepingCapacity: true)
                for slot in numbers[pattern] { own.append(slot[next[pattern]]) }
                next[pattern] += 1
                TextPattern.fill(patterns.bytes[patterns.ranges[pattern]], own[...], into: &output)
                ends.append(output.count)
            }
            return (output, ends)
        }
    }

    /// Lends some of the texts.
    ///
    /// - Parameter indices: rising, all below ``count``.
    func forEach(_ indices: [Int], _ body: (_ index: Int, _ text: ArraySlice<UInt8>) -> Void) throws(ByteCodingError) {
        guard let last = indices.last else { return }
        switch form {
        case .plain(let lengths, let bytes, let part):
            let lengths = try lengths.values(0..<last + 1)
            var place = bytes.lowerBound
            var next = 0
            for (index, length) in lengths.enumerated() {
                while next < indices.count, indices[next] == index {
                    body(index, part.soft[place..<place + Int(length)])
                    next += 1
                }
                place += Int(length)
            }
        case .patterns(let patterns):
            var uses = [Int](repeating: 0, count: patterns.ranges.count)
            var next = 0
            var text: [UInt8] = []
            for (index, pattern) in try patterns.patternOf.values(0..<last + 1).enumerated() {
                let pattern = Int(pattern)
                while next < indices.count, indices[next] == index {
                    var numbers: [UInt64] = []
                    for column in patterns.slots[pattern] { numbers += try column.values(uses[pattern]..<uses[pattern] + 1) }
                    text.removeAll(keepingCapacity: true)
                    TextPattern.fill(patterns.bytes[patterns.ranges[pattern]], numbers[...], into: &text)
                    body(index, text[...])
                    next += 1
                }
                uses[pattern] += 1
            }
        }
    }
}

/// An encoded sequence of texts, of which any part can be read.
struct TextColumn: Sendable {
    let count: Int
    let list: TextListColumn
    private let references: NumberColumn

    init(_ reader: inout PartReader, count: Int) throws(ByteCodingError) {
        self.count = count
        let distinct = try reader.soft.readCount(limit: count)
        references = try NumberColumn(&reader, count: count)
        list = try TextListColumn(&reader, count: distinct)
        var known: UInt64 = 0
        for reference in try references.all() {
            if reference == 0 { known += 1 }
            guard reference <= known else { throw ByteCodingError(.invalidValue, at: reader.soft.position) }
        }
        guard known == UInt64(distinct) else { throw ByteCodingError(.invalidValue, at: reader.soft.position) }
    }

    /// For each place of a range the number of its text in the list.
    func numbers(_ range: Range<Int>) throws(ByteCodingError) -> [Int32] {
        var numbers: [Int32] = []
        numbers.reserveCapacity(range.count)
        var next: Int32 = 0
        for (index, reference) in try references.values(0..<range.upperBound).enumerated() {
            let number = reference == 0 ? next : Int32(truncatingIfNeeded: reference) - 1
            if reference == 0 { next += 1 }
            if index >= range.lowerBound { numbers.append(number) }
        }
        return numbers
    }
}
