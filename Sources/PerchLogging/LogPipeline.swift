public import Logging
public import PerchWire

/// Where log messages of all loggers of a program go, and what happens to them on the way.
///
///     let logs = LogPipeline(LogPipeline.Configuration(service: "checkout"))
///     LoggingSystem.bootstrap { logs.handler(label: $0) }
///
/// Logging never waits: lines go into a bounded buffer that a thread of its own writes out, and what does not fit is dropped and counted.
public final class LogPipeline: Sendable {
    public struct Configuration: Sendable {
        /// The `service` member of each line, if there is to be one.
        public var service: String?
        /// Which messages are logged, by the loggers' labels; can be changed while the program runs.
        public var levels: LogLevels
        /// Where lines go; nil for nowhere.
        public var writer: (any LogLineWriter)?
        /// Where records go besides, such as to an exporter.
        public var sinks: [any LogRecordSink] = []
        /// What must not be told.
        public var redaction: LogRedaction?
        /// Tells in which span a message is logged. `PerchTracing` has a function that reads the current `ServiceContext`.
        public var currentSpan: (@Sendable () -> SpanIdentity?)?
        /// The member that metadata is nested in; nil for members beside the others.
        public var metadataMember: String? = "metadata"
        /// Whether lines name the module that logs.
        public var includesSource = true
        /// Messages of this level and above tell the calls that led to them; nil for none. Costs some ten microseconds a message.
        public var stackLevel: Logger.Level?

        /// - Parameter writer: buffered lines to standard output unless given.
        public init(service: String? = nil, levels: LogLevels = LogLevels(), writer: (any LogLineWriter)? = BufferedLines()) {
            self.service = service
            self.levels = levels
            self.writer = writer
        }
    }

    let configuration: Configuration
    /// The `service` member as it is written.
    let serviceMember: [UInt8]

    public init(_ configuration: Configuration) {
        self.configuration = configuration
        var member: [UInt8] = []
        if let service = configuration.service {
            member.append(contentsOf: #","service":"#.utf8)
            appendJSONString(service, to: &member)
        }
        serviceMember = member
    }

    /// The handler of a logger.
    ///
    /// - Parameter metadataProvider: what swift-log hands to its bootstrap function, if anything.
    public func handler(label: String, metadataProvider: Logger.MetadataProvider? = nil) -> JSONLogHandler {
        var handler = JSONLogHandler(label: label, pipeline: self)
        handler.metadataProvider = metadataProvider
        return handler
    }

    /// Takes a record through redaction to the writer and the sinks.
    func take(_ record: LogRecord) {
        var record = record
        configuration.redaction?.apply(to: &record)
        for sink in configuration.sinks { sink.emit(record) }
        guard let writer = configuration.writer else { return }
        writer.write(JSONLogLine(pipeline: self).bytes(record))
    }
}
