internal import ConfigFile
internal import PromQL
internal import RuleTesting
internal import TelemetryModel

/// Results of unit tests for people: what was expected beside what came, line by line.
struct UnitTestRenderer {
    let terminal: Terminal
    /// Whether what is as expected is shown as well.
    let isWhole: Bool

    private static let red = "31"
    private static let green = "32"
    private static let dim = "2"

    /// The lines of one file.
    func render(_ result: UnitTestFileResult) -> String {
        guard result.hasFailed else { return "  SUCCESS\n" }
        if !result.faults.isEmpty { return "  FAILED:\n" + result.faults.map { $0.description + "\n" }.joined() }
        let failed = result.outcomes.filter { !$0.failures.isEmpty }
        var text = "  FAILED: \(grouped(failed.count)) of \(counted(result.outcomes.count, "test"))\n"
        for outcome in failed {
            text += "\n  \(terminal.painted(shown(outcome.name), "1"))\n"
            for failure in outcome.failures { text += indented(self.text(of: failure, in: result.path), by: 4) }
        }
        return text
    }

    /// One failure, in lines.
    func text(of failure: UnitTestFailure, in path: String) -> String {
        let place = terminal.painted("\(path):\(failure.place.line):\(failure.place.column)", UnitTestRenderer.dim)
        let moment = failure.time.map { " at " + PromQLDuration.text(milliseconds: $0) } ?? ""
        switch failure.kind {
        case .alerts(let name, let expected, let got):
            return "alert \(shown(name))\(moment)  \(place)\n"
                + indented(AlertComparison(expected, got).lines(isWhole).text(painted), by: 2)
        case .samples(let expression, let expected, let got):
            return "expr \(shown(expression))\(moment)  \(place)\n" + indented(lines(expected, got).text(painted), by: 2)
        case .expression(let expression, let reason): return "expr \(shown(expression))\(moment)  \(place)\n  \(shown(reason))\n"
        case .rule(let name, let reason): return "rule \(shown(name))\(moment)  \(place)\n  \(shown(reason))\n"
        case .input(let message): return "\(message)  \(place)\n"
        }
    }

    private func shown(_ text: String) -> String { ShownText(for: terminal)(text) }

    private func painted(_ line: ComparedLines.Line) -> String {
        switch line.kind {
        case .same: "  " + shown(line.text)
        case .expected: terminal.painted("- " + shown(line.text), UnitTestRenderer.red)
        case .got: terminal.painted("+ " + shown(line.text), UnitTestRenderer.green)
        case .title: line.text
        }
    }

    private func indented(_ text: String, by count: Int) -> String {
        let indent = String(repeating: " ", count: count)
        return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast(text.hasSuffix("\n") ? 1 : 0)
            .map { $0.isEmpty ? "\n" : indent + $0 + "\n" }.joined()
    }

    private func lines(_ expected: [ComparedSample], _ got: [ComparedSample]) -> ComparedLines {
        var lines = ComparedLines()
        if expected.isEmpty { lines.title("expected nothing, got \(counted(got.count, "sample"))") }
        if got.isEmpty { lines.title("expected \(counted(expected.count, "sample")), got nothing") }
        let width = (expected + got).map { displayWidth($0.labels.description) }.max() ?? 0
        func row(_ sample: ComparedSample) -> String { padded(sample.labels.description, to: width) + "  " + sample.valueText }
        var rest = got[...]
        for sample in expected {
            while let next = rest.first, next.labels < sample.labels { lines.add(.got, row(rest.removeFirst())) }
            guard let next = rest.first, next.labels == sample.labels else {
                lines.add(.expected, row(sample))
                continue
            }
            rest.removeFirst()
            if row(next) == row(sample), !next.number.isNaN {
                if isWhole { lines.add(.same, row(sample)) }
            } else {
                lines.add(.expected, row(sample))
                lines.add(.got, row(next))
            }
        }
        for sample in rest { lines.add(.got, row(sample)) }
        if zip(expected, got).contains(where: { $0.number.isNaN && $1.number.isNaN }) {
            lines.title("NaN is equal to nothing, itself included; test for it with an expression such as x != x")
        }
        return lines
    }
}

