internal import ColumnCoding
internal import TelemetryModel

/// What the outline and the filters of a block know of where a needle may be.
final class NeedleKnowledge {
    private struct Question: Hashable {
        var column: Int
        var part: Range<Int>
        var beginsText: Bool
        var endsText: Bool
    }

    private let source: BlockSource
    private let outline: BlockOutline
    /// Many shapes ask the same of a column.
    private var answers: [Question: Bool] = [:]

    init(_ source: BlockSource, _ outline: BlockOutline) {
        self.source = source
        self.outline = outline
    }

    /// Whether a line of a shape may have the part.
    func mayHave(_ part: NeedlePart, _ shape: LineShape, beyondOne: Bool = false) throws -> Bool {
        var pieces: [PieceSequence.Piece] = []
        for leaf in 0..<shape.leafCount {
            let column = Int(shape.columns[leaf])
            pieces.append(.literal(shape.literals[leaf]))
            pieces.append(.varying(lengths: lengths(ofColumn: column), mayHave: { try self.mayHave($0, column: column) }))
        }
        pieces.append(.literal(shape.literals[shape.leafCount]))
        return try PieceSequence(pieces: pieces).mayHave(part, beyondOne: beyondOne)
    }

    /// The columns in one of which the needle lies in lines of a shape that have it; nil where it may reach over more than a leaf.
    func columns(with part: NeedlePart, _ shape: LineShape) throws -> Set<Int>? {
        if try mayHave(part, shape, beyondOne: true) { return nil }
        return try Set(shape.columns.map { Int($0) }.filter { try mayHave(part, column: $0) })
    }

    /// Whether a value of a column may have the part.
    func mayHave(_ part: NeedlePart, column: Int) throws -> Bool {
        let question = Question(
            column: column, part: part.bytes.startIndex..<part.bytes.endIndex, beginsText: part.beginsText, endsText: part.endsText)
        if let known = answers[question] { return known }
        let answer: Bool
        switch outline.columns[column].form {
        case .dictionary(let values, _): answer = outline.columns[column].values.bounds.mayHave(part.bytes) && values.has(part)
        case .plain(let bounds): answer = bounds.mayHave(part.bytes)
        case .copy(let other): answer = try mayHave(part, column: other)
        case .patterns(let patterns, _): answer = try patterns.contains { try mayHave(part, $0, column) }
        }
        answers[question] = answer
        return answer
    }

    /// The columns of lines that may have a word; nil where it may also lie elsewhere in a line.
    ///
    /// - Parameter word: letters and digits only.
    func columns(withWord word: ArraySlice<UInt8>) throws -> [Int]? {
        guard word.count > outline.words.across else { return nil }
        let part = NeedlePart(bytes: word, beginsText: false, endsText: false)
        return try outline.words.columns.indices.filter { column in
            try outline.words.columns[column] >= word.count && outline.columns[column].owner != .metadata && mayHave(part, column: column)
        }
    }

    /// Whether a text of a pattern may have the part.
    func mayHave(_ part: NeedlePart, _ pattern: PatternOutline, _ column: Int) throws -> Bool {
        if pattern.slots.count == 1, pattern.literals.allSatisfy(\.isEmpty) { return try mayHave(part, pattern.slots[0], column) }
        var pieces: [PieceSequence.Piece] = []
        for (slot, literal) in zip(pattern.slots, pattern.literals) {
            pieces.append(.literal(literal))
            pieces.append(.varying(lengths: slot.lengths, mayHave: { try self.mayHave($0, slot, column) }))
        }
        pieces.append(.literal(pattern.literals[pattern.slots.count]))
        return try PieceSequence(pieces: pieces).mayHave(part)
    }

    private func mayHave(_ part: NeedlePart, _ slot: SlotOutline, _ column: Int) throws -> Bool {
        guard slot.mayHave(part) else { return false }
        guard case .hexadecimal(let form) = slot.form, form.hasFilter, part.bytes.count == form.textLength, let id = HexText.id(part.bytes)
        else {
            return true
        }
        return IDFilter.mayHold(high: id.high, low: id.low, try source.filter(column))
    }

