/// Rows of a table: one bit each.
struct RowMask: Sendable, Equatable {
    private(set) var words: [UInt64]
    let rowCount: Int

    /// No row.
    init(rowCount: Int) {
        self.rowCount = rowCount
        words = [UInt64](repeating: 0, count: (rowCount + 63) / 64)
    }

    /// Every row.
    init(allOf rowCount: Int) {
        self.rowCount = rowCount
        words = [UInt64](repeating: .max, count: (rowCount + 63) / 64)
        if rowCount % 64 != 0 { words[words.count - 1] = (1 << UInt64(rowCount % 64)) - 1 }
    }

    /// Some rows.
    init(rowCount: Int, rows: [Int32]) {
        self.init(rowCount: rowCount)
        for row in rows { insert(Int(row)) }
    }

    /// Rows of which `fill` writes the words.
    ///
    /// - Parameter count: the elements of the column that is looked at, one for each row.
    @inline(__always)
    init(rowCount: Int, count: Int, _ fill: (inout [UInt64]) -> Void) {
        precondition(count >= rowCount, "BUG: a column has fewer rows than its table")
        self.init(rowCount: rowCount)
        fill(&words)
    }

    var isEmpty: Bool { words.allSatisfy { $0 == 0 } }

    var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

    func contains(_ row: Int) -> Bool { words[row >> 6] >> UInt64(row & 63) & 1 != 0 }

    mutating func insert(_ row: Int) { words[row >> 6] |= 1 << UInt64(row & 63) }

    mutating func formIntersection(_ other: RowMask) { for word in words.indices { words[word] &= other.words[word] } }

    mutating func formUnion(_ other: RowMask) { for word in words.indices { words[word] |= other.words[word] } }

    mutating func subtract(_ other: RowMask) { for word in words.indices { words[word] &= ~other.words[word] } }

    /// Only those of the rows for which `isIn` holds.
    @inline(__always)
    func filtered(_ isIn: (Int) -> Bool) -> RowMask {
        var result = self
        for word in words.indices {
            var rest = words[word]
            while rest != 0 {
                let bit = rest.trailingZeroBitCount
                rest &= rest - 1
                if !isIn(word * 64 + bit) { result.words[word] &= ~(1 << UInt64(bit)) }
            }
        }
        return result
    }

    @inline(__always)
    func forEach(_ body: (Int) -> Void) {
        for word in words.indices {
            var rest = words[word]
            while rest != 0 {
                let bit = rest.trailingZeroBitCount
                rest &= rest - 1
                body(word * 64 + bit)
            }
        }
    }

    /// The first row of a range that is in it.
    func first(in range: Range<Int>) -> Int? {
        if range.isEmpty { return nil }
        var word = range.lowerBound >> 6
        var rest = words[word] & (.max << UInt64(range.lowerBound & 63))
        while true {
            if rest != 0 {
                let row = word * 64 + rest.trailingZeroBitCount
                return row < range.upperBound ? row : nil
            }
            word += 1
            if word * 64 >= range.upperBound { return nil }
            rest = words[word]
        }
    }

    /// Its rows within a range, in order.
    func rows(in range: Range<Int>) -> [Int32] {
        var rows: [Int32] = []
        var next = range.lowerBound
        while let row = first(in: next..<range.upperBound) {
            rows.append(Int32(row))
            next = row + 1
        }
        return rows
    }

    /// Adds the rows of a range.
    mutating func insert(contentsOf range: Range<Int>) {
        if range.isEmpty { return }
        let (first, last) = (range.lowerBound >> 6, (range.upperBound - 1) >> 6)
        for word in first...last {
            var bits = UInt64.max
            if word == first { bits &= .max << UInt64(range.lowerBound & 63) }
            if word == last { bits &= .max >> UInt64(63 - (range.upperBound - 1) & 63) }
            words[word] |= bits
        }
    }
}
