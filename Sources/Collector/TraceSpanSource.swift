internal import QueryModel
internal import TelemetryModel
internal import TraceQL
internal import TraceStorage

/// The trace storage as the query engine sees it.
struct TraceSpanSource: SpanSource {
    let storage: TraceStorage

    func tables(in range: NanosecondRange, budget: QueryBudget) throws(QueryError) -> [any SpanTable] {
        try budget.check()
        do throws(TraceStorageError) {
            return try storage.tables(from: range.start, through: range.end).map { StoredSpanTable($0) }
        } catch {
            throw QueryError(.storage, error.message)
        }
    }

    func scatteredTraces(
        _ ends: [TraceID: UnixNanoseconds], in range: NanosecondRange, budget: QueryBudget
    ) throws(QueryError) -> (any SpanTable)? {
        try budget.check()
        do throws(TraceStorageError) {
            let traces = ends.map { IncompleteTrace($0.key, end: $0.value) }
            return try storage.scatteredTraces(traces, from: range.start, through: range.end).map { StoredSpanTable($0) }
        } catch {
            throw QueryError(.storage, error.message)
        }
    }

    func resourceValues(of key: String, budget: QueryBudget) throws(QueryError) -> Set<AttributeValue?> {
        try budget.check()
        do throws(TraceStorageError) { return try storage.resourceValues(of: key) } catch { throw QueryError(.storage, error.message) }
    }
}

/// A table of the storage as the query engine sees it.
private final class StoredSpanTable: SpanTable {
    private let table: any TraceTable

    init(_ table: any TraceTable) { self.table = table }

    var storedBytes: Int { table.storedBytes }

    func frame(budget: QueryBudget) throws(QueryError) -> SpanFrame {
        let frame = try reading(budget) { () throws(TraceStorageError) in try table.frame() }
        var spans = SpanFrame(
            traceIDs: frame.traceIDs, traceStarts: frame.traceStarts, spanIDs: frame.spanIDs, parentRows: frame.parentRows,
            starts: frame.starts, durations: frame.durations)
        spans.missingParentIDs = frame.missingParentIDs
        return spans
    }

    func column(_ field: SpanField, budget: QueryBudget) throws(QueryError) -> SpanColumn {
        try reading(budget) { () throws(TraceStorageError) in try table.column(field) }
    }

    func attributeNames(of owner: AttributeOwner, budget: QueryBudget) throws(QueryError) -> [String] {
        try reading(budget) { () throws(TraceStorageError) in try table.attributeNames(of: owner) }
    }

    private func reading<Result>(
        _ budget: QueryBudget, _ read: () throws(TraceStorageError) -> Result
    ) throws(QueryError) -> Result {
        try budget.check()
        do throws(TraceStorageError) { return try read() } catch { throw QueryError(.storage, error.message) }
    }
}
