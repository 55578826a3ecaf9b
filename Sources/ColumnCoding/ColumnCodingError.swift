public import ByteCoding

/// Stored columns or pages that cannot be decoded.
public struct ColumnCodingError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: Sendable, Hashable {
        /// The bytes end early or say what the format does not allow.
        case corrupt
        /// The checksum does not hold.
        case checksumMismatch
        /// A newer version of the format, or no page at all.
        case unsupportedVersion
        /// More samples or bytes than the format's limits allow.
        case limitExceeded
        /// A page holds another kind of samples than was asked for.
        case kindMismatch
        /// The library for compression had no memory.
        case outOfMemory
    }

    public let code: Code
    /// Offset of what is wrong: in the stored page for its header and checksum, else in the page's decompressed bytes.
    public let offset: Int
    /// What was read there.
    public let detail: String

    public init(_ code: Code, at offset: Int, _ detail: String) {
        self.code = code
        self.offset = offset
        self.detail = detail
    }

    /// An error of the bytes that a column is read from.
    public init(_ error: ByteCodingError, reading detail: String) {
        self.init(.corrupt, at: error.offset, "\(detail): \(error)")
    }

    public var description: String {
        let what =
            switch code {
            case .corrupt: "corrupt column bytes"
            case .checksumMismatch: "checksum does not hold"
            case .unsupportedVersion: "unknown version of the page format"
            case .limitExceeded: "beyond the format's limits"
            case .kindMismatch: "another kind of samples"
            case .outOfMemory: "no memory"
            }
        return "\(what) at byte \(offset): \(detail)"
    }
}
