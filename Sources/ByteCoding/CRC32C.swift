internal import CChecksum

/// The Castagnoli checksum (RFC 3720, reflected polynomial 0x82F63B78), eight bytes a step; by an instruction for it where the processor has one.
public enum CRC32C {
    /// The checksum of an array of bytes.
    public static func checksum(_ bytes: [UInt8]) -> UInt32 { bytes.withUnsafeBytes { checksum($0) } }

    /// The checksum of a part of an array.
    ///
    /// - Precondition: the range lies within the array.
    public static func checksum(_ bytes: [UInt8], in range: Range<Int>) -> UInt32 {
        bytes.withUnsafeBytes { checksum(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }

    /// The checksum of some bytes; `previous` is the checksum of what stood before them.
    public static func checksum(_ bytes: UnsafeRawBufferPointer, continuing previous: UInt32 = 0) -> UInt32 {
        guard hasInstruction, let base = bytes.baseAddress else { return portableChecksum(bytes, continuing: previous) }
        return ~perch_crc32c(~previous, base, bytes.count)
    }

    private static let hasInstruction = perch_has_crc32c()

    /// The same on any processor.
    static func portableChecksum(_ bytes: UnsafeRawBufferPointer, continuing previous: UInt32 = 0) -> UInt32 {
        tables.withUnsafeBufferPointer { tables in
            var crc = ~previous
            var index = 0
            while index + 8 <= bytes.count {
                let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)) ^ UInt64(crc)
                crc = tables[1792 + Int(word & 0xff)] ^ tables[1536 + Int(word >> 8 & 0xff)]
                crc ^= tables[1280 + Int(word >> 16 & 0xff)] ^ tables[1024 + Int(word >> 24 & 0xff)]
                crc ^= tables[768 + Int(word >> 32 & 0xff)] ^ tables[512 + Int(word >> 40 & 0xff)]
                crc ^= tables[256 + Int(word >> 48 & 0xff)] ^ tables[Int(word >> 56)]
                index += 8
            }
            while index < bytes.count {
                crc = tables[Int(UInt8(truncatingIfNeeded: crc) ^ bytes[index])] ^ (crc >> 8)
                index += 1
            }
            return ~crc
        }
    }

    /// Eight tables of 256: table `n` gives the effect of a byte that has `n` bytes behind it.
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var crc = UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? (crc >> 1) ^ 0x82F6_3B78 : crc >> 1 }
            tables[byte] = crc
        }
        for table in 1..<8 {
            for byte in 0..<256 {
                let previous = tables[(table - 1) * 256 + byte]
                tables[table * 256 + byte] = tables[Int(previous & 0xff)] ^ (previous >> 8)
            }
        }
        return tables
    }()
}
