public import Logging
public import PerchMetrics

extension LogDeclaration {
    /// Logs a line as it was declared.
    ///
    ///     telemetry.placed.log("o-17", .gold, to: logger)
    ///
    /// - Parameters:
    ///   - values: the metadata's values, in the order of their declaration.
    ///   - error: what went wrong, if anything.
    public func log(
        _ values: repeat each Value, to logger: Logger, error: (any Error)? = nil, file: String = #fileID, function: String = #function,
        line: UInt = #line
    ) {
        let pairs = metadata(repeat each values)
        let all = Logger.Metadata(pairs.map { ($0.name, $0.value.metadataValue) }) { _, last in last }
        logger.log(
            level: level.level, "\(message)", error: error, metadata: all.isEmpty ? nil : all, file: file, function: function, line: line)
    }
}

extension DeclaredField.Value {
    fileprivate var metadataValue: Logger.MetadataValue {
        switch self {
        case .string(let text): .string(text)
        case .int(let number): .stringConvertible(number)
        case .double(let number): .stringConvertible(number)
        case .bool(let flag): .stringConvertible(flag)
        }
    }
}

extension DeclaredLogLevel {
    fileprivate var level: Logger.Level {
        switch self {
        case .trace: .trace
        case .debug: .debug
        case .info: .info
        case .notice: .notice
        case .warning: .warning
        case .error: .error
        case .critical: .critical
        }
    }
}
