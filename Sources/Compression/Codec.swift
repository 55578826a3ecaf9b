/// A compressed format, as one value: what HTTP calls a content encoding, and what storage writes.
public enum Codec: Sendable, Hashable {
    /// gzip (RFC 1952); several members in a row are one stream.
    case gzip
    /// zlib (RFC 1950), which HTTP calls `deflate`.
    case zlib
    /// Bare DEFLATE (RFC 1951).
    case deflate
    /// Zstandard (RFC 8878) at a level from -7 to 22; the level says nothing to decompression.
    case zstd(level: Int32 = 3)
    /// The Snappy block format (not the framing format): what Prometheus remote write uses.
    case snappyBlock

    /// Appends the compressed form of `bytes` to `output`.
    ///
    /// - Throws: ``CompressionError`` with code `failed` where the library runs out of memory.
    public func compress(_ bytes: UnsafeRawBufferPointer, into output: inout [UInt8]) throws(CompressionError) {
        switch self {
        case .gzip: try Deflate.compress(bytes, container: .gzip, into: &output)
        case .zlib: try Deflate.compress(bytes, container: .zlib, into: &output)
        case .deflate: try Deflate.compress(bytes, container: .raw, into: &output)
        case .zstd(let level):
            let compressor = try ZstdCompressor(level: level)
            try compressor.compress(bytes, into: &output)
        case .snappyBlock: try SnappyBlock.compress(bytes, into: &output)
        }
    }

    /// Appends the decompressed form of `bytes` to `output`.
    ///
    /// - Parameter limit: the largest number of bytes that may be appended; more is refused before memory is taken for it.
    /// - Throws: ``CompressionError``; `output` is then as it was.
    public func decompress(_ bytes: UnsafeRawBufferPointer, limit: Int, into output: inout [UInt8]) throws(CompressionError) {
        let start = output.count
        do {
            switch self {
            case .gzip: try Deflate.decompress(bytes, container: .gzip, limit: limit, into: &output)
            case .zlib: try Deflate.decompress(bytes, container: .zlib, limit: limit, into: &output)
            case .deflate: try Deflate.decompress(bytes, container: .raw, limit: limit, into: &output)
            case .zstd:
                let decompressor = try ZstdDecompressor()
                try decompressor.decompress(bytes, limit: limit, into: &output)
            case .snappyBlock: try SnappyBlock.decompress(bytes, limit: limit, into: &output)
            }
        } catch {
            output.removeSubrange(start...)
            throw error
        }
    }

    /// The compressed form of `bytes`.
    public func compress(_ bytes: [UInt8]) throws(CompressionError) -> [UInt8] {
        var output: [UInt8] = []
        try withRawBytes(bytes) { (raw) throws(CompressionError) in try compress(raw, into: &output) }
        return output
    }

    /// The decompressed form of `bytes`, at most `limit` bytes.
    public func decompress(_ bytes: [UInt8], limit: Int) throws(CompressionError) -> [UInt8] {
        var output: [UInt8] = []
        try withRawBytes(bytes) { (raw) throws(CompressionError) in try decompress(raw, limit: limit, into: &output) }
        return output
    }
}

/// `withUnsafeBytes` that keeps the error's type.
func withRawBytes<Result>(
    _ bytes: [UInt8], _ body: (UnsafeRawBufferPointer) throws(CompressionError) -> Result
) throws(CompressionError) -> Result {
    let outcome: Swift.Result<Result, CompressionError> = bytes.withUnsafeBytes { raw in
        do throws(CompressionError) { return .success(try body(raw)) } catch { return .failure(error) }
    }
    return try outcome.get()
}

extension [UInt8] {
    /// Appends at most `capacity` bytes that a C function writes; the closure gives how many it wrote.
    mutating func appendWritten(
        capacity: Int, _ write: (UnsafeMutableRawBufferPointer) throws(CompressionError) -> Int
    ) throws(CompressionError) {
        let start = count
        reserveCapacityGrowing(start + capacity)
        // The bytes are made by the C function: filling them first costs a pass over memory, which is little beside the work done.
        append(contentsOf: repeatElement(0, count: capacity))
        var outcome: Swift.Result<Int, CompressionError> = .success(0)
        withUnsafeMutableBytes { raw in
            let room = UnsafeMutableRawBufferPointer(rebasing: raw[start...])
            do throws(CompressionError) { outcome = .success(try write(room)) } catch { outcome = .failure(error) }
        }
        let written = (try? outcome.get()) ?? 0
        removeSubrange((start + written)...)
        _ = try outcome.get()
    }

    private mutating func reserveCapacityGrowing(_ wanted: Int) {
        if wanted > capacity { reserveCapacity(Swift.max(wanted, Swift.min(capacity * 2, wanted * 2))) }
    }
}
