internal import Compression
internal import HTTPTypes
internal import NIOCore
internal import NIOPosix

/// Compresses answers for clients that ask for it, and never for others.
enum ResponseCompression {
    /// Below this, the headers of a compressed answer weigh more than is saved.
    static let bytesMin = 256

    /// The first coding in `Accept-Encoding` that we write, unless it is refused by `q=0`.
    static func accepted(_ header: String?) -> Codec? {
        guard let header, header != "identity" else { return nil }
        for entry in header.split(separator: ",") {
            let parts = entry.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }
            guard let name = parts.first else { continue }
            let isRefused = parts.dropFirst().contains { $0.hasPrefix("q=") && Double($0.dropFirst(2)) == 0 }
            if isRefused { continue }
            if name == "gzip" { return .gzip }
            if name == "deflate" { return .zlib }
        }
        return nil
    }

    /// Above this, compression goes to a thread that may be kept busy.
    private static let inlineBytesMax = 8 << 10

    /// The answer with its body compressed.
    static func compressed(_ reply: APIReply, _ codec: Codec) async -> APIReply {
        if reply.bodyBytes <= inlineBytesMax { return compress(reply, codec) }
        do {
            return try await NIOThreadPool.singleton.runIfActive { compress(reply, codec) }
        } catch {
            // Only when this task was cancelled; nobody reads the answer then.
            return reply
        }
    }

    /// The same at once; nil where that may take too long.
    static func compressedBriefly(_ reply: APIReply, _ codec: Codec) -> APIReply? {
        reply.bodyBytes <= inlineBytesMax ? compress(reply, codec) : nil
    }

    private static func compress(_ plain: APIReply, _ codec: Codec) -> APIReply {
        var body = plain.body.first ?? ByteBuffer()
        for var piece in plain.body.dropFirst() { body.writeBuffer(&piece) }
        var compressed: [UInt8] = []
        let succeeded = body.withUnsafeReadableBytes { bytes in
            do throws(CompressionError) {
                try codec.compress(bytes, into: &compressed)
                return true
            } catch {
                // Only for want of memory; the plain body is as good an answer.
                return false
            }
        }
        guard succeeded else { return plain }
        var reply = plain
        reply.body = [ByteBuffer(bytes: compressed)]
        reply.headers[.contentEncoding] = codec == .gzip ? "gzip" : "deflate"
        return reply
    }
}
