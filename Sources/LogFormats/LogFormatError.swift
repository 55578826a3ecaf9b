/// Why a message with log entries cannot be read.
public struct LogFormatError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong, for the person behind the sender.
    public var message: String
    /// Offset into the message of the first byte at fault.
    public var offset: Int

    public init(_ message: String, at offset: Int) {
        self.message = message
        self.offset = offset
    }

    public var description: String { "\(message) (byte \(offset))" }
}
