internal import Compression
internal import NIOCore
internal import NIOHTTP1
internal import OutboundHTTP
internal import Synchronization

/// Takes one page as it comes, and decompresses it on the way.
final class PageTaker: ResponseTaking {
    private struct State {
        var page: [UInt8] = []
        var contentType: String?
        var inflater: GzipInflater?
        var isZstd = false
    }

    private let limit: Int
    private let buffers: ScrapeBuffers
    /// Never contended: parts come one after the other.
    private let state = Mutex(State())

    /// - Parameter limit: how many bytes the page may have, decompressed.
    init(limit: Int, buffers: ScrapeBuffers) {
        self.limit = limit
        self.buffers = buffers
    }

    func begin(status: HTTPResponseStatus, headers: HTTPHeaders) throws {
        guard status == .ok else {
            throw ScrapeFailure(.status, "the target answered with HTTP status \(status.code) \(status.reasonPhrase)")
        }
        let encodings = headers[canonicalForm: "content-encoding"].map { $0.lowercased() }.filter { $0 != "identity" }
        try state.withLock { state in
            switch encodings {
            case []: break
            case ["gzip"], ["x-gzip"]: state.inflater = try GzipInflater(limit: limit)
            case ["zstd"]: state.isZstd = true
            default:
                throw ScrapeFailure(
                    .contentEncoding,
                    "the target sent the Content-Encoding \"\(encodings.joined(separator: ", "))\", only gzip and zstd are read")
            }
            state.contentType = headers.first(name: "content-type")
            state.page = buffers.takePage()
        }
    }

    func take(_ part: ByteBuffer) throws {
        try state.withLock { state in
            try part.withUnsafeReadableBytes { bytes in
                guard let inflater = state.inflater else {
                    guard state.page.count + bytes.count <= limit else { throw ScrapeFailure.bodyLimit(limit) }
                    return state.page.append(contentsOf: bytes)
                }
                do throws(CompressionError) { try inflater.feed(bytes, into: &state.page) } catch { throw PageTaker.failure(error, limit) }
            }
        }
    }

    func end() throws {
        try state.withLock { state in
            do {
                try state.inflater?.finish()
                guard state.isZstd else { return }
                // Nobody asked for zstd; some servers send it all the same.
                var plain = buffers.takePage()
                try state.page.withUnsafeBytes { try Codec.zstd().decompress($0, limit: limit, into: &plain) }
                swap(&state.page, &plain)
                buffers.give(plain)
            } catch let error as CompressionError {
                throw PageTaker.failure(error, limit)
            }
        }
    }

    /// The page that has come to its end. It can be taken once.
    func takePage() -> FetchedPage {
        state.withLock { state in
            let page = FetchedPage(bytes: state.page, contentType: state.contentType)
            state.page = []
            return page
        }
    }

    private static func failure(_ error: CompressionError, _ limit: Int) -> ScrapeFailure {
        error.code == .limitExceeded ? .bodyLimit(limit) : ScrapeFailure(.contentEncoding, "\(error)")
    }
}
