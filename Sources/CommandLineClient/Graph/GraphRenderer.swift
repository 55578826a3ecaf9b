internal import CivilCalendar
internal import GraphImage
internal import PromQL
internal import TelemetryModel

/// Draws series as lines for a terminal: values to the left, times below, what each line stands for underneath.
struct GraphRenderer {
    let terminal: Terminal
    let unit: QuantityUnit
    /// The times at the left and right edge.
    let start: Timestamp
    let end: Timestamp
    /// The distance between points; where one is missing the line is broken.
    let stepMilliseconds: Int64

    /// The most lines of the legend.
    private static let legendMax = 20
    private static let colors = [36, 33, 32, 35, 34, 31, 96, 93, 92, 95, 94, 91]

    /// - Returns: lines that are no wider than the terminal; only a remark where there is nothing to draw.
    func render(_ series: [QueryReply.Series]) -> String {
        let lines = series.map { Line($0) }
        let values = lines.lazy.flatMap(\.points).map(\.value)
        guard let least = values.min(), let greatest = values.max() else {
            return "no data from \(RFC3339.text(CivilTime(milliseconds: start))) to \(RFC3339.text(CivilTime(milliseconds: end)))\n"
        }
        let rows = max(5, min(terminal.height - 6 - min(lines.count, GraphRenderer.legendMax / 2), 20))
        let axis = ValueAxis(least: least, greatest: greatest, tickCount: max(3, rows / 3 + 1), unit: unit)
        let labels = axis.ticks.map { unit.text($0, step: axis.step) }
        let labelWidth = labels.map(displayWidth).max() ?? 0
        let columns = max(4, terminal.width - labelWidth - 2)
        var canvas = Canvas(style: style(lineCount: lines.count), columns: columns, rows: rows)
        for (index, line) in lines.enumerated().reversed() { draw(line, index, axis, on: &canvas) }

        var ticksByRow: [Int: String] = [:]
        for (tick, label) in zip(axis.ticks, labels) { ticksByRow[y(tick, axis, canvas) * rows / canvas.dotRows] = label }
        var text = ""
        for row in 0..<rows {
            let label = ticksByRow[row] ?? ""
            let edge = terminal.hasUnicode ? (label.isEmpty ? "│" : "┤") : (label.isEmpty ? "|" : "+")
            text += padding(labelWidth - displayWidth(label)) + label + " " + edge
            text += withoutTrailingSpaces(canvas.row(row) { paint($0, $1) }) + "\n"
        }
        return text + timeAxis(labelWidth: labelWidth, columns: columns) + legend(lines, series)
    }

    /// The points of a series that can be drawn, in runs between gaps.
    private struct Line {
        var points: [(time: Timestamp, value: Double)]
        let hasHistograms: Bool

        init(_ series: QueryReply.Series) {
            points = series.points.compactMap { point in
                let value = point.value.number
                guard value.isFinite else { return nil }
                // At the very ends of what a double can say there is no room left for an axis.
                return (point.time, value.magnitude < 1e-290 ? 0 : min(max(value, -1e290), 1e290))
            }
            hasHistograms = series.points.contains { if case .histogram = $0.value { true } else { false } }
        }
    }

    private func style(lineCount: Int) -> Canvas.Style {
        // Without colours only symbols tell lines apart.
        terminal.hasUnicode && (terminal.hasColor || lineCount == 1) ? .braille : .symbols
    }

    // MARK: Plot

    private func draw(_ line: Line, _ index: Int, _ axis: ValueAxis, on canvas: inout Canvas) {
        var previous: (time: Timestamp, x: Int, y: Int)?
        for point in line.points {
            let (x, y) = (x(point.time, canvas.dotColumns), y(point.value, axis, canvas))
            if let before = previous, point.time - before.time <= stepMilliseconds + stepMilliseconds / 2 {
                canvas.draw(from: (before.x, before.y), to: (x, y), line: index)
            } else {
                canvas.set(x, y, line: index)
            }
            previous = (point.time, x, y)
        }
    }

