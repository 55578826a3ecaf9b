internal import CZlib

/// gzip (RFC 1952), for bodies of HTTP messages.
package enum Gzip {
    /// The compressed form; nil where zlib has no memory left, in which case the bytes can go as they are.
    ///
    /// - Parameter level: 1 (quick) to 9 (small).
    package static func compressed(_ bytes: [UInt8], level: Int = 5) -> [UInt8]? {
        // zlib keeps the stream's address, so it must not move.
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        defer { stream.deallocate() }
        let status = deflateInit2_(
            stream, Int32(min(max(level, 1), 9)), Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK, let length = UInt32(exactly: bytes.count) else { return nil }
        defer { deflateEnd(stream) }
        let bound = Int(deflateBound(stream, UInt(bytes.count)))
        guard let room = UInt32(exactly: bound) else { return nil }
        var finished = false
        let output = [UInt8](unsafeUninitializedCapacity: bound) { output, count in
            bytes.withUnsafeBufferPointer { input in
                stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                stream.pointee.avail_in = length
                stream.pointee.next_out = output.baseAddress
                stream.pointee.avail_out = room
                finished = deflate(stream, Z_FINISH) == Z_STREAM_END
            }
            count = bound - Int(stream.pointee.avail_out)
        }
        return finished ? output : nil
    }
}
