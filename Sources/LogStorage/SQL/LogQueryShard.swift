internal import ColumnCoding
internal import Compression
internal import ShardStorage

/// One shard file that statements read, as it was when it was opened. Used by one thread.
final class LogQueryShard {
    /// The file's name, which rows show.
    let name: String
    let path: String
    private(set) var blocks: [Block] = []
    private let inspection: ShardInspection
    private let decompressor: ZstdDecompressor
    private let warn: (String) -> Void
    private var toldOf: Set<Int64> = []

    struct Block {
        let page: ShardPage
        let source: BlockSource
    }

    /// - Parameter warn: told of every block that cannot be read, once.
    init(path: String, warn: @escaping (String) -> Void) throws {
        self.path = path
        name = path.split(separator: "/").last.map(String.init) ?? path
        self.warn = warn
        inspection = try ShardInspection(path: path, signal: LogStorage.signal)
        decompressor = try ZstdDecompressor()
        let pages = inspection.contents.pages.sorted { ($0.minTime, $0.id) < ($1.minTime, $1.id) }
        blocks = pages.map { Block(page: $0, source: BlockSource(InspectedBlock($0, inspection.reader, decompressor))) }
    }

    /// What a closure reads of a block; nil where it cannot be read, which is told.
    func read<Result>(_ block: Block, _ body: (BlockSource) throws -> Result) -> Result? {
        do { return try body(block.source) } catch {
            if toldOf.insert(block.page.id).inserted {
                warn("\(path): block \(block.page.id) cannot be read, what it holds is missing: \(error)")
            }
            return nil
        }
    }
}

/// A block of a file that is looked at. Used by one thread, hence unchecked.
private final class InspectedBlock: BlockParts, @unchecked Sendable {
    let page: ShardPage
    private let reader: ShardReader
    private let decompressor: ZstdDecompressor
    private var made: [LogBlockPiece: any Sendable] = [:]

    init(_ page: ShardPage, _ reader: ShardReader, _ decompressor: ZstdDecompressor) {
        self.page = page
        self.reader = reader
        self.decompressor = decompressor
    }

    var serial: Int { Int(truncatingIfNeeded: page.id) }
    var bytes: Int { page.bytes }
    var path: String { "block \(page.id)" }

    func directory() throws -> BlockDirectory {
        try kept(.directory) {
            guard let bytes = try reader.page(page.id) else { throw BlockError("the directory is missing") }
            let directory = try BlockDirectory(decoding: bytes)
            guard directory.summary.rows == page.items else { throw BlockError("the directory has another number of entries than its row") }
            return (directory, 0)
        }
    }

    func part(_ number: Int) throws -> DecodedPart {
        let directory = try directory()
        guard let entry = directory.entry(number) else { throw BlockError("there is no part \(number)") }
        guard let bytes = try entry.place.map({ directory.inlineBytes($0) }) ?? reader.part(number, ofPage: page.id) else {
            throw BlockError("part \(number) is missing")
        }
        return try DecodedPart(bytes, decompressor)
    }

    func kept<Value: Sendable>(_ what: LogBlockPiece, _ make: () throws -> (Value, bytes: Int)) rethrows -> Value {
        if let known: Value = known(what) { return known }
        let value = try make().0
        made[what] = value
        return value
    }

    func known<Value: Sendable>(_ what: LogBlockPiece) -> Value? { made[what].flatMap { $0 as? Value } }

    func forget() { made = [:] }

    func noted(_ error: any Error) -> LogStorageError { LogStorageError(.corrupt, "\(path): \(error)") }
}

extension LogQueryShard.Block {
    /// Gives back the memory of what was read.
    func forget() { (source.block as? InspectedBlock)?.forget() }
}
