internal import ByteCoding
internal import ColumnCoding
internal import Compression
internal import ShardStorage
internal import Synchronization

/// A block of a shard at one moment, of which parts are read when they are asked for.
final class StoredBlock: BlockParts {
    let snapshot: ShardSnapshot
    let page: ShardPage
    private let cache: LogBlockCache
    private let damage: DamageReports
    /// What its parts are known by in the cache.
    let serial: Int

    init(_ page: ShardPage, of snapshot: ShardSnapshot, cache: LogBlockCache, damage: DamageReports) {
        self.snapshot = snapshot
        self.page = page
        self.cache = cache
        self.damage = damage
        // Neither shards nor pages reach such numbers in the life of a process.
        serial = snapshot.shard.serial << 40 | Int(truncatingIfNeeded: page.id)
    }

    var bytes: Int { page.bytes }
    var path: String { snapshot.shard.path }

    func directory() throws -> BlockDirectory {
        try cache.value(LogBlockCache.Key(serial: serial, what: .directory)) {
            guard let bytes = try snapshot.shard.read({ try $0.page(page.id) }) else { throw BlockError("the directory is missing") }
            let directory = try BlockDirectory(decoding: bytes)
            guard directory.summary.rows == page.items else { throw BlockError("the directory has another number of entries than its row") }
            return (directory, directory.memoryBytes)
        }
    }

    /// A part, from the file. It is what is made of it that is kept.
    func part(_ number: Int) throws -> DecodedPart {
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
        do { return try cache.withDecompressor { try DecodedPart(bytes, $0) } } catch { throw BlockError("part \(number): \(error)") }
    }

    func kept<Value: Sendable>(_ what: LogBlockPiece, _ make: () throws -> (Value, bytes: Int)) rethrows -> Value {
        try cache.value(LogBlockCache.Key(serial: serial, what: what), make)
    }

    func known<Value: Sendable>(_ what: LogBlockPiece) -> Value? { cache.known(LogBlockCache.Key(serial: serial, what: what)) }

    func noted(_ error: any Error) -> LogStorageError {
        guard error is BlockError || error is ByteCodingError || error is CompressionError else {
            return LogStorageError(error, path: path)
        }
        let reason = "block \(page.id): \(error)"
        damage.report(path, reason)
        return LogStorageError(.corrupt, "\(path): \(reason)")
    }
}

/// Parts that are all in memory, and what was made of them.
final class PartsInHand: BlockParts {
    let serial = 0
    let bytes: Int
    let path = "a block"
    private let parts: [Int: DecodedPart]
    private let head: BlockDirectory
    private let made = Mutex<[LogBlockPiece: any Sendable]>([:])

    init(parts: [Int: DecodedPart], bytes: Int, directory: BlockDirectory) {
        self.parts = parts
        self.bytes = bytes
        head = directory
    }

    func directory() -> BlockDirectory { head }

    func part(_ number: Int) throws -> DecodedPart {
        guard let part = parts[number] else { throw BlockError("there is no part \(number)") }
        return part
    }

    func kept<Value: Sendable>(_ what: LogBlockPiece, _ make: () throws -> (Value, bytes: Int)) rethrows -> Value {
        if let known = made.withLock({ $0[what] }), let value = known as? Value { return value }
        let value = try make().0
        made.withLock { $0[what] = value }
        return value
    }

    func known<Value: Sendable>(_ what: LogBlockPiece) -> Value? { made.withLock { $0[what] }.flatMap { $0 as? Value } }

    func noted(_ error: any Error) -> LogStorageError { LogStorageError(.corrupt, "\(error)") }
}
