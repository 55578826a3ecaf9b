internal import ColumnCoding

/// The numbers of a block's parts. `docs/storage-format.md` says what is in each.
enum PartNumber {
    static let streams = 0
    static let times = 1
    static let outline = 2
    static let shapes = 3
    /// Lengths of lines. Blocks of earlier builds have none.
    static let lengths = 4
    static let firstColumn = 16
    /// Filters of columns: this plus the number of the column.
    static let firstFilter = 1 << 15

    /// What parts may be numbered up to.
    static let limit = 1 << 16
}

/// What blocks hold at most.
enum BlockLimits {
    static let rowsMax = 1 << 26
    static let streamsMax = rowsMax
    static let columnsMax = PartNumber.firstFilter - PartNumber.firstColumn - 1
    static let shapesMax = 1024
    static let leavesMax = 512
    static let patternsMax = 4096
    /// Parts up to this length lie in the block's directory.
    static let inlineBytesMax = 512
}

/// What can be said of a block without looking into it.
struct BlockSummary: Sendable, Hashable {
    var rows = 0
    var streams = 0
    var minTime = Int64.max
    var maxTime = Int64.min
    /// Bytes of all lines.
    var lineBytes = 0
}

/// What is kept of a block.
enum LogBlockPiece: Hashable, Sendable {
    case part(Int)
    case directory, streams, frame, outline, rowShapes, timeOrder, timeBuckets, documents, lengths
    /// Where the rows of a set of shapes stand in its columns.
    case places(Int)
    case column(Int)
    case filter(Int)
    /// A column as a query reads it.
    case leaf(shape: Int, leaf: Int)
    case metadata(Int)
}

typealias LogBlockCache = BlockCache<LogBlockPiece>
