internal import ByteCoding
internal import ColumnCoding
internal import ShardStorage
internal import Synchronization
internal import TelemetryModel

/// A block of a shard at one moment, of which parts are read when they are asked for.
final class StoredBlock: BlockParts {
    private static let tablesMade = Atomic<Int>(0)

    let snapshot: ShardSnapshot
    let page: ShardPage
    private let cache: SpanBlockCache
    /// What its parts are known by in the cache.
    let serial: Int

    init(_ page: ShardPage, of snapshot: ShardSnapshot, cache: SpanBlockCache) {
        self.snapshot = snapshot
        self.page = page
        self.cache = cache
        serial = StoredBlock.serial(of: page, in: snapshot.shard)
    }

    /// What the parts of a block are known by. Neither shards nor pages reach such numbers in the life of a process.
    static func serial(of page: ShardPage, in shard: Shard) -> Int { shard.serial << 40 | Int(truncatingIfNeeded: page.id) }

    var bytes: Int { page.bytes }

    /// A number that no block and no other table has in this process.
    static func nextSerial() -> Int { -tablesMade.add(1, ordering: .relaxed).newValue }

    func directory() throws -> BlockDirectory {
        try cache.value(SpanBlockCache.Key(serial: serial, what: .directory)) {
            guard let bytes = try snapshot.shard.read({ try $0.page(page.id) }) else { throw BlockError("the directory is missing") }
            let directory = try BlockDirectory(decoding: bytes)
            return (directory, directory.memoryBytes)
        }
    }

    /// A part, from memory or from the file.
    func part(_ number: Int) throws -> DecodedPart {
        try cache.value(SpanBlockCache.Key(serial: serial, what: .part(number))) {
            let directory = try directory()
            guard let entry = directory.entry(number) else { throw BlockError("there is no part \(number)") }
            let bytes: [UInt8]
            if let place = entry.place {
                bytes = directory.inlineBytes(place)
            } else {
                guard let stored = try snapshot.shard.read({ try $0.part(number, ofPage: page.id) }) else {
                    throw BlockError("part \(number) is missing")
                }
                bytes = stored
            }
            do {
                let part = try cache.withDecompressor { try DecodedPart(bytes, $0) }
                return (part, part.memoryBytes)
            } catch {
                throw BlockError("part \(number): \(error)")
            }
        }
    }

    /// Something made of parts, kept with them.
    func kept<Value: Sendable>(_ what: SpanBlockPiece, _ make: () throws -> (Value, bytes: Int)) rethrows -> Value {
        try cache.value(SpanBlockCache.Key(serial: serial, what: what), make)
    }
}
