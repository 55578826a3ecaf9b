internal import CivilCalendar
internal import Foundation
internal import GraphImage
internal import TelemetryModel

/// The plan of a query as a tree, the costs of its parts in columns before it.
struct ExplanationRenderer {
    let terminal: Terminal

    /// Shards that are listed one by one; of more only the sum is shown.
    private static let shardsMax = 5
    /// The share of time from which on a part is shown as the one to look at.
    private static let hotShare = 0.3

    private struct Row {
        var cells: [String]
        var tree: String
        var isNote = false
        var isHot = false
    }

    func render(_ explanation: QueryExplanationReply, expression: String) -> String {
        var text = expression + "\n\n"
        text +=
            shown(
                "\(duration(explanation.totalSeconds)): waited \(duration(explanation.queueSeconds)), parsed \(duration(explanation.parseSeconds)), "
                    + "evaluated \(counted(explanation.steps, "step")) in \(duration(explanation.evaluationSeconds))") + "\n"
        text +=
            "\(counted(explanation.samplesRead, "sample")) read of \(counted(explanation.series, "series", "series")), "
            + "at most \(counted(explanation.peakSamples, "sample")) held at a time\n"
        if let reuse = explanation.reuse { text += shown(reused(reuse)) + "\n" }
        text += "\n"
        var rows = [Row(cells: ["TIME", "SHARE", "SERIES", "SAMPLES"], tree: "PLAN")]
        add(explanation.plan, to: &rows, of: explanation.evaluationSeconds, first: "", following: "")
        if explanation.otherSeconds > 0 {
            let cells = [duration(explanation.otherSeconds), share(explanation.otherSeconds, of: explanation.evaluationSeconds), "", ""]
            rows.append(Row(cells: cells.map(shown), tree: "planning, and putting the answer in order"))
        }
        return text + columns(rows)
    }

    private func reused(_ reuse: QueryExplanationReply.Reuse) -> String {
        if let reason = reuse.reason { return "results of earlier queries: " + reason }
        return
            "results of earlier queries: \(counted(reuse.stepsReused, "step")) reused, \(counted(reuse.stepsEvaluated, "step")) evaluated"
    }

    // MARK: Rows

    private func add(
        _ part: QueryExplanationReply.Part, to rows: inout [Row], of total: Double, first: String, following: String
    ) {
        var cells = ["", "", "", ""]
        if part.evaluated {
            cells[0] = duration(part.selfSeconds)
            cells[1] = share(part.selfSeconds, of: total)
        }
        cells[2] = series(part)
        if part.samplesRead > 0 { cells[3] = grouped(part.samplesRead) }
        let isHot = total > 0 && part.evaluated && part.selfSeconds / total >= ExplanationRenderer.hotShare
        rows.append(Row(cells: cells.map(shown), tree: first + shown(part.title), isHot: isHot))
        let margin = following + (part.children.isEmpty ? "   " : mark("│  ", "|  "))
        for note in notes(part) { rows.append(Row(cells: ["", "", "", ""], tree: margin + shown(note), isNote: true)) }
        for (index, child) in part.children.enumerated() {
            let isLast = index == part.children.count - 1
            add(
                child, to: &rows, of: total, first: following + (isLast ? mark("└─ ", "`- ") : mark("├─ ", "|- ")),
                following: following + (isLast ? "   " : mark("│  ", "|  ")))
        }
    }

    private func series(_ part: QueryExplanationReply.Part) -> String {
        guard let given = part.seriesOut else { return "" }
        guard let taken = part.seriesIn, taken != given else { return grouped(given) }
        return "\(grouped(taken)) → \(grouped(given))"
    }

