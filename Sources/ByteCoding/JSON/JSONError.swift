/// JSON that cannot be read: what is wrong and where.
public struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    public let message: String
    /// The byte at fault, from the start of the text.
    public let offset: Int
    /// Its line, counted from 1.
    public let line: Int
    /// Its byte within the line, counted from 1.
    public let column: Int

    /// - Precondition: the offset lies within the bytes or at their end.
    public init(_ message: String, at offset: Int, of bytes: [UInt8]) {
        self.message = message
        self.offset = offset
        let before = bytes[..<offset]
        line = before.count { $0 == UInt8(ascii: "\n") } + 1
        column = offset - (before.lastIndex(of: UInt8(ascii: "\n")) ?? -1)
    }

    public var description: String { "\(message) at line \(line), column \(column)" }
}
