/// How a command ends.
public enum CommandStatus: Int32, Sendable {
    case success = 0
    /// The operation failed.
    case failure = 1
    /// The command was used wrongly: an option, a time, a query.
    case usage = 2
    /// Nothing is wrong, but a check found what it was told to fail for.
    case lint = 3
}

/// Why a command failed, in one line for standard error, below it the place where that is in a query.
public struct ClientError: Error, Sendable, Hashable, CustomStringConvertible {
    public let message: String
    public let status: CommandStatus
    /// Lines that show the place in a query; mostly empty.
    public let excerpt: String

    public init(_ message: String, status: CommandStatus = .failure, excerpt: String = "") {
        // One line, whatever the server or the system says.
        self.message = message.split(whereSeparator: \.isNewline).joined(separator: " ")
        self.excerpt = excerpt
        self.status = status
    }

    /// An option or argument that cannot be used.
    public static func usage(_ message: String) -> ClientError { ClientError(message, status: .usage) }

    public var description: String { message }
}
