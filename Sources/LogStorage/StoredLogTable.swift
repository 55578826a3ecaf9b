public import TelemetryModel

/// Log entries in columns, sorted by stream, then time, then arrival. It does not change, and may be used from several threads at once.
/// Columns are read when they are first asked for.
public protocol StoredLogTable: AnyObject, Sendable {
    /// Stored bytes, for statistics.
    var storedBytes: Int { get }
    /// The earliest and the latest entry, nanoseconds since 1970.
    var times: ClosedRange<Int64> { get }
    var rowCount: Int { get }

    /// The fixed columns.
    func frame() throws(LogStorageError) -> StoredLogFrame

    /// Names in the structured metadata of any row, in no particular order.
    func metadataNames() throws(LogStorageError) -> [String]

    /// The structured metadata of one name; nil where no row has it.
    func metadata(_ name: String) throws(LogStorageError) -> LogColumn?

    /// Whether some line may contain these bytes; false only where none does. Reads no lines.
    func mayContain(_ needle: [UInt8]) throws(LogStorageError) -> Bool

    /// The rows, in ascending order, whose lines may contain these bytes; all others do not. Nil where finding them would take as much as looking at the lines.
    func rows(mayContain needle: [UInt8]) throws(LogStorageError) -> [Int32]?

    /// The lines of some rows, byte for byte, in the order of `rows`.
    ///
    /// - Parameter rows: in ascending order.
    func lines(of rows: [Int32]) throws(LogStorageError) -> PackedTexts

    /// The number of bytes of each row's line.
    func lineLengths() throws(LogStorageError) -> [Int32]

    /// The lines as JSON objects; nil where the table does not hold any line that way.
    func documents() throws(LogStorageError) -> LogDocuments?

    /// The values of one leaf of a shape of ``documents()``: what stands in the lines of that shape, strings unescaped, anything else as it is
    /// written. Codes are for all rows of the table, -1 for those of other shapes.
    func leaf(_ leaf: Int, ofShape shape: Int) throws(LogStorageError) -> LogColumn
}

/// What every table knows of its entries.
public struct StoredLogFrame: Sendable {
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
