internal import TelemetryModel

/// Which lines of a tail are new, over connections that come and go.
///
/// A new connection begins before the newest line of the one before, so that nothing is lost that came late or meanwhile; what both have
/// is reported once. Equal lines of one stream and time count: as often as the server has them they are reported.
struct LogFollowing: Sendable {
    private struct Key: Hashable {
        var time: Int64
        var line: String
        var stream: LabelSet
        var metadata: LabelSet
    }

    /// How far before its newest line a new connection begins, in nanoseconds.
    static let overlap: Int64 = 30_000_000_000

    private let start: Int64
    /// How many lines the first connection may bring from before it was made.
    private let limit: Int
    /// The first line of the first connection, and how many lines it brought so far.
    private var first: (time: Int64, count: Int)?
    private var isFirstConnection = true
    private var newest: Int64?
    /// How often each line was reported by the connections before this one.
    private var reported: [Key: Int] = [:]
    /// How often each line came over this connection.
    private var current: [Key: Int] = [:]

    /// - Parameters:
    ///   - start: where the first connection begins, in nanoseconds.
    ///   - limit: how many lines from before it was made it may bring. What is older than these is not wanted later either.
    init(start: Int64, limit: Int = .max) {
        self.start = start
        self.limit = limit
    }

    /// Where a connection begins that is made now.
    var nextStart: Int64 {
        guard let newest else { return start }
        let oldest = first.map { $0.count >= limit ? max(start, $0.time) : start } ?? start
        return max(oldest, newest.subtractingReportingOverflow(LogFollowing.overlap).overflow ? .min : newest - LogFollowing.overlap)
    }

    /// Says that a new connection was made, which began at ``nextStart``.
    mutating func reconnected() {
        let first = nextStart
        isFirstConnection = false
        reported.merge(current) { max($0, $1) }
        reported = reported.filter { $0.key.time >= first }
        current = [:]
    }

    /// Takes the lines of a message.
    ///
    /// - Returns: those that were not reported yet, in the same order.
    mutating func take(_ entries: [LogEntry]) -> [LogEntry] {
        var new: [LogEntry] = []
        if isFirstConnection, let time = entries.first?.time { first = (first?.time ?? time, (first?.count ?? 0) + entries.count) }
        for entry in entries {
            let key = Key(time: entry.time, line: entry.line, stream: entry.stream, metadata: entry.metadata)
            let count = (current[key] ?? 0) + 1
            current[key] = count
            if count > reported[key] ?? 0 { new.append(entry) }
            newest = max(newest ?? .min, entry.time)
        }
        forget()
        return new
    }

    /// How many lines are kept in memory.
    var remembered: Int { reported.count + current.count }

    /// The number of lines from which on those are forgotten that no connection will bring again.
    private var forgetsAt = 4_096

    private mutating func forget() {
        guard current.count >= forgetsAt else { return }
        let first = nextStart
        current = current.filter { $0.key.time >= first }
        reported = reported.filter { $0.key.time >= first }
        forgetsAt = max(4_096, current.count * 2)
    }
}
