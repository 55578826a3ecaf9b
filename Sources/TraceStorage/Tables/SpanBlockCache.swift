internal import ColumnCoding
internal import TelemetryModel

/// What is kept of a block or table of spans.
enum SpanBlockPiece: Hashable, Sendable {
    case part(Int)
    case directory, frame, cut
    case column(SpanField)
    case schema(Int)
    case texts, origins
}

typealias SpanBlockCache = BlockCache<SpanBlockPiece>
