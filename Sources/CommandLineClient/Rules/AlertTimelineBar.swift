internal import RuleTesting
internal import TelemetryModel

/// The states of alerts over time, in columns.
struct AlertTimelineBar {
    /// The more urgent is the greater.
    enum Cell: Int, Comparable {
        case empty, pending, kept, firing

        static func < (left: Cell, right: Cell) -> Bool { left.rawValue < right.rawValue }
    }

    private let range: TimeRange
    private(set) var cells: [Cell]

    init(range: TimeRange, columns: Int) {
        self.range = range
        cells = Array(repeating: .empty, count: max(1, columns))
    }

    mutating func add(_ alert: AlertReplay) {
        let end = min(alert.endedAt ?? range.end, range.end)
        let firedAt = alert.firedAt ?? .max
        fill(.pending, alert.activeAt, min(firedAt, end))
        guard firedAt < end || (firedAt == end && alert.endedAt == nil) else { return }
        // What is kept is the end of it, unless the expression held again in between.
        fill(.firing, firedAt, end - alert.keptFor)
        fill(.kept, end - alert.keptFor, end)
    }

    /// Fills all cells that a time touches, where nothing more urgent is.
    private mutating func fill(_ cell: Cell, _ from: Timestamp, _ until: Timestamp) {
        let (from, until) = (max(from, range.start), min(until, range.end))
        guard from < until || (from == until && cell == .firing) else { return }
        let length = Double(max(1, range.end - range.start))
        let first = min(cells.count - 1, Int(Double(from - range.start) / length * Double(cells.count)))
        let last = min(cells.count, max(first + 1, Int((Double(until - range.start) / length * Double(cells.count)).rounded(.up))))
        for index in first..<last { cells[index] = max(cells[index], cell) }
    }

    func text(_ terminal: Terminal) -> String {
        var text = ""
        for cell in cells {
            switch cell {
            case .empty: text += terminal.painted(terminal.mark("·", "."), "2")
            case .pending: text += terminal.painted(terminal.mark("░", "-"), "33")
            case .kept: text += terminal.painted(terminal.mark("▒", "="), "31")
            case .firing: text += terminal.painted(terminal.mark("█", "#"), "31")
            }
        }
        return text
    }
}
