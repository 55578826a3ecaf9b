internal import ColumnCoding

/// Where the parts of a block come from.
protocol BlockParts: Sendable {
    /// A number that no other block and no table has in this process.
    var serial: Int { get }
    /// Stored bytes.
    var bytes: Int { get }
    var path: String { get }
    func directory() throws -> BlockDirectory
    func part(_ number: Int) throws -> DecodedPart
    /// Something made of parts, kept with them where there is memory for it.
    func kept<Value: Sendable>(_ what: LogBlockPiece, _ make: () throws -> (Value, bytes: Int)) rethrows -> Value
    /// What is kept of the block under a name; nil where that is nothing.
    func known<Value: Sendable>(_ what: LogBlockPiece) -> Value?
    /// Notes damage that was met.
    func noted(_ error: any Error) -> LogStorageError
}
