internal import TelemetryModel

/// Where the columns of a table come from: entries in memory, or a block. Rows are in the order of the table.
protocol LogColumnSource: Sendable {
    /// A number that no other source has in this process.
    var serial: Int { get }
    var storedBytes: Int { get }
    var times: ClosedRange<Int64> { get }
    var rowCount: Int { get }
    /// What to name in errors.
    var path: String { get }

    func streams() throws -> StreamSpans
    func frame() throws -> StoredLogFrame
    func metadataNames() throws -> [String]
    func metadata(_ name: String) throws -> LogColumn?
    func mayContain(_ needle: [UInt8]) throws -> Bool
    func rows(mayContain needle: [UInt8]) throws -> [Int32]?
    func lines(of rows: [Int32]) throws -> PackedTexts
    func lineLengths() throws -> [Int32]
    func documents() throws -> LogDocuments?
    func leaf(_ leaf: Int, ofShape shape: Int) throws -> LogColumn
    /// Notes damage that was met.
    func noted(_ error: any Error) -> LogStorageError
}

/// The streams of a table, and where and when their entries are.
struct StreamSpans: Sendable {
    /// Each once, sorted.
    var labels: [LabelSet] = []
    /// As in ``StoredLogFrame/streamStarts``.
    var starts: [Int32] = [0]
    /// The earliest and the latest time of each.
    var times: [ClosedRange<Int64>] = []

    var memoryBytes: Int { labels.reduce(64) { $0 + $1.packed.count + 64 } }
}
