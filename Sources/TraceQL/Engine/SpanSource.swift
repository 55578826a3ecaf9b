public import QueryModel
public import TelemetryModel

/// An inclusive range of times in nanoseconds.
public struct NanosecondRange: Sendable, Hashable {
    public var start: UnixNanoseconds
    public var end: UnixNanoseconds

    public init(start: UnixNanoseconds, end: UnixNanoseconds) {
        self.start = start
        self.end = end
    }

    /// Everything that a time can say.
    public static let all = NanosecondRange(start: 0, end: .max)
}

/// What the engine needs of storage. Implemented by the collector over the trace storage, and by tests over arrays.
public protocol SpanSource: Sendable {
    /// The tables with the traces of which a span may overlap a range of times, those with the newest spans first. Each trace is in exactly one
    /// of them, whole, each of its spans once; so spans outside of the range are there as well. Only parts that lie far apart may be traces of their
    /// own, see ``scatteredTraces(_:in:budget:)``. All that was acknowledged before the call is in them, and they do not change.
    func tables(in range: NanosecondRange, budget: QueryBudget) throws(QueryError) -> [any SpanTable]

    /// The values that an attribute has among the resources of all spans; nil is among them where a span has a resource without it.
    func resourceValues(of key: String, budget: QueryBudget) throws(QueryError) -> Set<AttributeValue?>

    /// A table of those of some traces of which ``tables(in:budget:)`` shows parts as traces of their own, since they lie too far apart: here each is whole.
    /// Nil where there is none.
    ///
    /// - Parameter ends: of traces that a search found and that lack a parent or a root, or that it found twice, when their latest span ended.
    func scatteredTraces(
        _ ends: [TraceID: UnixNanoseconds], in range: NanosecondRange, budget: QueryBudget
    ) throws(QueryError) -> (any SpanTable)?
}

extension SpanSource {
    /// There is none where tables are made of all spans of a trace, however far apart.
    public func scatteredTraces(
        _ ends: [TraceID: UnixNanoseconds], in range: NanosecondRange, budget: QueryBudget
    ) throws(QueryError) -> (any SpanTable)? { nil }

    /// Reads them from the columns of all tables.
    public func resourceValues(of key: String, budget: QueryBudget) throws(QueryError) -> Set<AttributeValue?> {
        var found: Set<AttributeValue?> = []
        for table in try tables(in: .all, budget: budget) {
            try budget.check()
            guard case .single(let codes, let values) = try table.column(.attribute(.resource, key), budget: budget) else {
                if try !table.frame(budget: budget).spanIDs.isEmpty { found.insert(nil) }
                continue
            }
            for code in Set(codes) { found.insert(code < 0 ? nil : values[Int(code)]) }
        }
        return found
    }
}

/// Spans in columns; the spans of a trace are neighbours. Columns are read when they are first asked for, so a query that
/// is done with a table after a look at one of them has paid for no more. May be used from several threads at once.
public protocol SpanTable: AnyObject, Sendable {
    /// Stored bytes, for statistics.
    var storedBytes: Int { get }

    /// The fixed columns.
    func frame(budget: QueryBudget) throws(QueryError) -> SpanFrame

    /// The values of one field.
    func column(_ field: SpanField, budget: QueryBudget) throws(QueryError) -> SpanColumn

    /// Names of the attributes that any span of the table has, in no particular order.
    func attributeNames(of owner: AttributeOwner, budget: QueryBudget) throws(QueryError) -> [String]
}

/// What every table knows of its spans. Arrays named in the plural of a span's field have one element for each row.
public struct SpanFrame: Sendable {
    /// Whose spans stand from row `traceStarts[t]` on, up to `traceStarts[t + 1]`.
    public var traceIDs: [TraceID]
    /// One element more than there are traces; the last is the number of rows.
    public var traceStarts: [Int32]
    public var spanIDs: [SpanID]
    /// The row of the parent; -1 for a root, -2 where the parent is not there.
    public var parentRows: [Int32]
    public var starts: [UnixNanoseconds]
    /// Nanoseconds.
    public var durations: [UInt64]
    /// Of the rows whose parent is not there (-2 in ``parentRows``) the id that they name as their parent.
    public var missingParentIDs: [Int32: SpanID] = [:]

    public init(
        traceIDs: [TraceID], traceStarts: [Int32], spanIDs: [SpanID], parentRows: [Int32], starts: [UnixNanoseconds], durations: [UInt64]
    ) {
        self.traceIDs = traceIDs
        self.traceStarts = traceStarts
        self.spanIDs = spanIDs
        self.parentRows = parentRows
        self.starts = starts
        self.durations = durations
    }
}
