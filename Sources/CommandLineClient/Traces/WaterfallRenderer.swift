internal import TelemetryModel

/// Draws a trace as a waterfall: its spans as a tree at the left, how long each took, and when, as bars at the right. Beneath a span stand its
/// error, its events and links.
struct WaterfallRenderer {
    let terminal: Terminal
    let tree: TraceTree
    private let path: CriticalPath
    private let plan: WaterfallPlan
    private let time: SpanTime
    private let shown: ShownText
    private let colors: [String: String]
    private let isAll: Bool

    /// Columns that are the least to draw in.
    private static let widthMin = 40
    private static let palette = ["36", "33", "32", "35", "34", "96", "93", "92", "95", "94"]
    private static let red = "31"
    private static let dim = "2"

    init(_ tree: TraceTree, terminal: Terminal, options: WaterfallPlan.Options = .init()) {
        self.tree = tree
        self.terminal = terminal
        path = CriticalPath(tree)
        plan = WaterfallPlan(tree, options)
        time = SpanTime(for: terminal)
        shown = ShownText(for: terminal)
        isAll = options.isAll
        colors = Dictionary(
            tree.services.enumerated().map { ($0.element, WaterfallRenderer.palette[$0.offset % WaterfallRenderer.palette.count]) }
        ) { first, _ in first }
    }

    private var width: Int { max(WaterfallRenderer.widthMin, terminal.width) }

    /// - Returns: lines no wider than the terminal, or than 40 columns where it is narrower.
    func render() -> String {
        head() + "\n" + waterfall() + "\n" + foot()
    }

    // MARK: Head and foot

    private func head() -> String {
        let root = tree.roots.first { tree.nodes[$0].origin == .root } ?? tree.roots.first
        var first = StyledLine()
        first.add(root.map { tree.spans[$0].traceID.hexadecimal } ?? "", "1")
        if let root {
            first.add("  ")
            first.add(shown(tree.service(root)), color(root))
            first.add(" " + shown(tree.spans[root].name))
        }
        let errors = tree.nodes.indices.lazy.filter { tree.isError($0) }.count
        var parts = [
            time.moment(tree.start), time.duration(tree.duration),
            counted(tree.nodes.count, "span") + " of " + counted(tree.services.count, "service"),
        ]
        if errors > 0 { parts.append(terminal.mark("✗ ", "! ") + counted(errors, "error")) }
        return first.rendered(terminal, width: width) + "\n"
            + flowed(parts, separator: "  ", width: width, hasUnicode: terminal.hasUnicode)
    }

    private func foot() -> String {
        var text = ""
        let total = path.times.reduce(0, +)
        if total > 0 {
            let shares = path.timesByService(tree).prefix(8).map { service, time in
                "\(shown(service)) \(self.time.duration(time)) (\(percent(time, of: total)))"
            }
            let legend = terminal.mark("█", "#") + " critical path:"
            text += flowed(
                [legend + " " + (shares.first ?? "")] + shares.dropFirst(), separator: ", ", width: width,
                hasUnicode: terminal.hasUnicode, indent: "  ")
        }
        for remark in remarks() {
            text += terminal.painted(truncated(remark, to: width, hasUnicode: terminal.hasUnicode), WaterfallRenderer.dim) + "\n"
        }
        return text
    }

    private func percent(_ part: UInt64, of whole: UInt64) -> String {
        "\(Int((Double(part) / Double(max(1, whole)) * 100).rounded()))%"
    }

    /// What is odd about the trace, or left out.
    private func remarks() -> [String] {
        var remarks: [String] = []
        if plan.hiddenCount > 0 { remarks.append(counted(plan.hiddenCount, "span") + " not shown; --all or --depth N shows more") }
        let orphans = tree.nodes.lazy.filter { $0.origin == .parentMissing }.count
        if orphans > 0 { remarks.append(counted(orphans, "span") + (orphans == 1 ? " names" : " name") + " a parent that is not here") }
        let circles = tree.nodes.lazy.filter { $0.origin == .circle }.count
        if circles > 0 {
            remarks.append(counted(circles, "span") + (circles == 1 ? " is its" : " are their") + " own ancestor; shown as a root")
        }
        let reversed = tree.spans.lazy.filter { $0.end < $0.start }.count
        if reversed > 0 {
            remarks.append(
                counted(reversed, "span") + (reversed == 1 ? " ends before it starts" : " end before they start") + "; shown without length"
            )
        }
        let roots = tree.nodes.lazy.filter { $0.origin == .root }.count
        if roots > 1 { remarks.append("\(roots) spans are roots") }
        return remarks
    }

    // MARK: Rows

