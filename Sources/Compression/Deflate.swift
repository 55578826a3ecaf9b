internal import CZlib

/// DEFLATE in its three containers through zlib.
enum Deflate {
    enum Container: String {
        case gzip, zlib
        case raw = "deflate"

        /// The code by which zlib knows the container, with the largest window.
        var windowBits: Int32 {
            switch self {
            case .gzip: 15 + 16
            case .zlib: 15
            case .raw: -15
            }
        }
    }

    static func compress(
        _ bytes: UnsafeRawBufferPointer, container: Container, level: Int32 = Z_DEFAULT_COMPRESSION, into output: inout [UInt8]
    ) throws(CompressionError) {
        // zlib keeps the stream's address, so it must not move.
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        defer { stream.deallocate() }
        let status = deflateInit2_(
            stream, level, Z_DEFLATED, container.windowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)
        )
        guard status == Z_OK else { throw CompressionError(.failed, container.rawValue, "zlib status \(status)") }
        defer { deflateEnd(stream) }
        let bound = Int(deflateBound(stream, UInt(bytes.count)))
        var consumed = 0
        try output.appendWritten(capacity: bound) { (room) throws(CompressionError) in
            var written = 0
            while true {
                let inputSize = min(bytes.count - consumed, 1 << 30)
                let outputSize = min(room.count - written, 1 << 30)
                stream.pointee.next_in = nextIn(bytes, consumed)
                stream.pointee.avail_in = UInt32(inputSize)
                stream.pointee.next_out = room.baseAddress!.advanced(by: written).assumingMemoryBound(to: UInt8.self)
                stream.pointee.avail_out = UInt32(outputSize)
                let last = consumed + inputSize == bytes.count
                let status = deflate(stream, last ? Z_FINISH : Z_NO_FLUSH)
                consumed += inputSize - Int(stream.pointee.avail_in)
                written += outputSize - Int(stream.pointee.avail_out)
                if status == Z_STREAM_END { return written }
                guard status == Z_OK, written < room.count else {
                    throw CompressionError(.failed, container.rawValue, "zlib status \(status)")
                }
            }
        }
    }

    static func decompress(
        _ bytes: UnsafeRawBufferPointer, container: Container, limit: Int, into output: inout [UInt8]
    ) throws(CompressionError) {
        let inflater = try Inflater(container: container, limit: limit)
        try inflater.feed(bytes, into: &output)
        try inflater.finish()
    }

    static func nextIn(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UnsafeMutablePointer<UInt8>? {
        guard let base = bytes.baseAddress else { return nil }
        return UnsafeMutableRawPointer(mutating: base.advanced(by: offset)).assumingMemoryBound(to: UInt8.self)
    }
}

/// Inflates one stream that comes in pieces, with a limit on the whole result.
final class Inflater {
    private let container: Deflate.Container
    private let limit: Int
    /// zlib keeps the stream's address, so it must not move.
    private let stream: UnsafeMutablePointer<z_stream>
    private var produced = 0
    /// Whether the stream, or for gzip the present member, has ended.
    private var atEnd = false
    private var sawBytes = false

    init(container: Deflate.Container, limit: Int) throws(CompressionError) {
        self.container = container
        self.limit = min(max(limit, 0), Int.max / 2)
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let status = inflateInit2_(stream, container.windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else { throw CompressionError(.failed, container.rawValue, "zlib status \(status)") }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Takes the next piece and appends what it gives. The first error is final.
    func feed(_ bytes: UnsafeRawBufferPointer, into output: inout [UInt8]) throws(CompressionError) {
        var consumed = 0
        // Output is asked for even without input while the last call filled its room: zlib may hold some back.
        var outputWasFull = false
        while consumed < bytes.count || outputWasFull {
            if atEnd {
                guard consumed < bytes.count else { return }
                guard container == .gzip else { throw CompressionError(.trailingBytes, container.rawValue) }
                inflateReset(stream)
                atEnd = false
            }
            sawBytes = true
            let inputSize = min(bytes.count - consumed, 1 << 30)
            // One byte beyond the limit is enough to see that the limit is passed.
            let room = min(max(inputSize * 4, 1 << 12), 1 << 18, limit - produced + 1)
            let before = output.count
            var status: Int32 = Z_OK
            try output.appendWritten(capacity: room) { (room) throws(CompressionError) in
                stream.pointee.next_in = Deflate.nextIn(bytes, consumed)
                stream.pointee.avail_in = UInt32(inputSize)
                stream.pointee.next_out = room.baseAddress!.assumingMemoryBound(to: UInt8.self)
                stream.pointee.avail_out = UInt32(room.count)
                status = inflate(stream, Z_NO_FLUSH)
                return room.count - Int(stream.pointee.avail_out)
            }
            outputWasFull = stream.pointee.avail_out == 0
            consumed += inputSize - Int(stream.pointee.avail_in)
            produced += output.count - before
            try check(status)
        }
    }

    /// Says that no more comes.
    ///
    /// - Throws: code `truncated` where the stream has not ended.
    func finish() throws(CompressionError) {
        guard atEnd, sawBytes else { throw CompressionError(.truncated, container.rawValue) }
    }

    private func check(_ status: Int32) throws(CompressionError) {
        if produced > limit { throw CompressionError(.limitExceeded, container.rawValue, "at most \(limit) bytes allowed") }
        switch status {
        case Z_OK, Z_BUF_ERROR: break
        case Z_STREAM_END: atEnd = true
        case Z_MEM_ERROR: throw CompressionError(.failed, container.rawValue, "no memory")
        default: throw CompressionError(.corrupt, container.rawValue, stream.pointee.msg.map { String(cString: $0) } ?? "")
        }
    }
}

/// Decompresses a gzip stream that comes in pieces, as a streamed HTTP body does, with a limit on the whole result.
/// Several gzip members in a row are one stream. For one thread at a time.
public final class GzipInflater {
    private let inflater: Inflater

    /// - Parameter limit: the largest number of bytes that all pieces together may give.
    /// - Throws: ``CompressionError`` with code `failed` where there is no memory.
    public init(limit: Int) throws(CompressionError) { inflater = try Inflater(container: .gzip, limit: limit) }

    /// Takes the next piece and appends what it gives to `output`. After an error the inflater is of no further use.
    ///
    /// - Throws: ``CompressionError`` `corrupt` or `limitExceeded`.
    public func feed(_ bytes: UnsafeRawBufferPointer, into output: inout [UInt8]) throws(CompressionError) {
        try inflater.feed(bytes, into: &output)
    }

    /// Takes the next piece as an array.
    public func feed(_ bytes: [UInt8], into output: inout [UInt8]) throws(CompressionError) {
        try withRawBytes(bytes) { (raw) throws(CompressionError) in try inflater.feed(raw, into: &output) }
    }

    /// Says that no more comes.
    ///
    /// - Throws: ``CompressionError`` `truncated` where the stream has not ended.
    public func finish() throws(CompressionError) { try inflater.finish() }
}
