internal import LabelMatching
internal import LogQL
internal import LogStorage
internal import QueryModel
internal import TelemetryModel

/// The log storage as the query engine sees it.
struct LogStorageSource: LogSource {
    let storage: LogStorage

    func tables(_ selection: LogSelection, budget: QueryBudget) throws(QueryError) -> [any LogTable] {
        try reading(budget) { () throws(LogStorageError) in
            try storage.tables(matching: selection.matchers, from: selection.start, to: selection.end).map { StoredTable($0) }
        }
    }

    func streams(_ selection: LogSelection, budget: QueryBudget) throws(QueryError) -> [LabelSet] {
        try reading(budget) { () throws(LogStorageError) in
            try storage.streams(matching: selection.matchers, from: selection.start, to: selection.end)
        }
    }
}

private func reading<Result>(_ budget: QueryBudget, _ read: () throws(LogStorageError) -> Result) throws(QueryError) -> Result {
    try budget.check()
    do throws(LogStorageError) { return try read() } catch { throw QueryError(.storage, error.message) }
}

/// A table of the storage as the query engine sees it.
private final class StoredTable: LogTable {
    private let table: any StoredLogTable

    init(_ table: any StoredLogTable) { self.table = table }

    var storedBytes: Int { table.storedBytes }
    var times: ClosedRange<Int64> { table.times }
    var rowCount: Int { table.rowCount }

    func frame(budget: QueryBudget) throws(QueryError) -> LogFrame {
        let frame = try reading(budget) { () throws(LogStorageError) in try table.frame() }
        return LogFrame(streams: frame.streams, streamStarts: frame.streamStarts, times: frame.times)
    }

    func metadataNames(budget: QueryBudget) throws(QueryError) -> [String] {
        try reading(budget) { () throws(LogStorageError) in try table.metadataNames() }
    }

    func metadata(_ name: String, budget: QueryBudget) throws(QueryError) -> LogColumn? {
        try reading(budget) { () throws(LogStorageError) in try table.metadata(name) }
    }

    func mayContain(_ needle: [UInt8], budget: QueryBudget) throws(QueryError) -> Bool {
        try reading(budget) { () throws(LogStorageError) in try table.mayContain(needle) }
    }

    func rows(mayContain needle: [UInt8], budget: QueryBudget) throws(QueryError) -> [Int32]? {
        try reading(budget) { () throws(LogStorageError) in try table.rows(mayContain: needle) }
    }

    func lines(of rows: [Int32], budget: QueryBudget) throws(QueryError) -> PackedTexts {
        try reading(budget) { () throws(LogStorageError) in try table.lines(of: rows) }
    }

    func lineLengths(budget: QueryBudget) throws(QueryError) -> [Int32] {
        try reading(budget) { () throws(LogStorageError) in try table.lineLengths() }
    }

    func documents(budget: QueryBudget) throws(QueryError) -> LogDocuments? {
        try reading(budget) { () throws(LogStorageError) in try table.documents() }
    }

    func leaf(_ leaf: Int, ofShape shape: Int, budget: QueryBudget) throws(QueryError) -> LogColumn {
        try reading(budget) { () throws(LogStorageError) in try table.leaf(leaf, ofShape: shape) }
    }
}
