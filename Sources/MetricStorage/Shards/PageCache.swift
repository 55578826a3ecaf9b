internal import ColumnCoding
internal import Compression
internal import ShardStorage
internal import Synchronization

/// Opened pages, kept for the next series that lies in them; the least recently used go first.
final class PageCache: Sendable {
    private struct Key: Hashable, Sendable {
        var shard: Int
        var page: Int64
    }

    private struct State: Sendable {
        var pages: RecentlyUsed<Key, ChunkPage>
        var reads = 0
        var hits = 0
    }

    /// A decompressor on loan to one thread at a time, hence unchecked.
    private final class Lent: @unchecked Sendable {
        let decompressor: ZstdDecompressor
        init() throws(CompressionError) { decompressor = try ZstdDecompressor() }
    }

    private let state: Mutex<State>
    private let idle = Mutex<[Lent]>([])

    init(bytesMax: Int) { state = Mutex(State(pages: RecentlyUsed(bytesMax: bytesMax))) }

    /// How many pages were asked for in vain and read, and how many were there.
    var statistics: (reads: Int, hits: Int) { state.withLock { ($0.reads, $0.hits) } }

    /// Bytes that the pages take, about.
    var memoryBytes: Int { state.withLock { $0.pages.bytes } }

    /// Begins a round, and forgets the pages that were used in none of the latest ones.
    func beginRound(keeping rounds: Int) { state.withLock { $0.pages.beginRound(keeping: rounds) } }

    /// Forgets the pages of a shard that it has no more.
    func forgetReplacedPages(of shard: Shard) {
        let current = Set(shard.contents.pages.map(\.id))
        state.withLock { $0.pages.remove { $0.shard == shard.serial && !current.contains($0.page) } }
    }

    /// A page of a shard, from memory or from the file.
    func page(_ entry: ShardPage, of snapshot: ShardSnapshot, _ effort: LookupEffort) throws -> ChunkPage {
        let key = Key(shard: snapshot.shard.serial, page: entry.id)
        let known = state.withLock { state -> ChunkPage? in
            guard let page = state.pages.find(key) else { return nil }
            state.hits += 1
            return page
        }
        if let known { return known }
        try effort.check(false)
        guard let bytes = try snapshot.shard.read({ try $0.page(entry.id) }) else {
            throw ShardStorageError(.corrupt, "page \(entry.id) is missing", path: snapshot.shard.path)
        }
        let page = try withDecompressor { try ChunkPage(decoding: bytes, $0) }
        insert(page, key, bytes: page.header.bodyBytes + page.chunks.count * 2 * MemoryLayout<PageChunkEntry>.stride)
        return page
    }

    /// Lends a decompressor.
    func withDecompressor<Result>(_ body: (ZstdDecompressor) throws -> Result) throws -> Result {
        let lent = try idle.withLock { $0.popLast() } ?? Lent()
        defer { idle.withLock { $0.append(lent) } }
        return try body(lent.decompressor)
    }

    private func insert(_ page: ChunkPage, _ key: Key, bytes: Int) {
        state.withLock { state in
            state.reads += 1
            state.pages.insert(page, for: key, bytes: bytes)
        }
    }
}
