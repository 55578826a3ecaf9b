public import Logging
public import PerchWire

/// One log message with all that is known of it: what exporters and tests get.
public struct LogRecord: Sendable {
    /// Nanoseconds since 1970.
    public var time: Int64
    public var level: Logger.Level
    /// What the logger is called.
    public var logger: String
    public var message: String
    /// The logger's metadata, the provider's and the message's, later ones first.
    public var metadata: Logger.Metadata
    public var error: (any Error)?
    /// The module that logs.
    public var source: String
    public var file: String
    public var function: String
    public var line: UInt
    /// The span in which the message was logged.
    public var span: SpanIdentity?
    /// The calls that led to the message, the innermost first, where they are wanted.
    public var stack: [String]

    public init(
        time: Int64, level: Logger.Level, logger: String, message: String, metadata: Logger.Metadata = [:], error: (any Error)? = nil,
        source: String = "", file: String = "", function: String = "", line: UInt = 0, span: SpanIdentity? = nil, stack: [String] = []
    ) {
        self.time = time
        self.level = level
        self.logger = logger
        self.message = message
        self.metadata = metadata
        self.error = error
        self.source = source
        self.file = file
        self.function = function
        self.line = line
        self.span = span
        self.stack = stack
    }

    /// What kind of error it is: the name of its type.
    public var errorType: String? { error.map { String(reflecting: type(of: $0)) } }
}

/// Takes log records, to send them elsewhere than to a stream of lines.
public protocol LogRecordSink: Sendable {
    /// Takes a record. Never blocks, and never logs itself.
    func emit(_ record: LogRecord)
}
