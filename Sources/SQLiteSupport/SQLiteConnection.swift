internal import GRDB
internal import GRDBSQLite

/// One connection to one SQLite file.
///
/// GRDB opens and closes the file; statements go straight to SQLite, because blobs then travel without a copy on the way.
/// A connection is used by one thread at a time: its owner keeps it behind a lock. Every statement is compiled once and kept.
public final class SQLiteConnection {
    /// How a file is opened.
    public enum Mode: Sendable, Hashable {
        /// Creates the file where it is missing.
        case readWrite
        case readOnly
        /// Reads a file that nobody writes: no log or lock is looked for, and no file is made beside it. Where somebody writes after all,
        /// what is read may be wrong.
        case frozen
    }

    /// How much SQLite waits for the disk.
    public enum Synchronous: String, Sendable, Hashable {
        /// Never.
        case off = "OFF"
        /// At checkpoints: a commit survives the end of the process, not the loss of power.
        case normal = "NORMAL"
        /// At every commit.
        case full = "FULL"
    }

    /// The file's path.
    public let path: String
    private let queue: DatabaseQueue
    let handle: OpaquePointer
    private var statements: [String: SQLiteStatement] = [:]
    private var isOpen = true

    /// Opens a file in WAL mode.
    ///
    /// - Parameters:
    ///   - pageSize: bytes per page of a new file, a power of two from 512 to 65536.
    ///   - cacheKilobytes: memory for pages of this connection.
    ///   - autoVacuum: whether a new file can give free pages back by ``SQLiteConnection/execute(_:)`` of `PRAGMA incremental_vacuum`.
    /// - Throws: ``SQLiteError``.
    public init(
        path: String, mode: Mode = .readWrite, synchronous: Synchronous = .normal, pageSize: Int = 4096, cacheKilobytes: Int = 512,
        autoVacuum: Bool = false
    ) throws(SQLiteError) {
        self.path = path
        var configuration = Configuration()
        configuration.readonly = mode != .readWrite
        configuration.busyMode = .timeout(5)
        do {
            let place = mode == .frozen ? SQLiteConnection.frozenURI(path) : path
            queue = try DatabaseQueue(path: place, configuration: configuration)
            handle = try queue.inDatabase { database in
                guard let handle = database.sqliteConnection else { throw DatabaseError(resultCode: .SQLITE_MISUSE) }
                return SendableHandle(pointer: handle)
            }.pointer
        } catch {
            throw SQLiteError(error, context: path)
        }
        // GRDB's hooks serve observation of its own statements and expect to be called from within its queue.
        _ = sqlite3_commit_hook(handle, nil, nil)
        _ = sqlite3_rollback_hook(handle, nil, nil)
        try execute("PRAGMA cache_size = -\(cacheKilobytes)")
        if mode == .readWrite {
            try execute("PRAGMA page_size = \(pageSize)")
            // In a file that has pages it would be a write, each time it is opened.
            let pages = try integer("PRAGMA page_count")
            if autoVacuum && pages == 0 { try execute("PRAGMA auto_vacuum = INCREMENTAL") }
            try execute("PRAGMA journal_mode = WAL")
            try execute("PRAGMA synchronous = \(synchronous.rawValue)")
        }
    }

    /// The name under which SQLite opens a file that nobody writes.
    private static func frozenURI(_ path: String) -> String {
        var uri = "file:"
        for byte in path.utf8 {
            switch byte {
            case UInt8(ascii: "%"), UInt8(ascii: "?"), UInt8(ascii: "#"), 0x80...: uri += "%" + String(byte, radix: 16)
            default: uri.unicodeScalars.append(Unicode.Scalar(byte))
            }
        }
        return uri + "?immutable=1"
    }

    /// A pointer on its way out of GRDB's closure; used only under the lock of the connection's owner.
    private struct SendableHandle: @unchecked Sendable {
        let pointer: OpaquePointer
    }

    /// Runs statements that give no rows, or whose rows do not matter.
    public func execute(_ sql: String) throws(SQLiteError) {
        let result = sqlite3_exec(handle, sql, nil, nil, nil)
        if result != SQLITE_OK { throw SQLiteError(handle: handle, context: sql) }
    }

    /// A compiled statement, ready to be bound; the same object each time for the same text.
    public func statement(_ sql: String) throws(SQLiteError) -> SQLiteStatement {
        if let known = statements[sql] {
            known.reset()
            return known
        }
        let statement = try SQLiteStatement(handle: handle, sql: sql)
        statements[sql] = statement
        return statement
    }

    /// Runs the body in a transaction that takes the write lock at once; an error rolls back.
    public func transaction<Result>(_ body: () throws -> Result) throws -> Result {
        try execute("BEGIN IMMEDIATE")
        do {
            let result = try body()
            try execute("COMMIT")
            return result
        } catch {
            // SQLite has already rolled back after some errors (a full disk, for one); a second rollback would hide the cause.
            if sqlite3_get_autocommit(handle) == 0 { try? execute("ROLLBACK") }
            throw error
        }
    }

    /// Whether a transaction is open.
    public var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    /// The first column of the first row as a number, or nil where there is no row or it is null.
    public func integer(_ sql: String) throws(SQLiteError) -> Int64? {
        let statement = try statement(sql)
        defer { statement.reset() }
        guard try statement.step() else { return nil }
        return statement.isNull(at: 0) ? nil : statement.integer(at: 0)
    }

    /// Moves the write-ahead log into the file and empties it, as far as readers let it.
    ///
    /// - Returns: whether all of it went.
    @discardableResult
    public func checkpoint() throws(SQLiteError) -> Bool {
        let statement = try statement("PRAGMA wal_checkpoint(TRUNCATE)")
        defer { statement.reset() }
        return try statement.step() && statement.integer(at: 0) == 0
    }

    /// What SQLite's own check finds wrong; empty for a sound file.
    public func integrityProblems() throws(SQLiteError) -> [String] {
        let statement = try statement("PRAGMA integrity_check(20)")
        defer { statement.reset() }
        var problems: [String] = []
        while try statement.step() {
            let text = statement.text(at: 0)
            if text != "ok" { problems.append(text) }
        }
        return problems
    }

    /// Copies the database, as it is at one moment, into another file while both stay open.
    public func backup(to destination: SQLiteConnection) throws(SQLiteError) {
        do { try queue.backup(to: destination.queue) } catch { throw SQLiteError(error, context: destination.path) }
    }

    /// Closes the file. The last connection of a file in WAL mode empties the log on the way out.
    public func close() throws(SQLiteError) {
        guard isOpen else { return }
        isOpen = false
        finalizeStatements()
        do { try queue.close() } catch { throw SQLiteError(error, context: path) }
    }

    /// Also those that somebody still holds: running one afterwards is an error, not a crash.
    private func finalizeStatements() {
        for statement in statements.values { statement.finalize() }
        statements.removeAll()
    }

    deinit {
        finalizeStatements()
        if isOpen { try? queue.close() }
    }
}
