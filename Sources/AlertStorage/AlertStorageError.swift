/// Why alerts, silences or their history cannot be read or written.
public struct AlertStorageError: Error, Hashable, CustomStringConvertible {
    public enum Code: Sendable, Hashable {
        /// The disk has no space left; reading goes on, writing may be tried again later.
        case diskFull
        /// The file is not what it should be.
        case damaged
        /// A newer version of Perch wrote the file.
        case newerFormat
        /// Anything else, such as missing rights.
        case failed
    }

    public let code: Code
    /// What went wrong with which file, and what to do.
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}
