internal import CivilCalendar
public import Logging
internal import PerchWire

/// A swift-log handler that writes one JSON object per line; see ``LogPipeline``.
///
/// Lines go to a ``LogLineWriter`` whole, so lines of several threads never mix.
public struct JSONLogHandler: LogHandler {
    public var metadata: Logger.Metadata = [:]
    public var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let pipeline: LogPipeline
    private let level: LogLevels.Cell
    /// The level that was set on the logger itself, which wins over the configured one.
    private var ownLevel: Logger.Level?

    init(label: String, pipeline: LogPipeline) {
        self.label = label
        self.pipeline = pipeline
        level = pipeline.configuration.levels.cell(label)
    }

    /// A handler on its own that writes metadata beside the other members: `time`, `level`, `logger`, `message`, `error` where one is given.
    /// A name that is taken already gets a `_` in front.
    ///
    /// - Parameters:
    ///   - label: what the logger is called; the `logger` member.
    ///   - level: messages below it are not written.
    public init(label: String, level: Logger.Level = .info, writer: any LogLineWriter = DirectLines()) {
        var configuration = LogPipeline.Configuration(levels: LogLevels(level), writer: writer)
        configuration.metadataMember = nil
        configuration.includesSource = false
        self.init(label: label, pipeline: LogPipeline(configuration))
    }

    public var logLevel: Logger.Level {
        get { ownLevel ?? level.level }
        set { ownLevel = newValue }
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        let configuration = pipeline.configuration
        let wantsStack = configuration.stackLevel.map { event.level >= $0 } ?? false
        pipeline.take(
            LogRecord(
                time: configuration.writer?.unixNanoseconds() ?? SystemTime.unixNanoseconds(), level: event.level, logger: label,
                message: event.message.description, metadata: merged(event.metadata), error: event.error,
                source: configuration.includesSource || !configuration.sinks.isEmpty ? event.source : "", file: event.file,
                function: event.function, line: event.line, span: configuration.currentSpan?(), stack: wantsStack ? CallStack.now() : []))
    }

    private func merged(_ explicit: Logger.Metadata?) -> Logger.Metadata {
        let provided = metadataProvider?.get() ?? [:]
        // Most messages have one source of metadata, which then is passed on as it is.
        if metadata.isEmpty && provided.isEmpty { return explicit ?? [:] }
        var all = metadata
        if !provided.isEmpty { all.merge(provided) { _, new in new } }
        if let explicit, !explicit.isEmpty { all.merge(explicit) { _, new in new } }
        return all
    }
}
