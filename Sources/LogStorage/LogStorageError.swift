internal import ShardStorage

/// A request that storage cannot do.
public struct LogStorageError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: Sendable, Hashable {
        /// No space is left. Nothing of the batch was kept; writing works again once there is space.
        case diskFull
        /// More is waiting in memory than may be. Nothing of the batch was kept; the sender should come again later.
        case overloaded
        /// Another process has the directory open.
        case directoryInUse
        /// A file was written by a newer version.
        case unsupportedVersion
        /// A file is damaged.
        case corrupt
        /// The storage was closed.
        case closed
        /// Reading or writing failed in another way.
        case inputOutput
    }

    public let code: Code
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }

    /// Whether the same request may succeed later.
    public var isTemporary: Bool { code == .diskFull || code == .overloaded }
}

extension LogStorageError {
    /// An error of the layer below.
    init(_ error: any Error, path: String) {
        if let error = error as? LogStorageError {
            self = error
            return
        }
        let error = ShardStorageError(error, path: path)
        let code: Code =
            switch error.code {
            case .diskFull: .diskFull
            case .corrupt: .corrupt
            case .unsupportedVersion: .unsupportedVersion
            case .directoryInUse: .directoryInUse
            case .closed: .closed
            case .inputOutput: .inputOutput
            }
        self.init(code, error.description)
    }
}
