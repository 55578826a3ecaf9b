internal import ByteCoding
internal import Compression

/// The labels of up to 256 series with neighbouring numbers, as a shard's dictionary keeps them.
///
///     version u8 · CRC32C of the rest u32 · length of the body · zstd of the body
///     body: for each series the length of its packed labels and the labels
enum SeriesGroup {
    private static let version: UInt8 = 1
    /// More than labels of 256 series ever take; a guard before memory is taken.
    private static let bodyBytesMax = 64 << 20

    static func encode(_ labels: [[UInt8]], _ compressor: ZstdCompressor) throws -> [UInt8] {
        var body: [UInt8] = []
        for packed in labels { body.appendLengthPrefixed(packed) }
        var bytes: [UInt8] = [version, 0, 0, 0, 0]
        bytes.appendVarint(count: body.count)
        try compressor.compress(body, into: &bytes)
        let checksum = CRC32C.checksum(bytes, in: 5..<bytes.count)
        for index in 0..<4 { bytes[1 + index] = UInt8(truncatingIfNeeded: checksum >> UInt32(index * 8)) }
        return bytes
    }

    static func decode(_ bytes: [UInt8], count: Int? = nil, _ decompressor: ZstdDecompressor) throws -> [[UInt8]] {
        var reader = ByteReader(bytes)
        guard try reader.readUInt8() == version else { throw ByteCodingError(.invalidValue, at: 0) }
        guard try reader.readLittleEndian(UInt32.self) == CRC32C.checksum(bytes, in: 5..<bytes.count) else {
            throw ByteCodingError(.invalidValue, at: 1)
        }
        let length = try reader.readCount(limit: bodyBytesMax)
        let body = try decompressor.decompress(bytes, in: reader.position..<bytes.count, limit: length)
        var labels: [[UInt8]] = []
        var bodyReader = ByteReader(body)
        while !bodyReader.isAtEnd { labels.append(Array(body[try bodyReader.readLengthPrefixed()])) }
        guard count == nil || labels.count == count else { throw ByteCodingError(.invalidValue, at: 0) }
        return labels
    }
}
