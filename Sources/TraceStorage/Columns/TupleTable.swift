/// Rows of as many numbers each, every row once, numbered in the order they came.
struct TupleTable: Sendable {
    let width: Int
    /// All rows one after the other.
    private(set) var words: [UInt64] = []
    private var slots = [UInt32](repeating: 0, count: 64)
    /// The latest ones that were asked for: rows of a kind come in runs.
    private var recent: (UInt32, UInt32) = (0, 0)

    init(width: Int) { self.width = width }

    var count: Int { words.count / width }

    /// The number at a place of a row.
    @inline(__always)
    subscript(row: Int, field: Int) -> UInt64 { words[row &* width &+ field] }

    /// The number of a row, which is added where it is new.
    ///
    /// - Precondition: there are ``width`` numbers.
    mutating func intern(_ tuple: [UInt64]) -> UInt32 {
        if isEqual(recent.0, tuple) { return recent.0 }
        if isEqual(recent.1, tuple) {
            recent = (recent.1, recent.0)
            return recent.0
        }
        let code = find(tuple)
        recent = (code, recent.0)
        return code
    }

    private mutating func find(_ tuple: [UInt64]) -> UInt32 {
        precondition(tuple.count == width, "BUG: a tuple of another width")
        let mask = slots.count - 1
        var index = Int(truncatingIfNeeded: TupleTable.hash(tuple[...])) & mask
        while slots[index] != 0 {
            if isEqual(slots[index] - 1, tuple) { return slots[index] - 1 }
            index = (index + 1) & mask
        }
        let code = UInt32(count)
        words.append(contentsOf: tuple)
        slots[index] = code + 1
        if count * 2 > slots.count { grow() }
        return code
    }

    private static func hash(_ tuple: ArraySlice<UInt64>) -> UInt64 {
        var hash: UInt64 = 0x9e37_79b9_7f4a_7c15
        for word in tuple {
            hash = (hash ^ word) &* 0xff51_afd7_ed55_8ccd
            hash ^= hash >> 32
        }
        return hash
    }

    @inline(__always)
    private func isEqual(_ code: UInt32, _ tuple: [UInt64]) -> Bool {
        let start = Int(code) &* width
        guard start < words.count else { return false }
        for field in 0..<width where words[start &+ field] != tuple[field] { return false }
        return true
    }

    private mutating func grow() {
        slots = [UInt32](repeating: 0, count: slots.count * 2)
        let mask = slots.count - 1
        for code in 0..<count {
            var index = Int(truncatingIfNeeded: TupleTable.hash(words[code * width..<(code + 1) * width])) & mask
            while slots[index] != 0 { index = (index + 1) & mask }
            slots[index] = UInt32(code) + 1
        }
    }

    var memoryBytes: Int { words.capacity * 8 + slots.capacity * 4 }
}
