public import SQLiteSupport

/// A failure of the journal or of a shard file.
public struct ShardStorageError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: Sendable, Hashable {
        /// No space is left; nothing of the transaction was kept.
        case diskFull
        /// The file is damaged or is something else.
        case corrupt
        /// The file was written by a newer version of this format.
        case unsupportedVersion
        /// Another process holds the directory.
        case directoryInUse
        /// The journal or shard was closed.
        case closed
        /// Reading or writing failed in another way.
        case inputOutput
    }

    public let code: Code
    /// What failed, with the system's words.
    public let message: String
    /// The file or folder concerned.
    public let path: String

    public init(_ code: Code, _ message: String, path: String) {
        self.code = code
        self.message = message
        self.path = path
    }

    public init(_ error: SQLiteError, path: String) {
        let code: Code =
            switch error.code {
            case .diskFull: .diskFull
            case .corrupt: .corrupt
            case .busy, .cannotOpen, .inputOutput, .other: .inputOutput
            }
        self.init(code, error.description, path: path)
    }

    /// Turns any error of this layer into this type.
    public init(_ error: any Error, path: String) {
        if let error = error as? ShardStorageError {
            self = error
        } else if let error = error as? SQLiteError {
            self.init(error, path: path)
        } else {
            self.init(.inputOutput, "\(error)", path: path)
        }
    }

    public var description: String { "\(path): \(message)" }
}
