internal import Compression
internal import Synchronization

/// Compressors of one level, each lent to one thread at a time.
final class LentCompressors: Sendable {
    /// Lent to one thread at a time, hence unchecked.
    private final class Lent: @unchecked Sendable {
        let compressor: ZstdCompressor
        init(level: Int32) throws(CompressionError) { compressor = try ZstdCompressor(level: level) }
    }

    private let level: Int32
    private let idle = Mutex<[Lent]>([])

    init(level: Int32) { self.level = level }

    func with<Result>(_ body: (ZstdCompressor) throws -> Result) throws -> Result {
        let lent = try idle.withLock { $0.popLast() } ?? Lent(level: level)
        defer { idle.withLock { $0.append(lent) } }
        return try body(lent.compressor)
    }
}
