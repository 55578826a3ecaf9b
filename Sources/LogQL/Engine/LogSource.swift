public import LabelMatching
public import QueryModel
public import TelemetryModel

/// What a query wants of storage.
public struct LogSelection: Sendable {
    /// All have to match the labels of a stream.
    public var matchers: [LabelMatcher]
    /// Nanoseconds since 1970; inclusive.
    public var start: Int64
    /// Nanoseconds since 1970; exclusive.
    public var end: Int64

    public init(matchers: [LabelMatcher], start: Int64, end: Int64) {
        self.matchers = matchers
        self.start = start
        self.end = end
    }
}

/// What the engine needs of storage. Implemented by the collector over the log storage, and by tests over arrays.
public protocol LogSource: Sendable {
    /// Tables with all entries of a selection, each entry in exactly one of them. A table may have further entries: of other times, and of
    /// streams that do not match. All that was acknowledged before the call is in them, and they do not change. Those with the newest entries first.
    func tables(_ selection: LogSelection, budget: QueryBudget) throws(QueryError) -> [any LogTable]

    /// The streams that match and may have entries in the range, each once, in no particular order. Reads no entries.
    func streams(_ selection: LogSelection, budget: QueryBudget) throws(QueryError) -> [LabelSet]
}

/// Log entries in columns. Columns are read when they are first asked for, so a query that is done with a table after a look at one of them has paid
/// for no more. May be used from several threads at once.
public protocol LogTable: AnyObject, Sendable {
    /// Stored bytes, for statistics.
    var storedBytes: Int { get }
    /// The earliest and the latest entry, nanoseconds since 1970.
    var times: ClosedRange<Int64> { get }
    var rowCount: Int { get }

    /// The fixed columns.
    func frame(budget: QueryBudget) throws(QueryError) -> LogFrame

    /// Names in the structured metadata of any row, in no particular order.
    func metadataNames(budget: QueryBudget) throws(QueryError) -> [String]

    /// The structured metadata of one name; nil where no row has it.
    func metadata(_ name: String, budget: QueryBudget) throws(QueryError) -> LogColumn?

    /// Whether some line may contain these bytes. Answered without reading lines, from filters; true where that is not known.
    func mayContain(_ needle: [UInt8], budget: QueryBudget) throws(QueryError) -> Bool

    /// The rows, in ascending order, whose lines may contain these bytes; no others do. Nil where finding them would take as much as looking at
    /// the lines.
    func rows(mayContain needle: [UInt8], budget: QueryBudget) throws(QueryError) -> [Int32]?

    /// The lines of some rows, byte for byte, in the order of `rows`.
    ///
    /// - Parameter rows: in ascending order.
    func lines(of rows: [Int32], budget: QueryBudget) throws(QueryError) -> PackedTexts

    /// The number of bytes of each row's line.
    func lineLengths(budget: QueryBudget) throws(QueryError) -> [Int32]

    /// The lines as JSON objects; nil where the table does not hold any line that way.
    func documents(budget: QueryBudget) throws(QueryError) -> LogDocuments?

    /// The values of one leaf of a shape of ``documents(budget:)``: what stands in the lines of that shape, strings unescaped, anything else as it is
    /// written. Codes are for all rows of the table, -1 for those of other shapes.
    func leaf(_ leaf: Int, ofShape shape: Int, budget: QueryBudget) throws(QueryError) -> LogColumn
}

/// What every table knows of its entries.
public struct LogFrame: Sendable {
    /// The streams of the table, each once.
    public var streams: [LabelSet]
    /// The rows of stream `s` are those from `streamStarts[s]` on, up to `streamStarts[s + 1]`; one element more than there are streams.
    public var streamStarts: [Int32]
    /// Of each row: nanoseconds since 1970. Never falls within a stream; entries of the same time are in the order in which they came.
    public var times: [Int64]

    public init(streams: [LabelSet], streamStarts: [Int32], times: [Int64]) {
        self.streams = streams
        self.streamStarts = streamStarts
        self.times = times
    }
}
