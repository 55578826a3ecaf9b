/// Ids of up to 128 bits, each once, numbered in the order in which they came.
struct IDTable {
    private(set) var high: [UInt64] = []
    private(set) var low: [UInt64] = []
    private var slots = [UInt32](repeating: 0, count: 256)

    var count: Int { low.count }

    @inline(__always)
    static func hash(high: UInt64, low: UInt64) -> UInt64 {
        // Ids are random as a rule; of those that are not, some bits of both halves are mixed.
        let mixed = (low ^ high &* 0x9e37_79b9_7f4a_7c15) &* 0xff51_afd7_ed55_8ccd
        return mixed ^ mixed &>> 32
    }

    mutating func intern(high: UInt64, low: UInt64) -> Int32 {
        let mask = slots.count &- 1
        var index = Int(truncatingIfNeeded: IDTable.hash(high: high, low: low)) & mask
        while slots[index] != 0 {
            let number = Int(slots[index]) &- 1
            if self.low[number] == low, self.high[number] == high { return Int32(truncatingIfNeeded: number) }
            index = (index &+ 1) & mask
        }
        let number = self.low.count
        self.high.append(high)
        self.low.append(low)
        slots[index] = UInt32(truncatingIfNeeded: number &+ 1)
        if self.low.count * 2 > slots.count { grow() }
        return Int32(truncatingIfNeeded: number)
    }

    private mutating func grow() {
        slots = [UInt32](repeating: 0, count: slots.count * 2)
        let mask = slots.count - 1
        for number in low.indices {
            var index = Int(truncatingIfNeeded: IDTable.hash(high: high[number], low: low[number])) & mask
            while slots[index] != 0 { index = (index + 1) & mask }
            slots[index] = UInt32(truncatingIfNeeded: number + 1)
        }
    }
}