    private func waterfall() -> String {
        let durations = plan.rows.map { row in
            switch row.content {
            case .span(let index, _): time.duration(tree.spans[index].duration)
            case .folded(let members, _): terminal.mark("Σ", "sum ") + time.duration(members.reduce(0) { $0 &+ tree.spans[$1].duration })
            }
        }
        let durationWidth = max(4, durations.map(displayWidth).max() ?? 0)
        let free = width - durationWidth - 4
        let levelsMax = free / 8
        let labels = plan.rows.map { label($0, width: .max, levelsMax: levelsMax).width }
        let labelWidth = min(max(labels.max() ?? 0, 8), free * 55 / 100)
        let scale = TimeScale(start: tree.start, end: tree.end, columns: free - labelWidth)

        let axis = scale.axis(time, total: tree.duration)
        var text =
            terminal.painted(
                padded("SPAN", to: labelWidth) + "  " + padded("TIME", to: durationWidth, trailing: true) + "  " + axis,
                WaterfallRenderer.dim)
            + "\n"
        var segments: [Int: [CriticalPath.Segment]] = [:]
        for segment in path.segments { segments[segment.span, default: []].append(segment) }
        for (row, duration) in zip(plan.rows, durations) {
            text += label(row, width: labelWidth, levelsMax: levelsMax).rendered(terminal, width: labelWidth, isFilled: true)
            text += "  " + padded(duration, to: durationWidth, trailing: true) + "  " + bar(row, scale, segments) + "\n"
            if case .span(let index, _) = row.content {
                let margin = row.branch.continuation(terminal, levelsMax: levelsMax, hasRowsBelow: row.hasRowsBelow)
                for detail in details(of: index) {
                    var line = StyledLine()
                    line.add(margin)
                    line.add(detail.text, detail.style)
                    text += line.rendered(terminal, width: width) + "\n"
                }
            }
        }
        return text
    }

    private func color(_ index: Int) -> String { colors[tree.service(index)] ?? "" }

    /// - Parameter limit: columns that the name leaves for what stands behind it.
    private func label(_ row: WaterfallPlan.Row, width limit: Int, levelsMax: Int) -> StyledLine {
        var line = StyledLine()
        line.add(row.branch.prefix(terminal, levelsMax: levelsMax), WaterfallRenderer.dim)
        switch row.content {
        case .span(let index, let hidden):
            let isError = tree.isError(index)
            if isError { line.add(terminal.mark("✗ ", "! "), WaterfallRenderer.red) }
            let suffix = hidden > 0 ? " (+\(grouped(hidden)))" : ""
            let free = limit == .max ? Int.max / 2 : max(1, limit - line.width - displayWidth(suffix))
            let service = truncated(shown(tree.service(index)), to: max(6, free / 2), hasUnicode: terminal.hasUnicode)
            line.add(service, isError ? WaterfallRenderer.red : color(index))
            let name = shown(tree.spans[index].name)
            line.add(
                " " + truncated(name, to: max(1, free - displayWidth(service) - 1), hasUnicode: terminal.hasUnicode),
                isError ? WaterfallRenderer.red : "")
            line.add(suffix, WaterfallRenderer.dim)
        case .folded(let members, let count):
            let keys = Set(members.map { SpanKey(tree, $0) })
            var words = terminal.mark("⋯ ", "... ") + "\(grouped(members.count)) more"
            if keys.count == 1, let key = keys.first { words += " " + shown(key.name) }
            if count > members.count { words += " (+\(grouped(count - members.count)))" }
            line.add(words, WaterfallRenderer.dim)
        }
        return line
    }

    private func bar(_ row: WaterfallPlan.Row, _ scale: TimeScale, _ segments: [Int: [CriticalPath.Segment]]) -> String {
        func cells(_ index: Int) -> [TimeScale.Cell] {
            scale.bar(from: tree.spans[index].start, until: tree.spans[index].effectiveEnd, critical: segments[index] ?? [])
        }
        let bar: [TimeScale.Cell]
        let style: String
        switch row.content {
        case .span(let index, _):
            bar = cells(index)
            style = tree.isError(index) ? WaterfallRenderer.red : color(index)
        case .folded(let members, _):
            bar = TimeScale.union(members.map(cells), columns: scale.columns)
            style = members.first.map(color) ?? ""
        }
        var text = ""
        var run = ""
        var kind = TimeScale.Cell.empty
        let end = (bar.lastIndex { $0 != .empty } ?? -1) + 1
        for cell in bar[..<end] + [.empty] {
            if cell != kind {
                text += kind == .empty ? run : terminal.painted(run, kind == .plain ? "2;" + style : style)
                run = ""
                kind = cell
            }
            run += cell == .empty ? " " : cell == .critical ? terminal.mark("█", "#") : terminal.mark("░", "-")
        }
        return text
    }

    // MARK: Details

    /// Events and links of a span that are shown where not everything is.
    private static let detailsMax = 3

    private func details(of index: Int) -> [(text: String, style: String)] {
        let span = tree.spans[index]
        let details = SpanDetails(span, traceStart: tree.start, time: time, shown: shown)
        let cross = terminal.mark("✗ ", "! ")
        var lines: [(String, String)] = []
        if let error = details.error { lines.append((cross + error, WaterfallRenderer.red)) }
        let limit = isAll ? Int.max : WaterfallRenderer.detailsMax
        for exception in details.exceptions.prefix(limit) { lines.append((cross + exception, WaterfallRenderer.red)) }
        for event in details.events.prefix(limit) { lines.append((terminal.mark("• ", "* ") + event, WaterfallRenderer.dim)) }
        for link in details.links.prefix(limit) { lines.append((terminal.mark("→ ", "> ") + link, WaterfallRenderer.dim)) }
        let left = [details.exceptions, details.events, details.links].reduce(0) { $0 + max(0, $1.count - limit) }
        if left > 0 { lines.append((terminal.mark("⋯ ", "... ") + "\(grouped(left)) more events and links", WaterfallRenderer.dim)) }
        return lines
    }
}