    private func lengths(ofColumn column: Int) -> ClosedRange<Int> {
        switch outline.columns[column].form {
        case .dictionary: return outline.columns[column].values.lengths
        case .plain(let bounds): return 0...bounds.longest
        case .copy(let other): return lengths(ofColumn: other)
        case .patterns(let patterns, _):
            let lengths = patterns.map(\.lengths)
            return (lengths.map(\.lowerBound).min() ?? 0)...(lengths.map(\.upperBound).max() ?? 0)
        }
    }
}

extension BlockSource {
    /// The filter of the ids of a column.
    func filter(_ column: Int) throws -> [UInt8] {
        try block.kept(.filter(column)) {
            let filter = try block.part(PartNumber.firstFilter + column).hard
            return (filter, filter.count)
        }
    }
}

extension PatternOutline {
    var lengths: ClosedRange<Int> {
        var (least, most) = (0, 0)
        for literal in literals { (least, most) = (least + literal.count, most + literal.count) }
        for slot in slots { (least, most) = (least + slot.lengths.lowerBound, most + slot.lengths.upperBound) }
        return least...most
    }
}

extension SlotOutline {
    /// How long its texts may be.
    var lengths: ClosedRange<Int> {
        switch form {
        case .integers(let range): return DecodedSlot.digits(range.lowerBound)...DecodedSlot.digits(range.upperBound)
        case .padded(let digits, let range): return digits...max(digits, DecodedSlot.digits(range.upperBound))
        case .decimals: return 1...40
        case .hexadecimal(let form): return form.textLength...form.textLength
        case .time(let form): return form.length...form.length
        case .dictionary: return values.lengths
        case .plain(let bounds): return 0...bounds.longest
        }
    }

    /// Whether a text may have the part, as far as its outline says.
    func mayHave(_ part: NeedlePart) -> Bool {
        let bytes = part.bytes
        let lengths = lengths
        guard bytes.count <= lengths.upperBound, !(part.beginsText && part.endsText) || bytes.count >= lengths.lowerBound else {
            return false
        }
        switch form {
        case .integers(let range):
            guard bytes.allSatisfy(LineScanner.isDigit) else { return false }
            guard part.beginsText, part.endsText, bytes.count <= 18 else { return true }
            return range.contains(bytes.reduce(0) { $0 &* 10 &+ UInt64($1 &- 0x30) })
        case .padded: return bytes.allSatisfy(LineScanner.isDigit)
        case .decimals: return bytes.allSatisfy { LineScanner.isDigit($0) || $0 == 0x2e } && bytes.count(where: { $0 == 0x2e }) <= 1
        case .hexadecimal(let form):
            return bytes.allSatisfy { byte in
                if LineScanner.isDigit(byte) { return true }
                if byte == 0x2d { return form.isUUID }
                return form.isUpper ? byte &- 0x41 < 6 : byte &- 0x61 < 6
            }
        case .time(let form): return form.mayHave(part)
        case .dictionary(let texts): return values.bounds.mayHave(bytes) && texts.has(part)
        case .plain(let bounds): return bounds.mayHave(bytes)
        }
    }
}

extension TimeText.Form {
    /// Whether the text of some time may have the part.
    func mayHave(_ part: NeedlePart) -> Bool {
        var shape: [UInt8] = Array("0000-00-00".utf8) + [separator] + Array("00:00:00".utf8)
        if fraction > 0 { shape += [point] + [UInt8](repeating: 0x30, count: Int(fraction)) }
        let last = shape.count - part.bytes.count
        guard last >= 0 else { return false }
        return (0...last).contains { start in
            guard !part.beginsText || start == 0, !part.endsText || start == last else { return false }
            return zip(shape[start...], part.bytes).allSatisfy { $0 == $1 || $0 == 0x30 && LineScanner.isDigit($1) }
        }
    }
}

extension HexText {
    /// The number of an id as it is written; nil where that is no id of at most 32 digits.
    static func id(_ text: ArraySlice<UInt8>) -> (high: UInt64, low: UInt64)? {
        var (high, low, digits) = (UInt64(0), UInt64(0), 0)
        for byte in text where byte != 0x2d {
            guard let value = value(byte) else { return nil }
            high = high << 4 | low >> 60
            low = low << 4 | UInt64(value)
            digits += 1
        }
        return digits <= 32 ? (high, low) : nil
    }
}
