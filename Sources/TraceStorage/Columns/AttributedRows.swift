/// Rows that have attributes: spans, events or links. What many rows have in common, the shape among it, is a tuple of numbers, their *kind*; each
/// row adds the words of its attributes.
struct AttributedRows: Sendable {
    /// Field 0 of a kind is its shape.
    static let shapeField = 0

    var shapes = ShapeTable()
    var kinds: TupleTable
    /// The kind of each row.
    var kindOf: [UInt32] = []
    /// The words of all rows one after the other, each row's in the order of its shape.
    var words: [UInt64] = []
    /// Where the words of each row begin.
    var wordStarts: [UInt32] = []

    /// Memory for a kind that is being put together.
    private var tuple: [UInt64]

    init(fields: Int) {
        kinds = TupleTable(width: fields)
        tuple = [UInt64](repeating: 0, count: fields)
    }

    var count: Int { kindOf.count }

    @inline(__always)
    func shape(_ row: Int) -> UInt32 { UInt32(truncatingIfNeeded: kinds[Int(kindOf[row]), AttributedRows.shapeField]) }

    @inline(__always)
    func field(_ field: Int, _ row: Int) -> UInt64 { kinds[Int(kindOf[row]), field] }

    /// Adds a row whose words are there, from `wordStart` on. The closure sets every field of its kind.
    @inline(__always)
    mutating func finishRow(wordStart: Int, _ fill: (inout [UInt64]) -> Void) {
        fill(&tuple)
        kindOf.append(kinds.intern(tuple))
        wordStarts.append(UInt32(wordStart))
    }

    var memoryBytes: Int {
        shapes.memoryBytes + kinds.memoryBytes + kindOf.capacity * 4 + words.capacity * 8 + wordStarts.capacity * 4
    }
}

/// What the fields of a span's kind are.
enum SpanKindField {
    static let name = 1
    /// The number of OTLP, its 32 bits.
    static let role = 2
    static let statusCode = 3
    static let statusMessage = 4
    static let traceState = 5
    static let flags = 6
    static let scope = 7
    static let droppedAttributes = 8
    static let droppedEvents = 9
    static let droppedLinks = 10
    static let events = 11
    static let links = 12
    static let count = 13
    /// Those that are numbers of texts.
    static let texts = [name, statusMessage, traceState]
}

enum EventKindField {
    static let name = 1
    static let droppedAttributes = 2
    static let count = 3
    static let texts = [name]
}

enum LinkKindField {
    static let traceState = 1
    static let flags = 2
    static let droppedAttributes = 3
    static let count = 4
    static let texts = [traceState]
}