/// Lines that were expected, came, or both.
struct ComparedLines {
    enum Kind { case same, expected, got, title }

    struct Line {
        var kind: Kind
        var text: String
    }

    private(set) var lines: [Line] = []

    mutating func add(_ kind: Kind, _ text: String) { lines.append(Line(kind: kind, text: text)) }
    mutating func title(_ text: String) { add(.title, text) }

    func text(_ painted: (Line) -> String) -> String { lines.map { painted($0) + "\n" }.joined() }
}

/// Finds out which of the expected alerts is which of those that fire, and how they differ.
struct AlertComparison {
    private var pairs: [(expected: FiringAlert, got: FiringAlert)] = []
    private var missing: [FiringAlert]
    private var unexpected: [FiringAlert]
    private var sameCount = 0

    init(_ expected: [FiringAlert], _ got: [FiringAlert]) {
        missing = expected
        unexpected = got
        for alert in expected {
            guard let place = unexpected.firstIndex(of: alert), let own = missing.firstIndex(of: alert) else { continue }
            unexpected.remove(at: place)
            missing.remove(at: own)
            sameCount += 1
        }
        // Those that are most alike belong together.
        while let best = mostAlike() {
            pairs.append((missing.remove(at: best.expected), unexpected.remove(at: best.got)))
        }
    }

    private func mostAlike() -> (expected: Int, got: Int)? {
        var best: (expected: Int, got: Int)?
        var greatest = -1
        for (index, alert) in missing.enumerated() {
            for (other, candidate) in unexpected.enumerated() {
                let alike =
                    alert.labels.filter(candidate.labels.contains).count * 100
                    + alert.annotations.filter(candidate.annotations.contains).count
                if alike > greatest { (best, greatest) = ((index, other), alike) }
            }
        }
        return best
    }

    func lines(_ isWhole: Bool) -> ComparedLines {
        var lines = ComparedLines()
        if sameCount > 0 { lines.title("\(counted(sameCount, "alert")) as expected; the rest:") }
        for pair in pairs {
            lines.title("differs:")
            let width =
                (pair.expected.labels + pair.expected.annotations + pair.got.labels + pair.got.annotations).map { displayWidth($0.name) }
                .max() ?? 0
            add(pair.expected.labels, pair.got.labels, width, showsSame: true, &lines)
            if isWhole || pair.expected.annotations != pair.got.annotations {
                lines.title("  annotations")
                add(pair.expected.annotations, pair.got.annotations, width, showsSame: isWhole, &lines)
            }
        }
        for alert in missing { add(alert, .expected, "expected, and does not fire:", &lines) }
        for alert in unexpected { add(alert, .got, "fires, and is not expected:", &lines) }
        return lines
    }

    private func add(_ alert: FiringAlert, _ kind: ComparedLines.Kind, _ title: String, _ lines: inout ComparedLines) {
        lines.title(title)
        let width = (alert.labels + alert.annotations).map { displayWidth($0.name) }.max() ?? 0
        for label in alert.labels { lines.add(kind, row(label, width)) }
        if !alert.annotations.isEmpty { lines.title("  annotations") }
        for label in alert.annotations { lines.add(kind, row(label, width)) }
    }

    private func add(_ expected: [Label], _ got: [Label], _ width: Int, showsSame: Bool, _ lines: inout ComparedLines) {
        let names = Set(expected.map(\.name)).union(got.map(\.name)).sorted()
        for name in names {
            let mine = expected.first { $0.name == name }
            let theirs = got.first { $0.name == name }
            if mine == theirs, let mine {
                if showsSame { lines.add(.same, row(mine, width)) }
            } else {
                if let mine { lines.add(.expected, row(mine, width)) }
                if let theirs { lines.add(.got, row(theirs, width)) }
            }
        }
    }

    private func row(_ label: Label, _ width: Int) -> String { padded(label.name, to: width) + "  " + quoted(label.value) }
}
