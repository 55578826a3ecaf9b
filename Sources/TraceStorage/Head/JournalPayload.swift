internal import ByteCoding
internal import Compression
internal import TelemetryModel

/// A message as the journal holds it.
///
///     version u8 (1) · CRC32C of all that follows, u32 · time of arrival, nanoseconds since 1970, u64 · number of spans (varint) · the
///     decompressed length (varint) · the message, a zstd frame
enum JournalPayload {
    static let version: UInt8 = 1
    /// What a message may have decompressed.
    static let messageBytesMax = 1 << 30

    static func encode(
        _ message: UnsafeRawBufferPointer, spans: Int, arrival: UnixNanoseconds, _ compressor: ZstdCompressor
    ) throws(CompressionError) -> [UInt8] {
        var payload: [UInt8] = [version, 0, 0, 0, 0]
        payload.reserveCapacity(message.count / 3 + 64)
        payload.appendLittleEndian(arrival)
        payload.appendVarint(count: spans)
        payload.appendVarint(count: message.count)
        try compressor.compress(message, into: &payload)
        let sum = CRC32C.checksum(payload, in: 5..<payload.count)
        for shift in 0..<4 { payload[1 + shift] = UInt8(truncatingIfNeeded: sum >> UInt32(shift * 8)) }
        return payload
    }

    /// What a payload says of its message without decompressing it.
    struct Head: Sendable {
        var arrival: UnixNanoseconds
        var spans: Int
        var messageBytes: Int
        var frame: Range<Int>
    }

    /// Reads the head and checks the whole.
    static func head(_ payload: [UInt8]) throws(ByteCodingError) -> Head {
        var reader = ByteReader(payload)
        guard try reader.readUInt8() == version else { throw ByteCodingError(.invalidValue, at: 0) }
        let sum = try reader.readLittleEndian(UInt32.self)
        guard CRC32C.checksum(payload, in: 5..<payload.count) == sum else { throw ByteCodingError(.invalidValue, at: 1) }
        let arrival: UnixNanoseconds = try reader.readLittleEndian()
        let spans = try reader.readCount(limit: messageBytesMax)
        let messageBytes = try reader.readCount(limit: messageBytesMax)
        return Head(arrival: arrival, spans: spans, messageBytes: messageBytes, frame: reader.position..<payload.count)
    }

    /// The message of a payload.
    static func message(_ payload: [UInt8], _ decompressor: ZstdDecompressor) throws -> [UInt8] {
        let head = try head(payload)
        let message = try decompressor.decompress(payload, in: head.frame, limit: head.messageBytes)
        guard message.count == head.messageBytes else { throw ByteCodingError(.invalidValue, at: head.frame.lowerBound) }
        return message
    }
}
