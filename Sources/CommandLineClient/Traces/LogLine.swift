internal import Foundation
internal import TelemetryModel

/// A line of a log that belongs to a trace.
struct LogLine: Sendable, Hashable {
    var time: UnixNanoseconds
    var text: String
    /// Labels of the stream and metadata of the line.
    var labels: [String: String]

    var service: String { labels["service_name"] ?? labels["service"] ?? labels["job"] ?? "-" }
    var level: String { labels["detected_level"] ?? labels["level"] ?? labels["severity_text"] ?? "" }
}

/// Streams as Loki's API answers them.
struct LogReply: Decodable {
    /// Oldest first.
    let lines: [LogLine]

    private enum Key: String, CodingKey { case data }
    private struct Payload: Decodable { let result: [Stream]? }

    private struct Stream: Decodable {
        let stream: [String: String]?
        let values: [Entry]?
    }

    /// `["nanoseconds", "line"]`, with an object of metadata where the server sorts labels into kinds.
    private struct Entry: Decodable {
        let time: UnixNanoseconds
        let text: String
        let metadata: [String: String]

        init(from decoder: any Decoder) throws {
            var container = try decoder.unkeyedContainer()
            time = try container.decode(FlexibleUInt64.self).number
            text = try container.decode(String.self)
            var metadata: [String: String] = [:]
            if !container.isAtEnd {
                let kinds = try container.decode([String: [String: String]].self)
                for labels in kinds.values { metadata.merge(labels) { first, _ in first } }
            }
            self.metadata = metadata
        }
    }

    init(from decoder: any Decoder) throws {
        let payload = try decoder.container(keyedBy: Key.self).decode(Payload.self, forKey: .data)
        var lines: [LogLine] = []
        for stream in payload.result ?? [] {
            for entry in stream.values ?? [] {
                let labels = (stream.stream ?? [:]).merging(entry.metadata) { first, _ in first }
                lines.append(LogLine(time: entry.time, text: entry.text, labels: labels))
            }
        }
        self.lines = lines.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(\.element)
    }
}
