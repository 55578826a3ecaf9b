/// The numbers of a block's parts. `docs/storage-format.md` says what is in each.
enum PartNumber {
    static let traces = 0
    static let times = 1
    static let spanIDs = 2
    static let parents = 3
    static let spanKinds = 4
    static let resources = 5
    static let texts = 6
    static let events = 7
    static let links = 8
    static let traceFilter = 9
    /// Columns of attributes: first those of spans, then of events, then of links.
    static let firstColumn = 16

    /// What parts may be numbered up to.
    static let limit = 1 << 16
}

/// What blocks hold at most.
enum BlockLimits {
    static let rowsMax = 1 << 26
    static let tracesMax = rowsMax
    static let columnsMax = PartNumber.limit - PartNumber.firstColumn - 1
    static let shapeMax = 1 << 16
    /// Parts up to this length lie in the block's directory.
    static let inlineBytesMax = 1024
}

/// What can be said of a block without looking into it.
struct BlockSummary: Sendable, Hashable {
    var spans = 0
    var traces = 0
    var events = 0
    var links = 0
    /// The earliest start.
    var minStart: UInt64 = .max
    /// The latest start.
    var maxStart: UInt64 = 0
    /// The latest end, or start where that is later.
    var maxTime: UInt64 = 0
}
