internal import CSnappy

/// The Snappy block format through libsnappy.
enum SnappyBlock {
    static func compress(_ bytes: UnsafeRawBufferPointer, into output: inout [UInt8]) throws(CompressionError) {
        try output.appendWritten(capacity: snappy_max_compressed_length(bytes.count)) { (room) throws(CompressionError) in
            var length = room.count
            let status = snappy_compress(
                nonNull(bytes), bytes.count, room.baseAddress!.assumingMemoryBound(to: CChar.self), &length
            )
            guard status == SNAPPY_OK else { throw CompressionError(.failed, "snappy") }
            return length
        }
    }

    static func decompress(_ bytes: UnsafeRawBufferPointer, limit: Int, into output: inout [UInt8]) throws(CompressionError) {
        var declared = 0
        guard !bytes.isEmpty, snappy_uncompressed_length(nonNull(bytes), bytes.count, &declared) == SNAPPY_OK else {
            throw CompressionError(bytes.isEmpty ? .truncated : .corrupt, "snappy", "no length in front")
        }
        guard declared <= limit else {
            throw CompressionError(.limitExceeded, "snappy", "\(declared) bytes declared, at most \(limit) allowed")
        }
        // No element of the format makes more than 64 bytes out of less than 2, so a larger claim is a lie.
        guard declared <= bytes.count * 64 else { throw CompressionError(.corrupt, "snappy", "declared length is impossible") }
        guard declared > 0 else {
            if snappy_validate_compressed_buffer(nonNull(bytes), bytes.count) != SNAPPY_OK {
                throw CompressionError(.corrupt, "snappy")
            }
            return
        }
        try output.appendWritten(capacity: declared) { (room) throws(CompressionError) in
            var length = room.count
            let status = snappy_uncompress(
                nonNull(bytes), bytes.count, room.baseAddress!.assumingMemoryBound(to: CChar.self), &length
            )
            guard status == SNAPPY_OK, length == declared else { throw CompressionError(.corrupt, "snappy") }
            return length
        }
    }

    /// libsnappy wants an address also for no bytes.
    private static func nonNull(_ bytes: UnsafeRawBufferPointer) -> UnsafePointer<CChar> {
        (bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 1)!).assumingMemoryBound(to: CChar.self)
    }
}
