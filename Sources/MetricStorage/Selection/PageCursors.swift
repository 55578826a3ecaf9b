internal import ColumnCoding

/// Pages that are being read, and what was decoded of them: for one thread that reads the series of a selection one after another, neighbours
/// of which share pages, columns of times and the columns that values are predicted from.
///
/// Threads do not share them: each would find the other's place in a page, and decode anew what its own series refer to.
public struct PageCursors: Sendable {
    /// Which page of which shard.
    struct Key: Hashable, Sendable {
        var shard: Int
        var page: Int64
    }

    private struct Entry: Sendable {
        var key: Key
        var cursor: ChunkPageCursor
    }

    /// More pages than a series usually has in the range of a query.
    private static let countMax = 24
    /// What they may hold together.
    private static let bytesMax = 2 << 20

    /// Those that were opened first come first, and go first.
    private var entries: [Entry] = []

    public init() {}

    /// Lends the cursor of a page. Where the body fails it is forgotten.
    ///
    /// - Parameter open: gives the page where there is no cursor of it.
    mutating func withCursor(
        _ key: Key, open: () throws -> ChunkPage, _ body: (inout ChunkPageCursor) throws -> Void
    ) throws {
        let index = try entries.firstIndex { $0.key == key } ?? add(key, try open())
        do { try body(&entries[index].cursor) } catch {
            entries.remove(at: index)
            throw error
        }
    }

    private mutating func add(_ key: Key, _ page: ChunkPage) -> Int {
        if entries.count == PageCursors.countMax || entries.reduce(0, { $0 + $1.cursor.memoryBytes }) > PageCursors.bytesMax {
            entries.removeFirst()
        }
        entries.append(Entry(key: key, cursor: ChunkPageCursor(page)))
        return entries.count - 1
    }
}
