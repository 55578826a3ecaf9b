internal import CZstd

/// Compresses independent zstd frames with one context, which is expensive to make. For one thread at a time.
public final class ZstdCompressor {
    private let context: OpaquePointer

    /// - Parameters:
    ///   - level: -7 (fastest) to 22 (smallest); out of range is clamped.
    ///   - checksum: whether each frame ends with a checksum of its own.
    /// - Throws: ``CompressionError`` with code `failed` where there is no memory.
    public init(level: Int32 = 3, checksum: Bool = false) throws(CompressionError) {
        guard let context = ZSTD_createCCtx() else { throw CompressionError(.failed, "zstd", "no memory for a context") }
        self.context = context
        let level = min(max(level, -7), 22)
        for status in [
            ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level),
            ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, checksum ? 1 : 0),
        ] where ZSTD_isError(status) != 0 {
            throw CompressionError(.failed, "zstd", String(cString: ZSTD_getErrorName(status)))
        }
    }

    deinit { ZSTD_freeCCtx(context) }

    /// Appends one frame, which carries its decompressed size, to `output`.
    public func compress(_ bytes: UnsafeRawBufferPointer, into output: inout [UInt8]) throws(CompressionError) {
        try output.appendWritten(capacity: ZSTD_compressBound(bytes.count)) { (room) throws(CompressionError) in
            let written = ZSTD_compress2(context, room.baseAddress, room.count, bytes.baseAddress, bytes.count)
            guard ZSTD_isError(written) == 0 else {
                throw CompressionError(.failed, "zstd", String(cString: ZSTD_getErrorName(written)))
            }
            return written
        }
    }

    /// Appends one frame of an array's bytes, in which a new block begins at each of `sectionEnds`: bytes of different natures compress
    /// better when each has codes of its own.
    ///
    /// - Parameter matchLengthMin: 3 to 7, or 0 for what the level says: repetitions shorter than that are not looked for. Finding
    ///   short ones by accident costs more in noisy numbers than it saves.
    /// - Precondition: the ends rise and lie within the bytes.
    public func compress(
        _ bytes: [UInt8], sectionEnds: [Int], matchLengthMin: Int32 = 0, into output: inout [UInt8]
    ) throws(CompressionError) {
        let blocks = bytes.count / (128 << 10) + sectionEnds.count + 2
        try withRawBytes(bytes) { (raw) throws(CompressionError) in
            try output.appendWritten(capacity: ZSTD_compressBound(raw.count) + blocks * 16) { (room) throws(CompressionError) in
                ZSTD_CCtx_reset(context, ZSTD_reset_session_only)
                ZSTD_CCtx_setParameter(context, ZSTD_c_minMatch, matchLengthMin)
                defer {
                    ZSTD_CCtx_reset(context, ZSTD_reset_session_only)
                    ZSTD_CCtx_setParameter(context, ZSTD_c_minMatch, 0)
                }
                ZSTD_CCtx_setPledgedSrcSize(context, UInt64(raw.count))
                var buffer = ZSTD_outBuffer(dst: room.baseAddress, size: room.count, pos: 0)
                var input = ZSTD_inBuffer(src: raw.baseAddress, size: 0, pos: 0)
                for end in sectionEnds + [raw.count] {
                    precondition(end >= input.size && end <= raw.count, "BUG: section ends out of order")
                    let isLast = end == raw.count && input.size <= end
                    if end == input.size, end != raw.count { continue }
                    input.size = end
                    let rest = ZSTD_compressStream2(context, &buffer, &input, isLast ? ZSTD_e_end : ZSTD_e_flush)
                    guard ZSTD_isError(rest) == 0, rest == 0 else {
                        let reason = ZSTD_isError(rest) != 0 ? String(cString: ZSTD_getErrorName(rest)) : "output room too small"
                        throw CompressionError(.failed, "zstd", reason)
                    }
                    if isLast { break }
                }
                return buffer.pos
            }
        }
    }

    /// Appends one frame of an array's bytes to `output`.
    public func compress(_ bytes: [UInt8], into output: inout [UInt8]) throws(CompressionError) {
        try withRawBytes(bytes) { (raw) throws(CompressionError) in try compress(raw, into: &output) }
    }
}

/// Decompresses zstd frames with one context, which is expensive to make. For one thread at a time.
public final class ZstdDecompressor {
    private let context: OpaquePointer

    /// - Throws: ``CompressionError`` with code `failed` where there is no memory.
    public init() throws(CompressionError) {
        guard let context = ZSTD_createDCtx() else { throw CompressionError(.failed, "zstd", "no memory for a context") }
        self.context = context
    }

