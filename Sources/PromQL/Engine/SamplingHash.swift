internal import TelemetryModel

extension LabelSet {
    /// The hash by which Prometheus decides whether `limit_ratio` samples a series: XXH64 over its own packing of labels, so that both choose
    /// the same series. Only lengths from 128 on are packed in another way than ours.
    var samplingHash: UInt64 {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(packed.count)
        var ranges = labelRanges
        while let label = ranges.next() {
            for run in [label.name, label.value] {
                if run.count < 255 {
                    bytes.append(UInt8(run.count))
                } else {
                    bytes.append(255)
                    for shift in [0, 8, 16] { bytes.append(UInt8(truncatingIfNeeded: run.count >> shift)) }
                }
                bytes.append(contentsOf: packed[run])
            }
        }
        return xxHash64(bytes)
    }
}

/// XXH64 with seed 0 (https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md).
func xxHash64(_ bytes: [UInt8]) -> UInt64 {
    let primes: [UInt64] = [
        0x9E37_79B1_85EB_CA87, 0xC2B2_AE3D_27D4_EB4F, 0x1656_67B1_9E37_79F9, 0x85EB_CA77_C2B2_AE63, 0x27D4_EB2F_1656_67C5,
    ]
    func rotated(_ value: UInt64, _ by: UInt64) -> UInt64 { value << by | value >> (64 - by) }
    func round(_ lane: UInt64, _ input: UInt64) -> UInt64 { rotated(lane &+ input &* primes[1], 31) &* primes[0] }
    func word(_ position: Int, _ count: Int) -> UInt64 {
        var word: UInt64 = 0
        for index in 0..<count { word |= UInt64(bytes[position + index]) << UInt64(8 * index) }
        return word
    }
    var position = 0
    var hash: UInt64
    if bytes.count >= 32 {
        var lanes: [UInt64] = [primes[0] &+ primes[1], primes[1], 0, 0 &- primes[0]]
        while bytes.count - position >= 32 {
            for lane in 0..<4 { lanes[lane] = round(lanes[lane], word(position + 8 * lane, 8)) }
            position += 32
        }
        hash = rotated(lanes[0], 1) &+ rotated(lanes[1], 7) &+ rotated(lanes[2], 12) &+ rotated(lanes[3], 18)
        for lane in lanes { hash = (hash ^ round(0, lane)) &* primes[0] &+ primes[3] }
    } else {
        hash = primes[4]
    }
    hash = hash &+ UInt64(bytes.count)
    while bytes.count - position >= 8 {
        hash = rotated(hash ^ round(0, word(position, 8)), 27) &* primes[0] &+ primes[3]
        position += 8
    }
    if bytes.count - position >= 4 {
        hash = rotated(hash ^ (word(position, 4) &* primes[0]), 23) &* primes[1] &+ primes[2]
        position += 4
    }
    while position < bytes.count {
        hash = rotated(hash ^ (UInt64(bytes[position]) &* primes[4]), 11) &* primes[0]
        position += 1
    }
    hash = (hash ^ hash >> 33) &* primes[1]
    hash = (hash ^ hash >> 29) &* primes[2]
    return hash ^ hash >> 32
}
