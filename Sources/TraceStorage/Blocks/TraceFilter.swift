internal import TelemetryModel

/// Says of most traces that are not in a block that they are not, in a tenth of the bytes of the trace ids (a Bloom filter).
///
/// Ten bits for each trace. Of a trace those four are set that stand at `a`, `a + b`, `a + 2b` and `a + 3b`, modulo the number of bits, where `m` is
/// `(low xor high · 0x9e3779b97f4a7c15) · 0xff51afd7ed558ccd` (modulo 2^64) of the halves of its id, `a` the lower 32 bits of `m`, and `b` the upper 32 with the lowest
/// set.
enum TraceFilter {
    private static let bitsPerTrace = 10
    private static let probes: UInt64 = 4

    static func encode(_ ids: [TraceID]) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: (ids.count * bitsPerTrace + 7) / 8)
        for id in ids {
            for probe in 0..<probes {
                let place = place(id, probe, bits: bytes.count * 8)
                bytes[place >> 3] |= 1 << UInt8(place & 7)
            }
        }
        return bytes
    }

    /// Whether a trace may be in the block of a filter.
    static func mayHold(_ id: TraceID, _ bytes: [UInt8]) -> Bool {
        if bytes.isEmpty { return true }
        for probe in 0..<probes {
            let place = place(id, probe, bits: bytes.count * 8)
            if bytes[place >> 3] >> UInt8(place & 7) & 1 == 0 { return false }
        }
        return true
    }

    private static func place(_ id: TraceID, _ probe: UInt64, bits: Int) -> Int {
        let mixed = (id.low ^ id.high &* 0x9e37_79b9_7f4a_7c15) &* 0xff51_afd7_ed55_8ccd
        let step = mixed >> 32 | 1
        return Int((mixed & 0xffff_ffff &+ probe &* step) % UInt64(bits))
    }
}