    private func x(_ time: Timestamp, _ count: Int) -> Int {
        Int((Double(time - start) / Double(max(1, end - start)) * Double(count - 1)).rounded())
    }

    /// The row of dots of a value, 0 at the top.
    private func y(_ value: Double, _ axis: ValueAxis, _ canvas: Canvas) -> Int {
        let part = (axis.high / 2 - value / 2) / (axis.high / 2 - axis.low / 2)
        return Int((part * Double(canvas.dotRows - 1)).rounded())
    }

    // MARK: Around it

    private func timeAxis(labelWidth: Int, columns: Int) -> String {
        let axis = TimeAxis(start: start, end: end, tickCount: max(1, columns / 12))
        var line = Array(repeating: terminal.hasUnicode ? "─" : "-", count: columns)
        var below = ""
        for tick in axis.ticks {
            let column = x(tick.time, columns)
            line[column] = terminal.hasUnicode ? "┬" : "+"
            if tick.label.utf8.count > columns { continue }
            let begin = min(max(0, column - tick.label.utf8.count / 2), columns - tick.label.utf8.count)
            let used = below.utf8.count
            if begin >= used + (used == 0 ? 0 : 1) { below += padding(begin - used) + tick.label }
        }
        let corner = terminal.hasUnicode ? "└" : "+"
        let indent = padding(labelWidth + 1)
        let range =
            "\(RFC3339.text(CivilTime(milliseconds: start))) to \(RFC3339.text(CivilTime(milliseconds: end))), step \(PromQLDuration.text(milliseconds: stepMilliseconds))"
        return indent + corner + line.joined() + "\n" + indent + " " + below + "\n" + fitted(range, besides: 0) + "\n"
    }

    private func legend(_ lines: [Line], _ series: [QueryReply.Series]) -> String {
        let common = commonLabels(series.map(\.labels))
        var text = ""
        if !common.isEmpty {
            text += fitted("all: " + LabelSet(common.map { ($0.name, $0.value) }).description, besides: 0) + "\n"
        }
        for (index, line) in lines.prefix(GraphRenderer.legendMax).enumerated() {
            let labels = common.isEmpty ? series[index].labels : series[index].labels.removing(common.map(\.name))
            var numbers = "  no number to draw"
            let values = line.points.lazy.map(\.value)
            if let last = values.last, let least = values.min(), let greatest = values.max() {
                numbers = "  last \(unit.text(last))  min \(unit.text(least))  max \(unit.text(greatest))"
            }
            if line.hasHistograms { numbers += "  (means of histograms)" }
            let room = max(8, terminal.width - 2 - displayWidth(numbers))
            let name = truncated(labels.description, to: room, hasUnicode: terminal.hasUnicode)
            text += paint(marker(index, lines.count), index) + " " + fitted(name + numbers, besides: 2) + "\n"
        }
        if lines.count > GraphRenderer.legendMax { text += "and \(lines.count - GraphRenderer.legendMax) more series\n" }
        return text
    }

    private func marker(_ index: Int, _ count: Int) -> String {
        style(lineCount: count) == .braille ? "●" : String(Canvas.symbols[index % Canvas.symbols.count])
    }

    /// What several series have in common, the name aside when it is all that they have.
    private func commonLabels(_ sets: [LabelSet]) -> [Label] {
        guard sets.count > 1, let first = sets.first else { return [] }
        return first.filter { label in sets.allSatisfy { $0[label.name] == label.value } }
    }

    private func paint(_ text: String, _ line: Int) -> String {
        guard terminal.hasColor else { return text }
        return "\u{1b}[\(GraphRenderer.colors[line % GraphRenderer.colors.count])m\(text)\u{1b}[0m"
    }

    /// Text cut to what the terminal has room for beside `used` columns.
    private func fitted(_ text: String, besides used: Int) -> String {
        truncated(text, to: max(1, terminal.width - used), hasUnicode: terminal.hasUnicode)
    }

    private func padding(_ count: Int) -> String { String(repeating: " ", count: max(0, count)) }

    private func withoutTrailingSpaces(_ text: String) -> String {
        var text = text
        while text.hasSuffix(" ") { text.removeLast() }
        return text
    }
}
