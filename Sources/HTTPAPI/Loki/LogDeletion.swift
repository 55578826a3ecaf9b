internal import CivilCalendar
public import LogQL

/// Which entries are to be deleted.
public struct LogDeletion: Sendable {
    /// As it was written.
    public let text: String
    /// Its stages are line filters only.
    public let selector: LogSelector
    /// In nanoseconds; the end, other than that of a query, is part of it.
    public let times: ClosedRange<Int64>

    /// - Throws: where the query is none that says what is to be deleted, in the words for whoever sent it.
    public init(_ text: String, in times: ClosedRange<Int64>) throws {
        self.text = text
        guard let query = try? LogQLParser().parse(text), case .logs(let selector) = query.root else {
            throw APIFailure(.badData, "invalid query expression")
        }
        let isFilter = selector.stages.allSatisfy { if case .lineFilter = $0 { true } else { false } }
        if !isFilter {
            throw APIFailure(.badData, "only a selector and line filters (|=, !=, |~, !~) say what is to be deleted, no other stages")
        }
        self.selector = selector
        self.times = times
    }

    init(_ parameters: FormParameters, now: Int64) throws {
        guard let text = parameters["query"] else { throw APIFailure(.badData, "query not set") }
        // What is wrong with the query is said before what is wrong with the times.
        _ = try LogDeletion(text, in: 0...0)
        guard let startText = parameters["start"] else { throw APIFailure(.badData, "start time not set") }
        let start = try LogDeletion.time(startText, "start")
        let end = try parameters["end"].map { try LogDeletion.time($0, "end") } ?? now / 1_000_000 * 1_000_000
        if end > now { throw APIFailure(.badData, "deletes in the future are not allowed") }
        if start >= end { throw APIFailure(.badData, "start time can't be greater than or equal to end time") }
        try self.init(text, in: start...end)
    }

    /// Ten digits of seconds, or RFC 3339.
    private static func time(_ text: String, _ name: String) throws(APIFailure) -> Int64 {
        if let time = RFC3339.parse(text) {
            let (product, overflows) = time.millisecondsSince1970.multipliedReportingOverflow(by: 1_000_000)
            if !overflows { return product }
        } else if text.utf8.count == 10, let seconds = Int64(text), seconds >= 0 {
            let (product, overflows) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
            return overflows ? .max : product
        }
        throw APIFailure(.badData, "invalid \(name) time: require unix seconds or RFC3339 format")
    }
}

/// A deletion that somebody asked for, and how far it is.
public struct LogDeletionRequest: Sendable {
    /// As Loki calls them.
    public enum Status: String, Sendable {
        /// It waits, and can be cancelled.
        case received
        /// What it is about is deleted.
        case processed
    }

    public var id: String
    /// What was to be deleted, as it was written.
    public var text: String
    /// In nanoseconds; the end is part of it.
    public var times: ClosedRange<Int64>
    /// Milliseconds since 1970.
    public var createdAt: Int64
    public var status: Status
    /// How many entries were deleted; nil before.
    public var entries: Int?

    public init(id: String, text: String, times: ClosedRange<Int64>, createdAt: Int64, status: Status, entries: Int?) {
        self.id = id
        self.text = text
        self.times = times
        self.createdAt = createdAt
        self.status = status
        self.entries = entries
    }
}