    deinit { ZSTD_freeDCtx(context) }

    /// Appends what the frames in `bytes` hold to `output`, at most `limit` bytes.
    ///
    /// - Throws: ``CompressionError``; `output` is then as it was.
    public func decompress(_ bytes: UnsafeRawBufferPointer, limit: Int, into output: inout [UInt8]) throws(CompressionError) {
        guard !bytes.isEmpty else { throw CompressionError(.truncated, "zstd") }
        let declared = ZSTD_getFrameContentSize(bytes.baseAddress, bytes.count)
        if declared == ZSTD.contentSizeError { throw CompressionError(.corrupt, "zstd", "no zstd frame") }
        let frameSize = ZSTD_findFrameCompressedSize(bytes.baseAddress, bytes.count)
        if ZSTD_isError(frameSize) != 0 || declared == ZSTD.contentSizeUnknown || frameSize != bytes.count {
            return try decompressStream(bytes, limit: limit, into: &output)
        }
        guard declared <= UInt64(max(limit, 0)) else {
            throw CompressionError(.limitExceeded, "zstd", "\(declared) bytes declared, at most \(limit) allowed")
        }
        // A block is at most 128 KiB and takes 3 bytes at least, so a larger claim is a lie.
        guard declared / 43_691 <= UInt64(bytes.count) else { throw CompressionError(.corrupt, "zstd", "declared length is impossible") }
        try output.appendWritten(capacity: Int(declared)) { (room) throws(CompressionError) in
            let written = ZSTD_decompressDCtx(context, room.baseAddress, room.count, bytes.baseAddress, bytes.count)
            guard ZSTD_isError(written) == 0 else {
                throw CompressionError(.corrupt, "zstd", String(cString: ZSTD_getErrorName(written)))
            }
            guard written == Int(declared) else { throw CompressionError(.corrupt, "zstd", "declared length does not hold") }
            return written
        }
    }

    /// The decompressed form of an array's bytes, at most `limit` bytes.
    public func decompress(_ bytes: [UInt8], limit: Int) throws(CompressionError) -> [UInt8] {
        var output: [UInt8] = []
        try withRawBytes(bytes) { (raw) throws(CompressionError) in try decompress(raw, limit: limit, into: &output) }
        return output
    }

    /// The decompressed form of a part of an array, at most `limit` bytes.
    ///
    /// - Precondition: the range lies within the array.
    public func decompress(_ bytes: [UInt8], in range: Range<Int>, limit: Int) throws(CompressionError) -> [UInt8] {
        var output: [UInt8] = []
        try withRawBytes(bytes) { (raw) throws(CompressionError) in
            try decompress(UnsafeRawBufferPointer(rebasing: raw[range]), limit: limit, into: &output)
        }
        return output
    }

    /// For frames of unknown size, and for several frames in a row.
    private func decompressStream(_ bytes: UnsafeRawBufferPointer, limit: Int, into output: inout [UInt8]) throws(CompressionError) {
        ZSTD_DCtx_reset(context, ZSTD_reset_session_only)
        // A frame may ask for a window of gigabytes; no more than this is given.
        ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, 27)
        let start = output.count
        let limit = min(max(limit, 0), Int.max / 2)
        var input = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
        var pending = 1
        var outputWasFull = false
        do throws(CompressionError) {
            while input.pos < input.size || outputWasFull {
                let produced = output.count - start
                // One byte beyond the limit is enough to see that the limit is passed.
                let room = min(1 << 17, limit - produced + 1)
                let before = (input.pos, output.count)
                try output.appendWritten(capacity: room) { (room) throws(CompressionError) in
                    var buffer = ZSTD_outBuffer(dst: room.baseAddress, size: room.count, pos: 0)
                    pending = ZSTD_decompressStream(context, &buffer, &input)
                    guard ZSTD_isError(pending) == 0 else {
                        throw CompressionError(.corrupt, "zstd", String(cString: ZSTD_getErrorName(pending)))
                    }
                    outputWasFull = buffer.pos == buffer.size
                    return buffer.pos
                }
                if output.count - start > limit {
                    throw CompressionError(.limitExceeded, "zstd", "at most \(limit) bytes allowed")
                }
                if before == (input.pos, output.count) { break }
            }
            guard pending == 0 else { throw CompressionError(.truncated, "zstd") }
        } catch {
            output.removeSubrange(start...)
            throw error
        }
    }
}

/// Values that the C header spells as macros with casts, which Swift does not see.
private enum ZSTD {
    static let contentSizeUnknown = UInt64.max
    static let contentSizeError = UInt64.max - 1
}