    private func notes(_ part: QueryExplanationReply.Part) -> [String] {
        var notes = part.evaluated ? part.notes : part.notes + ["not needed for this answer"]
        if let range = part.range, range.count == 2 { notes.append(times(range[0], range[1])) }
        guard let read = part.read else { return notes }
        if read.headSeries > 0 { notes.append("in memory: \(counted(read.headSeries, "series", "series"))") }
        if read.shards.count <= ExplanationRenderer.shardsMax {
            for shard in read.shards { notes.append("shard \(shard.day): " + amounts([shard])) }
        } else if let first = read.shards.first, let last = read.shards.last {
            notes.append("\(read.shards.count) shards, \(first.day) to \(last.day): " + amounts(read.shards))
        }
        if read.headSeries == 0 && read.shards.isEmpty { notes.append("nothing found") }
        return notes
    }

    private func amounts(_ shards: [QueryExplanationReply.Shard]) -> String {
        let pages = shards.reduce(0) { $0 + $1.pages }
        let bytes = QuantityUnit.bytes.text(Double(shards.reduce(0) { $0 + $1.bytes }))
        let series = shards.map(\.series).max() ?? 0
        return "\(shards.count > 1 ? "up to " : "")\(counted(series, "series", "series")), \(counted(pages, "page")), \(bytes)"
    }

    // MARK: Numbers

    /// `2026-11-22 09:55:00 to 10:00:00 UTC`.
    private func times(_ start: Double, _ end: Double) -> String {
        let (start, end) = (moment(start), moment(end))
        let opening = "\(start.date.text) \(start.clockWithSeconds)"
        return start.date == end.date
            ? "\(opening) to \(end.clockWithSeconds) UTC" : "\(opening) to \(end.date.text) \(end.clockWithSeconds) UTC"
    }

    private func moment(_ seconds: Double) -> CivilTime {
        CivilTime(seconds: Int(min(max(seconds, -62_135_596_800), 253_402_300_799).rounded(.down)))
    }

    /// Three digits with the unit that suits them: `12.3 ms`.
    private func duration(_ seconds: Double) -> String {
        let (value, unit) =
            switch seconds {
            case ..<0.000_999_5: (seconds * 1e6, "µs")
            case ..<0.999_5: (seconds * 1000, "ms")
            default: (seconds, "s")
            }
        let digits = value < 9.995 ? 2 : value < 99.95 ? 1 : 0
        return String(format: "%.\(unit == "µs" ? 0 : digits)f", value) + " " + unit
    }

    private func share(_ seconds: Double, of total: Double) -> String {
        total > 0 ? String(format: "%.0f%%", max(0, min(1, seconds / total)) * 100) : ""
    }

    /// With a comma between thousands.
    private func grouped(_ number: Int) -> String {
        var digits = String(number.magnitude)
        var text = ""
        while digits.count > 3 {
            text = "," + digits.suffix(3) + text
            digits.removeLast(3)
        }
        return (number < 0 ? "-" : "") + digits + text
    }

    private func counted(_ number: Int, _ one: String, _ many: String? = nil) -> String {
        "\(grouped(number)) \(number == 1 ? one : many ?? one + "s")"
    }

    // MARK: Text

    private func mark(_ unicode: String, _ ascii: String) -> String { terminal.hasUnicode ? unicode : ascii }

    /// Text with what the terminal cannot show written otherwise, on one line.
    private func shown(_ text: String) -> String {
        let line = text.replacing("\n", with: " ")
        if terminal.hasUnicode { return line }
        return line.replacing("…", with: "...").replacing("→", with: "->").replacing("µs", with: "us")
    }

    private func columns(_ rows: [Row]) -> String {
        let widths = (0..<4).map { column in rows.map { displayWidth($0.cells[column]) }.max() ?? 0 }
        var text = ""
        for row in rows {
            let cells = row.cells.enumerated().map { index, cell in
                let padded = String(repeating: " ", count: widths[index] - displayWidth(cell)) + cell
                return index < 2 && row.isHot ? painted(padded, "1;31") : padded
            }
            let tree = row.isNote ? painted(row.tree, "2") : row.isHot ? painted(row.tree, "1") : row.tree
            text += cells.joined(separator: "  ") + "  " + tree + "\n"
        }
        return text
    }

    private func painted(_ text: String, _ style: String) -> String {
        terminal.hasColor ? "\u{1b}[\(style)m\(text)\u{1b}[0m" : text
    }
}
