internal import CivilCalendar
public import Logging

/// A swift-log handler that writes one JSON object per line: `time`, `level`, `logger`, `message`, `error` where one is given, and the metadata
/// as further members (a name that is taken already gets a `_` in front).
///
/// Lines go to a ``LogLineWriter`` whole, so lines of several threads never mix.
public struct JSONLogHandler: LogHandler {
    public var logLevel: Logger.Level
    public var metadata: Logger.Metadata = [:]
    public var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let writer: any LogLineWriter

    /// - Parameters:
    ///   - label: what the logger is called; the `logger` member.
    ///   - level: messages below it are not written.
    public init(label: String, level: Logger.Level = .info, writer: any LogLineWriter = StandardErrorLines()) {
        self.label = label
        self.logLevel = level
        self.writer = writer
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        var line: [UInt8] = []
        line.reserveCapacity(256)
        line.append(contentsOf: #"{"time":""#.utf8)
        RFC3339.append(CivilTime(nanoseconds: writer.unixNanoseconds()), fraction: .digits(3), to: &line)
        line.append(contentsOf: #"","level":""#.utf8)
        line.append(contentsOf: event.level.rawValue.utf8)
        line.append(contentsOf: #"","logger":"#.utf8)
        appendJSONString(label, to: &line)
        line.append(contentsOf: #","message":"#.utf8)
        appendJSONString(event.message.description, to: &line)
        if let error = event.error {
            line.append(contentsOf: #","error":"#.utf8)
            appendJSONString(String(describing: error), to: &line)
        }
        append(merged(event.metadata), to: &line)
        line.append(contentsOf: "}\n".utf8)
        writer.write(line)
    }

    private func merged(_ explicit: Logger.Metadata?) -> Logger.Metadata {
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { _, new in new } }
        if let explicit { all.merge(explicit) { _, new in new } }
        return all
    }

    private static let reserved: Set<String> = ["time", "level", "logger", "message", "error"]

    private func append(_ metadata: Logger.Metadata, to line: inout [UInt8]) {
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            line.append(UInt8(ascii: ","))
            appendJSONString(Self.reserved.contains(key) ? "_" + key : key, to: &line)
            line.append(UInt8(ascii: ":"))
            append(value, to: &line)
        }
    }

    private func append(_ value: Logger.Metadata.Value, to line: inout [UInt8]) {
        switch value {
        case .string(let text): appendJSONString(text, to: &line)
        case .stringConvertible(let number as any BinaryInteger): line.append(contentsOf: number.description.utf8)
        case .stringConvertible(let flag as Bool): line.append(contentsOf: (flag ? "true" : "false").utf8)
        case .stringConvertible(let number as Double) where number.isFinite: line.append(contentsOf: "\(number)".utf8)
        case .stringConvertible(let other): appendJSONString(other.description, to: &line)
        case .array(let elements):
            line.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { line.append(UInt8(ascii: ",")) }
                append(element, to: &line)
            }
            line.append(UInt8(ascii: "]"))
        case .dictionary(let members):
            line.append(UInt8(ascii: "{"))
            for (index, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { line.append(UInt8(ascii: ",")) }
                appendJSONString(member.key, to: &line)
                line.append(UInt8(ascii: ":"))
                append(member.value, to: &line)
            }
            line.append(UInt8(ascii: "}"))
        }
    }
}

/// Takes finished log lines. Tests collect them in memory.
public protocol LogLineWriter: Sendable {
    /// Writes a line that ends with a line feed. Never blocks for long and never fails loudly: there is nowhere to say so.
    func write(_ line: [UInt8])

    /// The time to stamp a line with.
    func unixNanoseconds() -> Int64
}
