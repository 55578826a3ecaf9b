internal import Dashboards

/// What came of a query.
struct QueryOutcome: Sendable, Hashable {
    enum Result: Sendable, Hashable {
        /// How many series, lines, traces or names there are.
        case found(Int)
        case empty
        /// There are series, and no number in them.
        case onlyNaN
        case failed(String)
    }

    var reference: String
    /// As it was asked.
    var text: String
    /// Where it stands in the file.
    var line: Int
    var column: Int
    var result: Result
    var seconds: Double
}

/// What came of a panel, a variable or an annotation.
struct DashboardItemReport: Sendable, Hashable {
    enum Kind: String, Sendable { case panel, variable, annotation }

    enum State: String, Sendable, Hashable {
        case data, failed
        /// No query has data.
        case empty
        /// No query has data, which whoever made the dashboard or runs the check expects.
        case emptyAllowed = "empty_allowed"
    }

    var kind: Kind
    var id: Int?
    var title: String
    /// The value for which a panel is repeated.
    var repeated: String?
    var outcomes: [QueryOutcome]
    var state: State

    init(
        _ kind: Kind, id: Int? = nil, title: String, repeated: String? = nil, outcomes: [QueryOutcome], isEmptyAllowed: Bool = false
    ) {
        self.kind = kind
        self.id = id
        self.title = title
        self.repeated = repeated
        self.outcomes = outcomes
        let hasFailed = outcomes.contains { if case .failed = $0.result { true } else { false } }
        let hasData = outcomes.contains { if case .found = $0.result { true } else { false } }
        state = hasFailed ? .failed : hasData ? .data : isEmptyAllowed ? .emptyAllowed : .empty
    }

    var seconds: Double { outcomes.map(\.seconds).max() ?? 0 }

    var subject: String {
        let name = title.isEmpty ? id.map { "\(kind.rawValue) \($0)" } ?? "\(kind.rawValue) without title" : "\(kind.rawValue) “\(title)”"
        return name + (repeated.map { " for \($0)" } ?? "")
    }
}

/// What is known of one file after the check.
struct DashboardReport: Sendable {
    var file: String
    var dashboard: Dashboard?
    var findings: [DashboardFinding]
    /// Empty where no server was asked.
    var items: [DashboardItemReport] = []

    var panelCount: Int { dashboard?.panels.count { !$0.isRow } ?? 0 }
    var queryCount: Int { dashboard?.queries.count ?? 0 }
    func count(_ severity: DashboardFinding.Severity) -> Int { findings.count { $0.severity == severity } }
    func count(_ state: DashboardItemReport.State) -> Int { items.count { $0.kind == .panel && $0.state == state } }
    var hasFailures: Bool { items.contains { $0.state == .failed || ($0.state == .empty && $0.kind != .annotation) } }
}
