public import Logging

/// Takes out of log messages what must not be told, before they are written or exported.
public struct LogRedaction: Sendable {
    private let message: (@Sendable (String) -> String)?
    private let metadata: (@Sendable (_ key: String, _ value: Logger.Metadata.Value) -> Logger.Metadata.Value)?

    /// - Parameters:
    ///   - message: gives what is logged in place of a message.
    ///   - metadata: gives what is logged in place of a value. It is asked for each key at every depth, outer ones first.
    public init(
        message: (@Sendable (String) -> String)? = nil,
        metadata: (@Sendable (_ key: String, _ value: Logger.Metadata.Value) -> Logger.Metadata.Value)? = nil
    ) {
        self.message = message
        self.metadata = metadata
    }

    /// Puts `[redacted]` in place of the values of these keys, whatever their case, at every depth.
    public static func keys(_ keys: Set<String>) -> LogRedaction {
        let hidden = Set(keys.map { $0.lowercased() })
        return LogRedaction(metadata: { key, value in hidden.contains(key.lowercased()) ? "[redacted]" : value })
    }

    func apply(to record: inout LogRecord) {
        if let message { record.message = message(record.message) }
        if let metadata { record.metadata = LogRedaction.redacted(record.metadata, metadata) }
    }

    private static func redacted(
        _ members: Logger.Metadata, _ redact: (String, Logger.Metadata.Value) -> Logger.Metadata.Value
    ) -> Logger.Metadata {
        var result = members
        for (key, value) in members { result[key] = within(redact(key, value), redact) }
        return result
    }

    private static func within(
        _ value: Logger.Metadata.Value, _ redact: (String, Logger.Metadata.Value) -> Logger.Metadata.Value
    ) -> Logger.Metadata.Value {
        switch value {
        case .dictionary(let members): .dictionary(redacted(members, redact))
        case .array(let elements): .array(elements.map { within($0, redact) })
        default: value
        }
    }
}
