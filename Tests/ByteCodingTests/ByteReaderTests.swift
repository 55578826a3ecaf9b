import ByteCoding
import TestSupport
import Testing

@Suite struct ByteReaderTests {
    @Test(arguments: [0, 1, 127, 128, 300, 16383, 16384, UInt64(UInt32.max), 1 << 63, .max])
    func varintsRoundTripInTheSizeForetold(value: UInt64) throws {
        var bytes: [UInt8] = []
        bytes.appendVarint(value)
        #expect(bytes.count == varintLength(value))
        var reader = ByteReader(bytes)
        #expect(try reader.readVarint() == value)
        #expect(reader.isAtEnd)
        checkTruncationNeverTraps(bytes) { prefix in
            var reader = ByteReader(prefix)
            _ = try reader.readVarint()
        }
    }

    @Test func varintOfMoreThan64BitsIsRefused() {
        var reader = ByteReader([UInt8](repeating: 0xff, count: 9) + [0x02])
        #expect(throws: ByteCodingError(.varintTooLong, at: 0)) { try reader.readVarint() }
        var endless = ByteReader([UInt8](repeating: 0x80, count: 20))
        #expect(throws: ByteCodingError(.varintTooLong, at: 0)) { try endless.readVarint() }
    }

    @Test func zigzagKeepsEverySign() throws {
        #expect([0, -1, 1, -2, 2].map { zigzag($0) } == [0, 1, 2, 3, 4])
        for value: Int64 in [.min, .max, 0, -1, 1, 1 << 40, -(1 << 40)] { #expect(unzigzag(zigzag(value)) == value) }
    }

    @Test func fixedWidthValuesHaveTheirByteOrder() throws {
        var bytes: [UInt8] = []
        bytes.appendLittleEndian(UInt32(0x0102_0304))
        bytes.appendBigEndian(UInt32(0x0102_0304))
        bytes.appendDouble(Double(bitPattern: 0x7ff0_0000_0000_0002))
        bytes.appendLengthPrefixed([9, 8, 7])
        #expect(Array(bytes[..<8]) == [4, 3, 2, 1, 1, 2, 3, 4])
        var reader = ByteReader(bytes)
        #expect(try reader.readLittleEndian(UInt32.self) == 0x0102_0304)
        #expect(try reader.readBigEndian(UInt32.self) == 0x0102_0304)
        #expect(try reader.readDouble().bitPattern == 0x7ff0_0000_0000_0002)
        let range = try reader.readLengthPrefixed()
        #expect(Array(bytes[range]) == [9, 8, 7])
        #expect(throws: ByteCodingError(.truncated, at: bytes.count)) { try reader.readUInt8() }
    }

    @Test func lengthsBeyondTheBytesOrTheLimitAreRefused() throws {
        var bytes: [UInt8] = []
        bytes.appendVarint(.max)
        var reader = ByteReader(bytes)
        #expect(throws: ByteCodingError(.truncated, at: 0)) { try reader.readLengthPrefixed() }
        #expect(throws: ByteCodingError(.lengthTooLarge, at: 0)) { try reader.readCount(limit: 100) }
        #expect(reader.position == 0)
    }

    @Test func aReaderOfAPartStaysInIt() throws {
        var reader = ByteReader([1, 2, 3, 4], in: 1..<3)
        #expect(try reader.readUInt8() == 2)
        #expect(reader.peek() == 3)
        #expect(throws: ByteCodingError(.truncated, at: 2)) { try reader.readLittleEndian(UInt16.self) }
        try reader.skip(1)
        #expect(reader.isAtEnd && reader.peek() == nil)
    }
}

@Suite struct BitStreamTests {
    @Test func fieldsOfAllWidthsRoundTrip() throws {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<50 {
            let fields = (0..<200).map { _ in
                let count = Int.random(in: 0...64, using: &generator)
                return (value: count == 0 ? 0 : generator.next() >> UInt64(64 - count), count: count)
            }
            var bytes: [UInt8] = []
            var writer = BitWriter()
            for field in fields { writer.write(field.value, count: field.count, into: &bytes) }
            writer.finish(into: &bytes)
            #expect(bytes.count == (fields.reduce(0) { $0 + $1.count } + 7) / 8)
            var reader = BitReader(bytes)
            for field in fields { #expect(try reader.read(count: field.count) == field.value) }
            #expect(reader.remainingBits < 8)
            #expect(throws: ByteCodingError.self) { try reader.read(count: 8) }
        }
    }

    @Test func theFirstBitIsTheHighestOfTheFirstByte() {
        var bytes: [UInt8] = []
        var writer = BitWriter()
        writer.write(bit: true, into: &bytes)
        writer.write(0b01, count: 2, into: &bytes)
        writer.finish(into: &bytes)
        #expect(bytes == [0b1010_0000])
    }
}

@Suite struct ChecksumTests {
    @Test func crc32cHasThePublishedValues() {
        // RFC 3720, appendix B.4, and the check value of the CRC catalogues.
        #expect(CRC32C.checksum([UInt8]("123456789".utf8)) == 0xe306_9283)
        #expect(CRC32C.checksum([UInt8](repeating: 0, count: 32)) == 0x8a91_36aa)
        #expect(CRC32C.checksum([UInt8](repeating: 0xff, count: 32)) == 0x62a8_ab43)
        #expect(CRC32C.checksum([UInt8](0..<32)) == 0x46dd_794e)
    }

    @Test func crc32cContinues() {
        var generator = SeededGenerator(seed: 1)
        let bytes = generator.bytes(1000)
        let head = bytes[..<333].withUnsafeBytes { CRC32C.checksum($0) }
        let whole = bytes[333...].withUnsafeBytes { CRC32C.checksum($0, continuing: head) }
        #expect(whole == CRC32C.checksum(bytes))
    }

    @Test func hash64IsStable() {
        // XXH3 with 64 bits and seed 0, as xxhsum -H3 prints it.
        #expect(hash64([]) == 0x2d06_8005_38d3_94c2)
        #expect(hash64([UInt8]("perch".utf8)) == hash64([UInt8]("perch".utf8)))
        #expect(hash64([UInt8]("perch".utf8)) != hash64([UInt8]("perci".utf8)))
    }
}
