internal import CivilCalendar
internal import Logging
internal import PerchWire

/// Writes records as JSON objects, one a line.
struct JSONLogLine {
    let pipeline: LogPipeline

    func bytes(_ record: LogRecord) -> [UInt8] {
        let configuration = pipeline.configuration
        var line: [UInt8] = []
        line.reserveCapacity(512)
        line.append(contentsOf: #"{"time":""#.utf8)
        RFC3339.append(CivilTime(nanoseconds: record.time), fraction: .digits(3), to: &line)
        line.append(contentsOf: #"","level":""#.utf8)
        line.append(contentsOf: record.level.rawValue.utf8)
        line.append(contentsOf: #"","logger":"#.utf8)
        appendJSONString(record.logger, to: &line)
        if configuration.includesSource {
            line.append(contentsOf: #","source":"#.utf8)
            appendJSONString(record.source, to: &line)
        }
        line.append(contentsOf: #","message":"#.utf8)
        appendJSONString(record.message, to: &line)
        line.append(contentsOf: pipeline.serviceMember)
        if let span = record.span {
            line.append(contentsOf: #","trace_id":""#.utf8)
            span.traceID.appendHexadecimal(to: &line)
            line.append(contentsOf: #"","span_id":""#.utf8)
            span.spanID.appendHexadecimal(to: &line)
            line.append(UInt8(ascii: "\""))
        }
        appendError(record, to: &line)
        appendMetadata(record.metadata, to: &line)
        line.append(contentsOf: "}\n".utf8)
        return line
    }

    private func appendError(_ record: LogRecord, to line: inout [UInt8]) {
        if let error = record.error {
            line.append(contentsOf: #","error":"#.utf8)
            if pipeline.configuration.metadataMember == nil {
                appendJSONString(String(describing: error), to: &line)
            } else {
                line.append(contentsOf: #"{"type":"#.utf8)
                appendJSONString(record.errorType ?? "", to: &line)
                line.append(contentsOf: #","message":"#.utf8)
                appendJSONString(String(describing: error), to: &line)
                line.append(contentsOf: #","at":"#.utf8)
                appendJSONString("\(record.file):\(record.line) \(record.function)", to: &line)
                line.append(UInt8(ascii: "}"))
            }
        }
        if !record.stack.isEmpty {
            line.append(contentsOf: #","stack":["#.utf8)
            for (index, call) in record.stack.enumerated() {
                if index > 0 { line.append(UInt8(ascii: ",")) }
                appendJSONString(call, to: &line)
            }
            line.append(UInt8(ascii: "]"))
        }
    }

    private static let reserved: Set<String> = [
        "time", "level", "logger", "source", "message", "service", "trace_id", "span_id", "error", "stack",
    ]

    private func appendMetadata(_ metadata: Logger.Metadata, to line: inout [UInt8]) {
        if metadata.isEmpty { return }
        if let member = pipeline.configuration.metadataMember {
            line.append(UInt8(ascii: ","))
            appendJSONString(member, to: &line)
            line.append(UInt8(ascii: ":"))
            append(.dictionary(metadata), to: &line)
            return
        }
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
        case .stringConvertible(let value): appendConvertible(value, to: &line)
        case .array(let elements):
            line.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { line.append(UInt8(ascii: ",")) }
                append(element, to: &line)
            }
            line.append(UInt8(ascii: "]"))
        case .dictionary(let members):
            line.append(UInt8(ascii: "{"))
            if members.count == 1, let member = members.first {
                append(member.key, member.value, isFirst: true, to: &line)
            } else {
                for (index, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
                    append(member.key, member.value, isFirst: index == 0, to: &line)
                }
            }
            line.append(UInt8(ascii: "}"))
        }
    }

    private func append(_ key: String, _ value: Logger.Metadata.Value, isFirst: Bool, to line: inout [UInt8]) {
        if !isFirst { line.append(UInt8(ascii: ",")) }
        appendJSONString(key, to: &line)
        line.append(UInt8(ascii: ":"))
        append(value, to: &line)
    }

    /// Numbers and truth values stay what they are; everything else is text.
    private func appendConvertible(_ value: any CustomStringConvertible & Sendable, to line: inout [UInt8]) {
        switch value {
        case let number as any BinaryInteger: line.append(contentsOf: number.description.utf8)
        case let flag as Bool: line.append(contentsOf: (flag ? "true" : "false").utf8)
        case let number as Double where number.isFinite: line.append(contentsOf: "\(number)".utf8)
        default: appendJSONString(value.description, to: &line)
        }
    }
}
