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

    private var entries: [Entry] = []
    /// Where the next page goes once there are enough.
    private var next = 0

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
            next = 0
            throw error
        }
    }

    private mutating func add(_ key: Key, _ page: ChunkPage) -> Int {
        let entry = Entry(key: key, cursor: ChunkPageCursor(page))
        if entries.count < PageCursors.countMax {
            entries.append(entry)
            return entries.count - 1
        }
        let index = next
        next = (next + 1) % PageCursors.countMax
        entries[index] = entry
        return index
    }
}
