/// Says of most ids that are not in a column that they are not (a Bloom filter).
///
/// Of an id those four bits are set that stand at `a`, `a + b`, `a + 2b` and `a + 3b`, modulo the number of bits, where `m` is
/// `(low xor high · 0x9e3779b97f4a7c15) · 0xff51afd7ed558ccd` (modulo 2^64) of the halves of its number, xor that shifted right by 32, `a` the lower 32 bits of `m`, and `b` the
/// upper 32 with the lowest set.
enum IDFilter {
    private static let probes: UInt64 = 4

    static func encode(high: [UInt64], low: [UInt64], bitsPerID: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: (low.count * bitsPerID + 7) / 8)
        let bits = UInt64(bytes.count * 8)
        for index in low.indices {
            let mixed = IDTable.hash(high: high[index], low: low[index])
            let step = mixed >> 32 | 1
            for probe in 0..<probes {
                let place = Int((mixed & 0xffff_ffff &+ probe &* step) % bits)
                bytes[place >> 3] |= 1 << UInt8(place & 7)
            }
        }
        return bytes
    }

    /// Whether an id may be in the column of a filter.
    static func mayHold(high: UInt64, low: UInt64, _ bytes: [UInt8]) -> Bool {
        if bytes.isEmpty { return true }
        let bits = UInt64(bytes.count * 8)
        let mixed = IDTable.hash(high: high, low: low)
        let step = mixed >> 32 | 1
        for probe in 0..<probes {
            let place = Int((mixed & 0xffff_ffff &+ probe &* step) % bits)
            if bytes[place >> 3] >> UInt8(place & 7) & 1 == 0 { return false }
        }
        return true
    }
}
