internal import ColumnCoding

/// Where the parts of a block come from.
protocol BlockParts: Sendable {
    /// Stored bytes.
    var bytes: Int { get }
    func part(_ number: Int) throws -> DecodedPart
    /// Something made of parts, kept with them where there is memory for it.
    func kept<Value: Sendable>(_ what: SpanBlockPiece, _ make: () throws -> (Value, bytes: Int)) rethrows -> Value
}
