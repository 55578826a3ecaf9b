public import TelemetryModel

/// Spans in columns; the spans of a trace are neighbours, sorted by their start. It does not change, and may be used from several threads at once.
/// Columns are read when they are first asked for.
public protocol TraceTable: AnyObject, Sendable {
    /// Stored bytes, for statistics.
    var storedBytes: Int { get }

    /// The fixed columns.
    func frame() throws(TraceStorageError) -> TraceFrame

    /// The values of one field.
    func column(_ field: SpanField) throws(TraceStorageError) -> SpanColumn

    /// Names of the attributes that any span of the table has, in no particular order.
    func attributeNames(of owner: AttributeOwner) throws(TraceStorageError) -> [String]
}

/// What every table knows of its spans. Arrays named in the plural of a span's field have one element for each row.
public struct TraceFrame: Sendable {
    /// Whose spans stand from row `traceStarts[t]` on, up to `traceStarts[t + 1]`.
    public var traceIDs: [TraceID] = []
    /// One element more than there are traces; the last is the number of rows.
    public var traceStarts: [Int32] = [0]
    public var spanIDs: [SpanID] = []
    /// The row of the parent; -1 for a root, -2 where the parent is not there.
    public var parentRows: [Int32] = []
    public var starts: [UnixNanoseconds] = []
    /// Nanoseconds; 0 where a span ends before it starts.
    public var durations: [UInt64] = []
    /// Of the rows whose parent is not there the id that they name as their parent.
    public var missingParentIDs: [Int32: SpanID] = [:]

    public init() {}
}
