internal import ByteCoding

/// Bits in the order in which chunks of Prometheus have them, the highest first, and the numbers they are made of
/// (Prometheus, `tsdb/docs/format/chunks.md`, `tsdb/docs/bstream.md`).
struct ChunkBits {
    /// The chunk so far. The last byte may not be full; bits behind the last are zero.
    private(set) var bytes: [UInt8]
    /// Bits that are free in the last byte.
    private var free = 0

    /// - Parameter bytes: what stands in front, in whole bytes.
    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Writes the lowest bits of a number.
    mutating func write(_ value: UInt64, _ count: Int) {
        var left = count
        while left > 0 {
            if free == 0 {
                bytes.append(0)
                free = 8
            }
            let part = min(left, free)
            let bits = UInt8(truncatingIfNeeded: value >> UInt64(left - part)) & UInt8(truncatingIfNeeded: (1 << part) - 1)
            bytes[bytes.count - 1] |= bits << UInt8(free - part)
            free -= part
            left -= part
        }
    }

    mutating func write(bit: Bool) { write(bit ? 1 : 0, 1) }

    /// A byte, which need not begin at the border of one.
    mutating func write(byte: UInt8) { write(UInt64(byte), 8) }

    mutating func write(uvarint value: UInt64) {
        var encoded: [UInt8] = []
        encoded.appendVarint(value)
        for byte in encoded { write(byte: byte) }
    }

    mutating func write(varint value: Int64) { write(uvarint: zigzag(value)) }

    /// Sets the two bytes in front, which say how many samples there are.
    mutating func setCount(_ count: Int) {
        bytes[0] = UInt8(truncatingIfNeeded: count >> 8)
        bytes[1] = UInt8(truncatingIfNeeded: count)
    }

    mutating func set(_ byte: UInt8, at index: Int) { bytes[index] = byte }

    // MARK: Numbers of few bits

    /// Sizes of numbers: each one more bit in front says that the next larger one follows.
    private static let sizes = [3, 6, 9, 12, 18, 25, 56, 64]

    /// Whether a number can be told from others by its lowest bits. Of the two that could have the pattern 100…0, it is the positive one.
    static func fits(_ value: Int64, bits: Int) -> Bool { value >= -(1 << (bits - 1) - 1) && value <= 1 << (bits - 1) }

    /// A number that is mostly small, of either sign.
    mutating func write(varbit value: Int64) {
        if value == 0 { return write(bit: false) }
        write(sized: UInt64(bitPattern: value), by: ChunkBits.sizes.firstIndex { $0 == 64 || ChunkBits.fits(value, bits: $0) } ?? 7)
    }

    /// A number that is mostly small, and never negative.
    mutating func write(unsignedVarbit value: UInt64) {
        if value == 0 { return write(bit: false) }
        write(sized: value, by: ChunkBits.sizes.firstIndex { 64 - value.leadingZeroBitCount <= $0 } ?? 7)
    }

    private mutating func write(sized value: UInt64, by index: Int) {
        let size = ChunkBits.sizes[index]
        // As many ones as there are smaller sizes and one, then a zero; the largest goes without.
        if size == 64 { write(0xff, 8) } else { write((1 << UInt64(index + 2)) - 2, index + 2) }
        write(value, size)
    }
}

/// The state of a float that is written as what differs from the one before.
struct XORValue {
    private(set) var bits: UInt64
    private var window: (leading: Int, trailing: Int)?

    init(_ value: Double) { bits = value.bitPattern }

    /// Writes the next value.
    mutating func write(_ value: Double, to chunk: inout ChunkBits) {
        let difference = value.bitPattern ^ bits
        bits = value.bitPattern
        if difference == 0 { return chunk.write(bit: false) }
        chunk.write(bit: true)
        // Five bits say how many zeros are in front.
        let leading = min(difference.leadingZeroBitCount, 31)
        let trailing = difference.trailingZeroBitCount
        if let window, leading >= window.leading, trailing >= window.trailing {
            chunk.write(bit: false)
            chunk.write(difference >> UInt64(window.trailing), 64 - window.leading - window.trailing)
            return
        }
        window = (leading, trailing)
        chunk.write(bit: true)
        chunk.write(UInt64(leading), 5)
        // 64 does not fit into six bits, and comes as 0.
        let count = 64 - leading - trailing
        chunk.write(UInt64(count & 63), 6)
        chunk.write(difference >> UInt64(trailing), count)
    }
}
