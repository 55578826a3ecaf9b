internal import ByteCoding
internal import ColumnCoding

/// Texts, or other runs of bytes, one for each of some places; each distinct one is written once.
///
///     number of distinct texts (varint)
///     references   numbers: 0 for the next distinct text, else 1 + the number of one that came before
///     list         see ``TextList``
enum TextSequence {
    /// Appends the texts with some numbers.
    static func encode(_ codes: [UInt64], _ texts: TextTable, _ scratch: inout TextScratch, into part: inout PartWriter) {
        scratch.begin(texts.count)
        var distinct: [UInt32] = []
        var references: [UInt64] = []
        references.reserveCapacity(codes.count)
        for code in codes {
            let code = UInt32(truncatingIfNeeded: code)
            if let known = scratch[code] {
                references.append(UInt64(known) + 1)
            } else {
                scratch[code] = UInt32(distinct.count)
                distinct.append(code)
                references.append(0)
            }
        }
        part.soft.appendVarint(count: distinct.count)
        NumberSequence.encode(references, .codes, into: &part)
        TextList.encode(distinct, texts, into: &part)
    }
}

/// For each text a number, all forgotten at once.
struct TextScratch {
    private var numbers: [UInt32] = []
    private var rounds: [UInt32] = []
    private var round: UInt32 = 0

    mutating func begin(_ count: Int) {
        if numbers.count < count {
            numbers.append(contentsOf: repeatElement(0, count: count - numbers.count))
            rounds.append(contentsOf: repeatElement(0, count: count - rounds.count))
        }
        round += 1
    }

    subscript(code: UInt32) -> UInt32? {
        get { rounds[Int(code)] == round ? numbers[Int(code)] : nil }
        set {
            guard let newValue else { return }
            numbers[Int(code)] = newValue
            rounds[Int(code)] = round
        }
    }
}

/// A list of texts.
///
///     form u8: 0 plain · 1 patterns
///     plain      lengths (numbers), then the bytes of all
///     patterns   number of patterns (varint), these (a plain list); for each text its pattern (numbers); for each pattern and each of its numbers
///                those of all its texts (numbers)
enum TextList {
    static let plain: UInt8 = 0
    static let patterns: UInt8 = 1

    static func encode(_ list: [UInt32], _ texts: TextTable, into part: inout PartWriter) {
        if list.isEmpty { return }
        if list.count >= 8, encodePatterns(list, texts, into: &part) { return }
        encodePlain(list, texts, into: &part)
    }

    static func encodePlain(_ list: [UInt32], _ texts: TextTable, into part: inout PartWriter) {
        part.soft.append(plain)
        NumberSequence.encode(list.map { UInt64(texts.range($0).count) }, .amounts, into: &part)
        part.beginSection()
        for code in list { texts.withBytes(code) { part.soft.append(contentsOf: $0) } }
        part.beginSection()
    }

    /// - Returns: whether the texts have few patterns; nothing was written where they have not.
    private static func encodePatterns(_ list: [UInt32], _ texts: TextTable, into part: inout PartWriter) -> Bool {
        var patterns = TextTable()
        var patternOf: [UInt64] = []
        patternOf.reserveCapacity(list.count)
        var numbers: [UInt64] = []
        var pattern: [UInt8] = []
        for (index, code) in list.enumerated() {
            pattern.removeAll(keepingCapacity: true)
            guard texts.withBytes(code, { TextPattern.cut($0, pattern: &pattern, numbers: &numbers) }) else { return false }
            patternOf.append(UInt64(pattern.withUnsafeBytes { patterns.intern($0) }))
            // Where there are many patterns, this shows early.
            if patterns.count > 6 + index / 4 { return false }
        }
        if patterns.count - 1 > list.count / 8 || numbers.isEmpty { return false }
        // Number 0 is the empty pattern, which is there whether or not a text has it.
        let slots = (0..<patterns.count).map { TextPattern.slots(patterns.bytes[patterns.range(UInt32($0))]) ?? 0 }
        var columns = slots.map { [[UInt64]](repeating: [], count: $0) }
        var place = 0
        for pattern in patternOf {
            for slot in 0..<slots[Int(pattern)] {
                columns[Int(pattern)][slot].append(numbers[place])
                place += 1
            }
        }
        part.soft.append(TextList.patterns)
        part.soft.appendVarint(count: patterns.count)
        encodePlain((0..<UInt32(patterns.count)).map { $0 }, patterns, into: &part)
        NumberSequence.encode(patternOf, .codes, into: &part)
        for pattern in columns { for column in pattern { NumberSequence.encode(column, .amounts, into: &part) } }
        return true
    }
}
