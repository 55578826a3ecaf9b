internal import ByteCoding
internal import CivilCalendar
internal import TelemetryModel

/// How the answer to a query of LogQL is written.
public enum LogOutputFormat: String, Sendable, CaseIterable {
    /// For a person; of a query for numbers a table.
    case text
    /// One object a line, or one object for numbers.
    case json
    /// Time, labels and line, as logcli writes them by default.
    case `default`
    /// The same.
    case labels
    /// The lines alone, as logcli has it.
    case raw
    /// One object a line, as logcli has it.
    case jsonl
    /// Numbers as a table, as CSV, or as a graph.
    case table, csv, graph

    /// Whether log lines can be written so.
    var isForLines: Bool {
        switch self {
        case .text, .json, .default, .labels, .raw, .jsonl: true
        case .table, .csv, .graph: false
        }
    }

    /// How numbers are written; nil where that is for log lines only.
    var forNumbers: OutputFormat? {
        switch self {
        case .text, .table: .table
        case .json: .json
        case .csv: .csv
        case .graph: .graph
        case .default, .labels, .raw, .jsonl: nil
        }
    }

    /// Whether lines are written in the order in which they were found, as logcli does, and not oldest first.
    var keepsOrder: Bool {
        switch self {
        case .default, .labels, .raw, .jsonl: true
        default: false
        }
    }
}

/// Writes log lines in the forms that are not for reading at leisure.
struct LogLineFormatter: Sendable {
    let format: LogOutputFormat
    let terminal: Terminal
    /// Labels that all lines have, which are not written with each.
    private var common: Set<Label> = []
    private var labelsWidth = 0

    init(_ format: LogOutputFormat, terminal: Terminal) {
        self.format = format
        self.terminal = terminal
    }

    /// Finds out what lines have in common.
    ///
    /// - Returns: what is to be said of it; nil for nothing.
    mutating func measure(_ entries: [LogEntry]) -> String? {
        guard format == .default || format == .labels, let first = entries.first else { return nil }
        common = Set(first.labels)
        for labels in Set(entries.map(\.labels)) { common.formIntersection(labels) }
        labelsWidth = entries.map { text(of: $0).utf8.count }.max() ?? 0
        return common.isEmpty ? nil : "common labels: " + LogLineFormatter.text(of: common.sorted { $0.name < $1.name })
    }

    func line(_ entry: LogEntry) -> String {
        switch format {
        case .raw: entry.line.hasSuffix("\n") ? entry.line : entry.line + "\n"
        case .jsonl: LogLineFormatter.jsonLine(entry)
        case .default, .labels: defaultLine(entry)
        default: LogLineFormatter.object(entry)
        }
    }

    private func defaultLine(_ entry: LogEntry) -> String {
        let time = RFC3339.text(CivilTime(seconds: Int(entry.time / 1_000_000_000)))
        let labels = text(of: entry)
        let padding = String(repeating: " ", count: max(0, labelsWidth - labels.utf8.count))
        var line = entry.line.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        while line.last?.allSatisfy(\.isWhitespace) == true { line.removeLast() }
        // A terminal is not to obey what stands in a line.
        if terminal.isWindow { line = line.map { ShownText(for: terminal)($0) } }
        return terminal.painted(time, "34") + " " + terminal.painted(labels + padding, "31") + " " + line.joined(separator: "\n") + "\n"
    }

    private func text(of entry: LogEntry) -> String { LogLineFormatter.text(of: entry.labels.filter { !common.contains($0) }) }

    private static func text(of labels: [Label]) -> String {
        "{" + labels.map { "\($0.name)=\(quoted($0.value))" }.joined(separator: ", ") + "}"
    }

    private static func jsonLine(_ entry: LogEntry) -> String {
        var writer = JSONTextWriter()
        writer.beginObject()
        write("labels", entry.labels, &writer)
        writer.name("line")
        writer.value(entry.line)
        writer.name("timestamp")
        writer.value(RFC3339.text(CivilTime(nanoseconds: entry.time)))
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self) + "\n"
    }

    private static func object(_ entry: LogEntry) -> String {
        var writer = JSONTextWriter()
        writer.beginObject()
        writer.name("time")
        writer.value(RFC3339.text(CivilTime(nanoseconds: entry.time), fraction: .digits(9)))
        writer.name("timestamp")
        writer.quoted(entry.time)
        write("labels", entry.stream, &writer)
        write("metadata", entry.metadata, &writer)
        write("parsed", entry.parsed, &writer)
        writer.name("line")
        writer.value(entry.line)
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self) + "\n"
    }

    private static func write(_ name: String, _ labels: LabelSet, _ writer: inout JSONTextWriter) {
        writer.name(name)
        writer.beginObject()
        for label in labels {
            writer.name(label.name)
            writer.value(label.value)
        }
        writer.endObject()
    }
}
