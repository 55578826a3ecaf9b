internal import TelemetryModel

/// Two traces as one tree with the times of both, and sums by service beneath.
struct TraceDiffRenderer: Sendable {
    let terminal: Terminal
    let diff: TraceDiff
    /// Whether spans that hardly differ are shown in large traces, too.
    var isAll = false

    /// Up to so many rows all are shown.
    private static let rowsMax = 40
    /// The part of the longer trace's time that a span has to differ by to be worth its row in a large one.
    private static let shareMin = 0.01

    private var time: SpanTime { SpanTime(for: terminal) }
    private var shown: ShownText { ShownText(for: terminal) }
    private var width: Int { max(50, terminal.width) }

    func render() -> String { head() + "\n" + tree() + "\n" + services() + "\n" + verdict() }

    private func head() -> String {
        let moments = [diff.first, diff.second].map { time.moment($0.start) }
        // The day is worth its columns where it is not the same.
        let dayColumns = moments[0].prefix(10) == moments[1].prefix(10) ? 11 : 0
        var text = ""
        for (place, (name, tree)) in [("A", diff.first), ("B", diff.second)].enumerated() {
            let errors = tree.nodes.indices.lazy.filter { tree.isError($0) }.count
            var line = StyledLine()
            line.add(name + "  ", "1")
            line.add(tree.spans.first?.traceID.hexadecimal ?? "", "1")
            line.add("  " + moments[place].dropFirst(dayColumns).dropLast(8))
            line.add("  " + time.duration(tree.duration) + "  " + counted(tree.nodes.count, "span"))
            if errors > 0 { line.add("  " + counted(errors, "error"), "31") }
            text += line.rendered(terminal, width: width) + "\n"
        }
        return text
    }

    // MARK: Tree

    private struct Line {
        var mark: String
        var label: String
        var first = ""
        var second = ""
        var change = ""
        var percent = ""
        var style = ""
    }

    private func tree() -> String {
        let lines = self.lines()
        let numbers: [KeyPath<Line, String>] = [\.first, \.second, \.change, \.percent]
        let titles = ["A", "B", "CHANGE", ""]
        let widths = zip(numbers, titles).map { number, title in
            max(title.count, lines.map { displayWidth($0[keyPath: number]) }.max() ?? 0)
        }
        let labelWidth = min(
            max(4, lines.map { displayWidth($0.label) }.max() ?? 0), max(12, width - 2 - widths.reduce(0) { $0 + $1 + 2 }))
        var text = "  " + padded("SPAN", to: labelWidth)
        for (title, width) in zip(titles, widths) { text += "  " + padded(title, to: width, trailing: true) }
        text = terminal.painted(text.withoutTrailingSpaces, "2") + "\n"
        for line in lines {
            var row = padded(line.mark, to: 2)
            row += padded(truncated(line.label, to: labelWidth, hasUnicode: terminal.hasUnicode), to: labelWidth)
            for (number, width) in zip(numbers, widths) { row += "  " + padded(line[keyPath: number], to: width, trailing: true) }
            text += terminal.painted(row.withoutTrailingSpaces, line.style) + "\n"
        }
        return text
    }

    private func lines() -> [Line] {
        let levelsMax = max(4, width / 8)
        if isAll || diff.rows.count <= TraceDiffRenderer.rowsMax { return diff.rows.map { line($0, levelsMax) } }
        // A row is worth showing for its own sake or for one below it.
        let total = max(diff.first.duration, diff.second.duration)
        var isWorth = diff.rows.map { row in
            row.parent == nil || row.kind != .same || diff.hasErrorChange(row)
                || Double(diff.duration(row).difference) >= Double(total) * TraceDiffRenderer.shareMin
        }
        for place in diff.rows.indices.reversed() where isWorth[place] {
            if let parent = diff.rows[place].parent { isWorth[parent] = true }
        }
        var lines: [Line] = []
        var hidden = 0
        var place = 0
        func flush(_ branch: TreeBranch) {
            guard hidden > 0 else { return }
            let margin = branch.continuation(terminal, levelsMax: levelsMax, hasRowsBelow: false)
            lines.append(Line(mark: "", label: margin + terminal.mark("⋯ ", "... ") + counted(hidden, "span") + " alike", style: "2"))
            hidden = 0
        }
        var lastShown: TreeBranch?
        while place < diff.rows.count {
            let row = diff.rows[place]
            if isWorth[place] {
                if let lastShown { flush(lastShown) }
                lines.append(line(row, levelsMax, isWhole: row.kind != .same))
                lastShown = row.branch
                // Of what only one has the first span stands for all below it.
                if row.kind != .same {
                    place += row.descendants + 1
                    continue
                }
                place += 1
            } else {
                hidden += row.descendants + 1
                place += row.descendants + 1
            }
        }
        if let lastShown { flush(lastShown) }
        return lines
    }

    /// - Parameter isWhole: whether the row stands for those below it as well.
    private func line(_ row: TraceDiff.Row, _ levelsMax: Int, isWhole: Bool = false) -> Line {
        let key = diff.key(row)
        var label = row.branch.prefix(terminal, levelsMax: levelsMax)
        if diff.isError(row) { label += terminal.mark("✗ ", "! ") }
        label += shown(key.service) + " " + shown(key.name)
        if isWhole && row.descendants > 0 { label += " (+\(grouped(row.descendants)))" }
        let times = diff.duration(row)
        var line = Line(mark: "", label: label)
        if row.first != nil { line.first = time.duration(times.first) } else { line.first = "-" }
        if row.second != nil { line.second = time.duration(times.second) } else { line.second = "-" }
        switch row.kind {
        case .added:
            line.mark = "+"
            line.change = "added"
            line.style = "32"
        case .removed:
            line.mark = "-"
            line.change = "removed"
            line.style = "35"
        case .same:
            line.change = time.change(from: times.first, to: times.second)
            if let percent = times.percent, times.difference > 0 { line.percent = TraceDiffRenderer.percent(percent) }
            if diff.hasErrorChange(row) {
                line.mark = "!"
                line.percent = diff.isError(row) ? "now fails" : "no longer fails"
                line.style = diff.isError(row) ? "31" : "32"
            } else if let percent = times.percent, percent >= 20, Double(times.difference) >= Double(diff.first.duration) * 0.01 {
                line.style = "33"
            }
        }
        return line
    }

