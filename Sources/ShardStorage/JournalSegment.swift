internal import SQLiteSupport

/// One file of the journal: the payloads that one generation of a head holds.
///
/// Its connection is used under the lock `Journal.writer` only, by the thread that replays it before anything is written, and by the maintenance
/// thread alone once it is to be deleted; hence unchecked.
/// The file is never checkpointed while it grows, so a payload is written once; it goes as a whole.
final class JournalSegment: @unchecked Sendable {
    static let format: Int64 = 1

    static let table = "CREATE TABLE entry (sequence INTEGER PRIMARY KEY, payload BLOB NOT NULL)"

    let number: UInt64
    let path: String
    private let connection: SQLiteConnection
    private let insert: SQLiteStatement
    private var isOpen = true

    static func path(_ number: UInt64, in directory: String) -> String { "\(directory)/journal-\(number).sqlite" }

    /// The number in a segment's file name, or nil for any other name.
    static func number(ofName name: String) -> UInt64? {
        guard name.hasPrefix("journal-"), name.hasSuffix(".sqlite") else { return nil }
        return UInt64(name.dropFirst(8).dropLast(7))
    }

    /// Opens a segment, creating it where it is missing.
    init(number: UInt64, directory: String, synchronous: SQLiteConnection.Synchronous) throws {
        self.number = number
        path = JournalSegment.path(number, in: directory)
        let connection = try SQLiteConnection(path: path, synchronous: synchronous, cacheKilobytes: 256)
        try connection.execute("PRAGMA wal_autocheckpoint = 0")
        switch try connection.integer("PRAGMA user_version") ?? 0 {
        case 0:
            try connection.transaction {
                if try connection.integer("SELECT count(*) FROM sqlite_schema") == 0 { try connection.execute(JournalSegment.table) }
                try connection.execute("PRAGMA user_version = \(JournalSegment.format)")
            }
            try connection.checkpoint()
            try FileOperations.syncDirectory(directory)
        case JournalSegment.format: break
        case let other:
            throw ShardStorageError(
                .unsupportedVersion, "format \(other) is newer than this program's \(JournalSegment.format)", path: path)
        }
        self.connection = connection
        insert = try connection.statement("INSERT INTO entry (payload) VALUES (?1)")
    }

    /// Writes payloads in one transaction.
    func append(_ payloads: [[UInt8]]) throws {
        if payloads.count == 1 {
            try insert.run(bytes: payloads[0], at: 1)
        } else {
            try connection.transaction { for payload in payloads { try insert.run(bytes: payload, at: 1) } }
        }
    }

    /// The number of payloads; 0 where it cannot be read.
    var entries: Int { ((try? connection.integer("SELECT max(sequence) FROM entry")) ?? nil).map { Int($0) } ?? 0 }

    /// Whether nothing was ever written to it: there is no payload and no log, and nothing looks as if some had been lost.
    var isUntouched: Bool {
        guard FileOperations.isEmpty(path + "-wal") else { return false }
        do {
            return try connection.integer("SELECT EXISTS (SELECT 1 FROM entry)") == 0 && connection.integrityProblems().isEmpty
        } catch {
            return false
        }
    }

    /// Reads the payloads in the order they were written, one at a time.
    func replay(_ body: (_ sequence: Int64, _ payload: UnsafeRawBufferPointer) throws -> Void) throws {
        let select = try connection.statement("SELECT sequence, payload FROM entry ORDER BY sequence")
        defer { select.reset() }
        while try select.step() {
            let sequence = select.integer(at: 0)
            try select.withBytes(at: 1) { try body(sequence, $0) }
        }
    }

    /// Bytes on the disk.
    var allocatedBytes: Int { FileOperations.allocatedBytes(path) + FileOperations.allocatedBytes(path + "-wal") }

    func close() throws { try connection.close() }

    /// Deletes the segment. The names go first, so that what closing still writes goes nowhere. What failed may be tried again.
    func delete() throws {
        try JournalSegment.delete(path)
        if isOpen { try connection.execute("PRAGMA synchronous = OFF") }
        isOpen = false
        try connection.close()
        try JournalSegment.delete(path)
    }

    /// Brings all of the segment into its one file, and moves that to another place. What failed may be tried again.
    func retire(to destination: String) throws {
        if isOpen {
            guard try connection.checkpoint() else {
                throw ShardStorageError(.inputOutput, "somebody reads the segment, so that it cannot be moved yet", path: path)
            }
            isOpen = false
            try connection.close()
        }
        // Closing emptied the log, so that nothing is lost with these.
        for suffix in ["-wal", "-shm"] { try FileOperations.delete(path + suffix) }
        try FileOperations.move(path, to: destination)
    }

    /// Deletes a segment's files.
    static func delete(_ path: String) throws(ShardStorageError) {
        for suffix in ["", "-wal", "-shm"] { try FileOperations.delete(path + suffix) }
    }
}
