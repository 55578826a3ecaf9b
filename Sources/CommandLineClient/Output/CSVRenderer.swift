internal import TelemetryModel

/// Answers as comma-separated values (RFC 4180): a header, then one record a point. The columns are `__name__` where there is one, the
/// labels sorted, `timestamp` in Unix seconds, and `value`.
enum CSVRenderer {
    static func render(_ reply: QueryReply) -> String {
        var writer = CSVWriter()
        switch reply.result {
        case .scalar(let point):
            writer.record(["timestamp", "value"])
            writer.record([seconds(point.time), point.value.text])
        case .string(let time, let text):
            writer.record(["timestamp", "value"])
            writer.record([seconds(time), text])
        case .vector(let elements):
            write(elements.map { ($0.labels, [$0.point]) }, to: &writer)
        case .matrix(let series):
            write(series.map { ($0.labels, $0.points) }, to: &writer)
        }
        return writer.text
    }

    private static func write(_ series: [(labels: LabelSet, points: [QueryReply.Point])], to writer: inout CSVWriter) {
        let labels = LabelColumns(series.map(\.labels))
        writer.record((labels.hasName ? [LabelName.metricName] : []) + labels.names + ["timestamp", "value"])
        for one in series {
            let cells = labels.cells(of: one.labels)
            for point in one.points { writer.record(cells + [seconds(point.time), point.value.text]) }
        }
    }

    private static func seconds(_ time: Timestamp) -> String {
        let fraction = time.magnitude % 1000
        let whole = (time < 0 ? "-" : "") + String(time.magnitude / 1000)
        return fraction == 0 ? whole : whole + "." + String(String(1000 + fraction).dropFirst())
    }
}

/// Records separated by CR LF; a field is quoted where it holds a comma, a quote, or a line break.
struct CSVWriter {
    private(set) var text = ""

    mutating func record(_ fields: [String]) {
        for (index, field) in fields.enumerated() {
            if index > 0 { text += "," }
            let needsQuotes = field.utf8.contains { byte in
                byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
            }
            text += needsQuotes ? "\"" + field.replacing("\"", with: "\"\"") + "\"" : field
        }
        text += "\r\n"
    }
}