    private static func percent(_ percent: Double) -> String {
        if percent >= 1000 { return "x\(Int((percent / 100 + 1).rounded()))" }
        let rounded = Int(percent.rounded())
        return (rounded > 0 ? "+" : "") + "\(rounded)%"
    }

    // MARK: Sums

    private func services() -> String {
        let columns: [TextTable.Column] = [
            .init(title: "SERVICE"), .init(title: "SPANS", alignment: .trailing), .init(title: "ERRORS", alignment: .trailing),
            .init(title: "SELF TIME A", alignment: .trailing), .init(title: "B", alignment: .trailing),
            .init(title: "CHANGE", alignment: .trailing),
        ]
        var table = TextTable(columns)
        for sum in diff.services {
            table.add([
                truncated(shown(sum.service), to: 24, hasUnicode: terminal.hasUnicode), pair(sum.spans), pair(sum.errors),
                time.duration(sum.selfTimes.first), time.duration(sum.selfTimes.second),
                time.change(from: sum.selfTimes.first, to: sum.selfTimes.second),
            ])
        }
        return table.rendered()
    }

    private func pair(_ pair: TraceDiff.Pair) -> String {
        pair.first == pair.second ? grouped(pair.first) : grouped(pair.first) + terminal.mark(" → ", " > ") + grouped(pair.second)
    }

    private func verdict() -> String {
        var parts: [String] = []
        let (added, removed) = (diff.count(.added), diff.count(.removed))
        if added > 0 { parts.append(counted(added, "span") + " added") }
        if removed > 0 { parts.append(counted(removed, "span") + " removed") }
        let failing = diff.rows.lazy.filter { diff.hasErrorChange($0) && diff.isError($0) }.count
        let mended = diff.rows.lazy.filter { diff.hasErrorChange($0) && !diff.isError($0) }.count
        if failing > 0 { parts.append(counted(failing, "span") + " now failing") }
        if mended > 0 { parts.append(counted(mended, "span") + " no longer failing") }
        let total = TraceDiff.TimePair(first: diff.first.duration, second: diff.second.duration)
        var change = time.change(from: total.first, to: total.second)
        if let percent = total.percent, total.difference > 0 { change += " (" + TraceDiffRenderer.percent(percent) + ")" }
        return (parts.isEmpty ? "same spans" : parts.joined(separator: ", ")) + "; in all " + change + "\n"
    }

    // MARK: JSON

    /// One line: `{"a":{…},"b":{…},"isAlike":…,"services":[…],"spans":[…]}`. Spans are those of both traces, parents before their children, with
    /// `a` and `b` where the trace has it (`durationNanos`, `isError`, `spanID`), `change` (`same`, `added`, `removed`), `depth`, `name`, `service`.
    func json() -> String {
        var json = JSONText()
        json.object { json in
            json.member("a") { trace(diff.first, &$0) }
            json.member("b") { trace(diff.second, &$0) }
            json.member("isAlike") { $0.raw(diff.isAlike ? "true" : "false") }
            json.member("services") { json in
                json.array(diff.services) { json, sum in
                    json.object { json in
                        json.member("errors") { $0.raw("[\(sum.errors.first),\(sum.errors.second)]") }
                        json.member("selfNanos") { $0.raw("[\"\(sum.selfTimes.first)\",\"\(sum.selfTimes.second)\"]") }
                        json.member("service") { $0.string(sum.service) }
                        json.member("spans") { $0.raw("[\(sum.spans.first),\(sum.spans.second)]") }
                    }
                }
            }
            json.member("spans") { json in
                json.array(diff.rows) { json, row in
                    json.object { json in
                        if let index = row.first { json.member("a") { span(diff.first, index, &$0) } }
                        if let index = row.second { json.member("b") { span(diff.second, index, &$0) } }
                        json.member("change") { $0.string(row.kind.rawValue) }
                        json.member("depth") { $0.raw(String(row.branch.depth)) }
                        json.member("name") { $0.string(diff.key(row).name) }
                        json.member("service") { $0.string(diff.key(row).service) }
                    }
                }
            }
        }
        return json.text + "\n"
    }

    private func trace(_ tree: TraceTree, _ json: inout JSONText) {
        json.object { json in
            json.member("durationNanos") { $0.string(String(tree.duration)) }
            json.member("spans") { $0.raw(String(tree.nodes.count)) }
            json.member("startTimeUnixNano") { $0.string(String(tree.start)) }
            json.member("traceID") { $0.string(tree.spans.first?.traceID.hexadecimal ?? "") }
        }
    }

    private func span(_ tree: TraceTree, _ index: Int, _ json: inout JSONText) {
        json.object { json in
            json.member("durationNanos") { $0.string(String(tree.spans[index].duration)) }
            json.member("isError") { $0.raw(tree.isError(index) ? "true" : "false") }
            json.member("spanID") { $0.string(tree.spans[index].spanID.hexadecimal) }
        }
    }
}
