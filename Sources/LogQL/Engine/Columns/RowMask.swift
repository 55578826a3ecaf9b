/// Rows of a table: one bit each.
struct RowMask: Sendable, Equatable {
    private(set) var words: [UInt64]

    /// No row.
    init(rowCount: Int) { words = [UInt64](repeating: 0, count: (rowCount + 63) / 64) }

    var isEmpty: Bool { words.allSatisfy { $0 == 0 } }

    var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

    func contains(_ row: Int) -> Bool { words[row >> 6] >> UInt64(row & 63) & 1 != 0 }

    mutating func insert(_ row: Int) { words[row >> 6] |= 1 << UInt64(row & 63) }

    mutating func formIntersection(_ other: RowMask) { for word in words.indices { words[word] &= other.words[word] } }

    mutating func formUnion(_ other: RowMask) { for word in words.indices { words[word] |= other.words[word] } }

    mutating func subtract(_ other: RowMask) { for word in words.indices { words[word] &= ~other.words[word] } }

    func union(_ other: RowMask) -> RowMask {
        var result = self
        result.formUnion(other)
        return result
    }

    /// The bits of a word that belong to a range.
    @inline(__always)
    static func bits(of range: Range<Int>, inWord word: Int) -> UInt64 {
        var bits = UInt64.max
        if word == range.lowerBound >> 6 { bits &= .max << UInt64(range.lowerBound & 63) }
        if word == (range.upperBound - 1) >> 6 { bits &= .max >> UInt64(63 - (range.upperBound - 1) & 63) }
        return bits
    }

    /// The words that rows of a range, which is not empty, are in.
    @inline(__always)
    static func words(of range: Range<Int>) -> ClosedRange<Int> { range.lowerBound >> 6...(range.upperBound - 1) >> 6 }

    mutating func insert(contentsOf range: Range<Int>) {
        if range.isEmpty { return }
        for word in RowMask.words(of: range) { words[word] |= RowMask.bits(of: range, inWord: word) }
    }

    /// Adds those of another mask's rows that are in a range.
    mutating func insert(_ other: RowMask, in range: Range<Int>) {
        if range.isEmpty { return }
        for word in RowMask.words(of: range) { words[word] |= other.words[word] & RowMask.bits(of: range, inWord: word) }
    }

    /// Removes the rows of a range.
    mutating func remove(contentsOf range: Range<Int>) {
        if range.isEmpty { return }
        for word in RowMask.words(of: range) { words[word] &= ~RowMask.bits(of: range, inWord: word) }
    }

    /// Adds rows given by the bits of one word.
    mutating func insert(bits: UInt64, inWord word: Int) { words[word] |= bits }

    /// How many of its rows are in a range.
    func count(in range: Range<Int>) -> Int {
        if range.isEmpty { return 0 }
        var count = 0
        for word in RowMask.words(of: range) { count += (words[word] & RowMask.bits(of: range, inWord: word)).nonzeroBitCount }
        return count
    }

    func isEmpty(in range: Range<Int>) -> Bool {
        if range.isEmpty { return true }
        return RowMask.words(of: range).allSatisfy { words[$0] & RowMask.bits(of: range, inWord: $0) == 0 }
    }

    @inline(__always)
    func forEach(in range: Range<Int>, _ body: (Int) -> Void) {
        if range.isEmpty { return }
        for word in RowMask.words(of: range) {
            var rest = words[word] & RowMask.bits(of: range, inWord: word)
            while rest != 0 {
                body(word * 64 + rest.trailingZeroBitCount)
                rest &= rest - 1
            }
        }
    }

    /// Its rows within a range, in order.
    func rows(in range: Range<Int>) -> [Int32] {
        var rows: [Int32] = []
        forEach(in: range) { rows.append(Int32($0)) }
        return rows
    }

    /// The next row of it at or behind a row, within a range.
    func first(in range: Range<Int>) -> Int? {
        if range.isEmpty { return nil }
        for word in RowMask.words(of: range) {
            let bits = words[word] & RowMask.bits(of: range, inWord: word)
            if bits != 0 { return word * 64 + bits.trailingZeroBitCount }
        }
        return nil
    }

    /// The last row of it within a range.
    func last(in range: Range<Int>) -> Int? {
        if range.isEmpty { return nil }
        for word in RowMask.words(of: range).reversed() {
            let bits = words[word] & RowMask.bits(of: range, inWord: word)
            if bits != 0 { return word * 64 + 63 - bits.leadingZeroBitCount }
        }
        return nil
    }
}
