internal import RemoteWriteSending
internal import SQLiteSupport
internal import ShardStorage
internal import Synchronization

/// How far everything was sent to each remote, in a database of its own.
final class RemotePositions: Sendable {
    /// Used under the lock only, hence unchecked.
    private final class File: @unchecked Sendable {
        let connection: SQLiteConnection
        init(_ connection: SQLiteConnection) { self.connection = connection }
    }

    private static let format: Int64 = 1
    private let path: String
    private let file: Mutex<File>

    /// Opens the database, or makes it.
    ///
    /// - Parameter damaged: told where the file is damaged; it is set aside then, and nothing is known.
    init(path: String, damaged: (ShardStorageError) -> Void) throws(ShardStorageError) {
        self.path = path
        do { file = Mutex(File(try Self.open(path))) } catch {
            damaged(try DatabaseFile.setAside(path, becauseOf: error))
            do { file = Mutex(File(try Self.open(path))) } catch { throw ShardStorageError(error, path: path) }
        }
    }

    private static func open(_ path: String) throws -> SQLiteConnection {
        let connection = try SQLiteConnection(path: path, cacheKilobytes: 64)
        let version = try connection.integer("PRAGMA user_version") ?? 0
        if version > format {
            throw ShardStorageError(.unsupportedVersion, "format \(version) is newer than this program's \(format)", path: path)
        }
        if version == 0 {
            try connection.execute(
                """
                CREATE TABLE IF NOT EXISTS remote (identity TEXT PRIMARY KEY, state BLOB NOT NULL) WITHOUT ROWID;
                PRAGMA user_version = \(format);
                """)
        }
        return connection
    }

    /// Where each remote stands; those whose state cannot be read are left out.
    func states() throws(ShardStorageError) -> [String: SendState] {
        try use { connection in
            let select = try connection.statement("SELECT identity, state FROM remote")
            defer { select.reset() }
            var states: [String: SendState] = [:]
            while try select.step() { states[select.text(at: 0)] = SendState(select.bytes(at: 1)) }
            return states
        }
    }

    /// Writes down where a remote stands. It survives the end of the process from here on.
    func save(_ state: SendState, of identity: String) throws(ShardStorageError) {
        try use { connection in
            let insert = try connection.statement("INSERT OR REPLACE INTO remote (identity, state) VALUES (?1, ?2)")
            insert.bind(identity, at: 1)
            insert.bind(state.bytes, at: 2)
            try insert.run()
        }
    }

    func forget(_ identity: String) throws(ShardStorageError) {
        try use { connection in
            let delete = try connection.statement("DELETE FROM remote WHERE identity = ?1")
            delete.bind(identity, at: 1)
            try delete.run()
        }
    }

    func close() throws(ShardStorageError) { try use { try $0.close() } }

    private func use<Result: Sendable>(_ body: (SQLiteConnection) throws -> Result) throws(ShardStorageError) -> Result {
        do { return try file.withLock { try body($0.connection) } } catch { throw ShardStorageError(error, path: path) }
    }
}
