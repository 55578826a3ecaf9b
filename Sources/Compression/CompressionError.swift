/// Why bytes could not be compressed or decompressed.
public struct CompressionError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: Sendable, Hashable {
        /// The bytes are not what the format allows, or a checksum in them does not hold.
        case corrupt
        /// The bytes end before the compressed stream does.
        case truncated
        /// There are bytes behind the end of the compressed stream.
        case trailingBytes
        /// The result would be larger than the caller's limit. Nothing beyond the limit was allocated.
        case limitExceeded
        /// The library had no memory, or refused a call that should be right.
        case failed
    }

    public let code: Code
    /// The format at fault: `gzip`, `zlib`, `deflate`, `zstd` or `snappy`.
    public let format: String
    /// What the library says, or the limit.
    public let detail: String

    init(_ code: Code, _ format: String, _ detail: String = "") {
        self.code = code
        self.format = format
        self.detail = detail
    }

    public var description: String {
        let what =
            switch code {
            case .corrupt: "corrupt \(format) bytes"
            case .truncated: "\(format) bytes end early"
            case .trailingBytes: "unexpected bytes behind the \(format) stream"
            case .limitExceeded: "\(format) bytes decompress to more than the limit"
            case .failed: "\(format) failed"
            }
        return detail.isEmpty ? what : "\(what): \(detail)"
    }
}
