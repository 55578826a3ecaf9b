internal import Logging
public import PerchLogging
internal import PerchWire

/// How much one log record may hold when it is exported. What is beyond is left out, and attributes that are are counted (OpenTelemetry, "LogRecord Limits").
public struct LogRecordLimits: Sendable, Hashable {
    public var attributesMax = 128
    /// Text values of attributes that are longer are cut.
    public var attributeBytesMax: Int?

    public init() {}
}

/// Writes log records as an `ExportLogsServiceRequest` (opentelemetry-proto, logs.proto).
public enum OTLPLogs {
    public static func encode(
        _ records: [LogRecord], resource: TelemetryResource, limits: LogRecordLimits = LogRecordLimits()
    ) -> [UInt8] {
        // A scope is who logs: one for each logger, in the order in which they first did.
        var loggers: [String] = []
        var byLogger: [String: [LogRecord]] = [:]
        for record in records {
            if byLogger[record.logger] == nil { loggers.append(record.logger) }
            byLogger[record.logger, default: []].append(record)
        }
        var request = ProtobufBytes()
        request.bytes.reserveCapacity(records.count * 256 + 512)
        request.write(1) { resourceLogs in
            resourceLogs.write(1, resource: resource)
            for logger in loggers {
                resourceLogs.write(2) { scopeLogs in
                    scopeLogs.write(1, scope: logger)
                    for record in byLogger[logger] ?? [] { scopeLogs.write(2) { append(record, limits, to: &$0) } }
                }
            }
        }
        return request.bytes
    }

    private static func append(_ record: LogRecord, _ limits: LogRecordLimits, to message: inout ProtobufBytes) {
        let time = UInt64(max(record.time, 0))
        message.write(1, fixed64: time)
        message.write(2, uint64: severity(record.level))
        message.write(3, string: record.level.rawValue)
        message.write(5) { $0.write(1, string: record.message) }
        appendAttributes(record, limits, to: &message)
        if let span = record.span {
            message.write(8, fixed32: UInt32(span.flags))
            message.write(9, traceID: span.traceID)
            message.write(10, spanID: span.spanID)
        }
        message.write(11, fixed64: time)
    }

    private static func appendAttributes(_ record: LogRecord, _ limits: LogRecordLimits, to message: inout ProtobufBytes) {
        let bytesMax = limits.attributeBytesMax
        var count = 0
        func append(_ name: String, _ value: (inout ProtobufBytes) -> Void) {
            if count < limits.attributesMax { message.write(6, attribute: name, value) }
            count += 1
        }
        func append(_ name: String, _ text: String) { append(name) { $0.write(1, string: cut(text, bytesMax)) } }
        for (key, value) in record.metadata.sorted(by: { $0.key < $1.key }) { append(key) { $0.write(value, bytesMax: bytesMax) } }
        if let error = record.error {
            append("exception.type", record.errorType ?? "")
            append("exception.message", String(describing: error))
        }
        if !record.stack.isEmpty { append("exception.stacktrace", record.stack.joined(separator: "\n")) }
        append("code.file.path", record.file)
        append("code.line.number") { $0.write(3, uint64: UInt64(record.line)) }
        append("code.function.name", record.function)
        if count > limits.attributesMax { message.write(7, uint64: UInt64(count - max(limits.attributesMax, 0))) }
    }

    /// The numbers of OpenTelemetry's log data model; `notice` is the second of the four that mean information.
    private static func severity(_ level: Logger.Level) -> UInt64 {
        switch level {
        case .trace: 1
        case .debug: 5
        case .info: 9
        case .notice: 10
        case .warning: 13
        case .error: 17
        case .critical: 21
        }
    }
}
