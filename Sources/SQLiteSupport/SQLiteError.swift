/// A failure that SQLite reports: what kind, its own words, and the statement or file concerned. Never holds bound values.
public struct SQLiteError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Kinds that callers tell apart.
    public enum Code: Sendable, Hashable {
        /// No space is left on the device, or a quota is used up. Nothing of the transaction was kept.
        case diskFull
        /// The file is damaged or is no database.
        case corrupt
        /// Another connection holds a lock.
        case busy
        /// The file cannot be opened.
        case cannotOpen
        /// Reading or writing failed.
        case inputOutput
        /// Everything else, such as a wrong statement.
        case other
    }

    public let code: Code
    /// SQLite's extended result code.
    public let resultCode: Int32
    /// SQLite's message.
    public let message: String
    /// The statement or the file that failed.
    public let context: String
    /// Where in the statement it went wrong, in bytes; nil where SQLite does not say.
    public let offset: Int?

    public init(code: Code, resultCode: Int32, message: String, context: String, offset: Int? = nil) {
        self.code = code
        self.resultCode = resultCode
        self.message = message
        self.context = context
        self.offset = offset
    }

    public var description: String { "\(message) (SQLite \(resultCode)) in \(context)" }
}
