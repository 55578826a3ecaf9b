/// What is to be said of a dashboard's file, and where.
public struct DashboardFinding: Sendable, Hashable {
    public enum Severity: String, Sendable, Hashable {
        /// Grafana refuses or misunderstands it.
        case error
        /// It works, and a reviewer would ask for it to be changed.
        case note
    }

    public var severity: Severity
    /// From 1.
    public var line: Int
    /// From 1, in bytes.
    public var column: Int
    /// What it is about, such as `panel “Requests”`; empty where it is about the whole.
    public var subject: String
    public var message: String

    public init(_ severity: Severity, line: Int, column: Int, subject: String = "", message: String) {
        self.severity = severity
        self.line = line
        self.column = column
        self.subject = subject
        self.message = message
    }
}

/// Findings as they are made, with the text whose places they name.
struct Findings {
    private let lineStarts: [Int]
    private(set) var all: [DashboardFinding] = []

    init(of text: [UInt8]) {
        lineStarts = [0] + text.indices.filter { text[$0] == UInt8(ascii: "\n") }.map { $0 + 1 }
    }

    mutating func error(_ message: String, at offset: Int, in subject: String = "") { add(.error, message, offset, subject) }
    mutating func note(_ message: String, at offset: Int, in subject: String = "") { add(.note, message, offset, subject) }

    private mutating func add(_ severity: DashboardFinding.Severity, _ message: String, _ offset: Int, _ subject: String) {
        let (line, column) = place(offset)
        all.append(DashboardFinding(severity, line: line, column: column, subject: subject, message: message))
    }

    /// Line and column of a byte, both from 1.
    func place(_ offset: Int) -> (line: Int, column: Int) {
        var low = 0
        var high = lineStarts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if lineStarts[middle] <= offset { low = middle } else { high = middle }
        }
        return (low + 1, offset - lineStarts[low] + 1)
    }

    /// In the order of the text.
    var sorted: [DashboardFinding] {
        all.enumerated().sorted { ($0.element.line, $0.element.column, $0.offset) < ($1.element.line, $1.element.column, $1.offset) }
            .map(\.element)
    }
}
