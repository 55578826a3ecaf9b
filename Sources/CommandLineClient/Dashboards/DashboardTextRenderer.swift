internal import Dashboards

/// What was found of dashboards, for people.
struct DashboardTextRenderer {
    let terminal: Terminal
    let slowSeconds: Double
    /// As it was given.
    let since: String
    /// Whether a server was asked.
    let hasRun: Bool

    private static let red = "31"
    private static let green = "32"
    private static let yellow = "33"
    private static let bold = "1"
    private static let dim = "2"

    func render(_ reports: [DashboardReport]) -> String {
        reports.map(lines).joined() + summary(reports)
    }

    private func lines(_ report: DashboardReport) -> String {
        var text = terminal.painted(report.file, DashboardTextRenderer.bold)
        if let dashboard = report.dashboard {
            text += "  \(shown(dashboard.title ?? "without title")): \(counted(report.panelCount, "panel"))"
            text += ", \(counted(report.queryCount, "query", "queries"))"
            if hasRun { text += ", \(grouped(report.count(.data))) with data" }
        }
        text += "\n"
        for finding in report.findings { text += "  " + line(finding, in: report.file) + "\n" }
        for item in report.items { text += lines(item, in: report.file) }
        return text
    }

    private func line(_ finding: DashboardFinding, in file: String) -> String {
        let word =
            finding.severity == .error
            ? terminal.painted("error", DashboardTextRenderer.red) : terminal.painted("note", DashboardTextRenderer.yellow)
        let subject = finding.subject.isEmpty ? "" : shown(finding.subject) + ": "
        return "\(file):\(finding.line):\(finding.column): \(word): \(subject)\(shown(finding.message))"
    }

    /// What is wrong with a panel, and what is slow; nothing where all is well.
    private func lines(_ item: DashboardItemReport, in file: String) -> String {
        var text = ""
        switch item.state {
        case .data:
            // One empty query beside others with data is worth a look, and no failure.
            for outcome in item.outcomes where outcome.result == .empty || outcome.result == .onlyNaN {
                text += told("note", DashboardTextRenderer.yellow, item, outcome, in: file)
            }
        case .failed:
            for outcome in item.outcomes {
                if case .failed = outcome.result { text += told("error", DashboardTextRenderer.red, item, outcome, in: file) }
            }
        case .empty:
            for outcome in item.outcomes { text += told("empty", DashboardTextRenderer.red, item, outcome, in: file) }
        case .emptyAllowed where item.kind == .panel:
            for outcome in item.outcomes { text += told("empty, as it may be", DashboardTextRenderer.dim, item, outcome, in: file) }
        case .emptyAllowed: break
        }
        for outcome in item.outcomes where outcome.seconds > slowSeconds {
            let word = terminal.painted("slow", DashboardTextRenderer.yellow)
            text += "  \(file):\(outcome.line):\(outcome.column): \(word): \(name(item, outcome)) took \(seconds(outcome.seconds))\n"
        }
        return text
    }

    private func told(
        _ word: String, _ style: String, _ item: DashboardItemReport, _ outcome: QueryOutcome, in file: String
    ) -> String {
        let what: String
        switch outcome.result {
        case .failed(let message): what = shown(message)
        case .onlyNaN: what = "only NaN in the last \(since)"
        case .empty, .found: what = "no data in the last \(since)"
        }
        var text = "  \(file):\(outcome.line):\(outcome.column): \(terminal.painted(word, style)): \(name(item, outcome)): \(what)\n"
        text += "      " + terminal.painted(shown(outcome.text), DashboardTextRenderer.dim) + "\n"
        return text
    }

    private func name(_ item: DashboardItemReport, _ outcome: QueryOutcome) -> String {
        shown(item.subject) + (outcome.reference.isEmpty ? "" : ", query \(shown(outcome.reference))")
    }

    private func summary(_ reports: [DashboardReport]) -> String {
        let errors = reports.reduce(0) { $0 + $1.count(.error) }
        let notes = reports.reduce(0) { $0 + $1.count(.note) }
        var parts = [
            counted(reports.count, "dashboard"), counted(reports.reduce(0) { $0 + $1.panelCount }, "panel"),
            counted(reports.reduce(0) { $0 + $1.queryCount }, "query", "queries"),
        ]
        parts.append(painted(counted(errors, "error"), errors > 0 ? DashboardTextRenderer.red : ""))
        parts.append(painted(counted(notes, "note"), notes > 0 ? DashboardTextRenderer.yellow : ""))
        guard hasRun else { return parts.joined(separator: ", ") + "; no server was asked\n" }
        func count(_ state: DashboardItemReport.State) -> Int { reports.reduce(0) { $0 + $1.count(state) } }
        let failed = count(.failed)
        let empty = count(.empty)
        let broken = reports.reduce(0) { $0 + $1.items.count { $0.kind != .panel && ($0.state == .failed || $0.state == .empty) } }
        var text = parts.joined(separator: ", ") + "\n" + painted("\(grouped(count(.data))) with data", DashboardTextRenderer.green)
        if count(.emptyAllowed) > 0 { text += ", \(grouped(count(.emptyAllowed))) empty as they may be" }
        text += ", " + painted("\(grouped(empty)) without", empty > 0 ? DashboardTextRenderer.red : "")
        text += ", " + painted("\(grouped(failed)) with errors", failed > 0 ? DashboardTextRenderer.red : "")
        if broken > 0 { text += ", " + painted(counted(broken, "variable") + " without values", DashboardTextRenderer.red) }
        let slowest = reports.flatMap { report in report.items.map { (report, $0) } }.max { $0.1.seconds < $1.1.seconds }
        if let (report, item) = slowest, item.seconds > 0 {
            text += "; slowest: \(shown(item.subject)) of \(shown(report.dashboard?.title ?? report.file)), \(seconds(item.seconds))"
        }
        return text + "\n"
    }

    private func painted(_ text: String, _ style: String) -> String { terminal.painted(text, style) }
    private func shown(_ text: String) -> String { ShownText(for: terminal)(text) }

    private func seconds(_ seconds: Double) -> String {
        if seconds < 1 { return "\(Int((seconds * 1000).rounded())) ms" }
        return "\((seconds * 10).rounded() / 10) s"
    }
}
