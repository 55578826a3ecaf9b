internal import SQLiteSupport
internal import Synchronization

/// What cannot be read or written of the positions of receivers.
public struct PositionStoreError: Error, Sendable, CustomStringConvertible {
    public let description: String
}

/// How far files and journals were read, in a database of its own: a position changes together with the others of its batch, or not at all.
public final class PositionStore: Sendable {
    private let connection: Mutex<SQLiteConnection>

    /// Opens the database, or makes it.
    ///
    /// - Parameter path: its file; the folder has to exist.
    public init(path: String) throws(PositionStoreError) {
        do throws(SQLiteError) {
            let connection = try SQLiteConnection(path: path)
            try connection.execute(
                """
                CREATE TABLE IF NOT EXISTS receivers (name TEXT PRIMARY KEY, cursor TEXT NOT NULL) WITHOUT ROWID;
                """)
            try connection.execute(
                """
                CREATE TABLE IF NOT EXISTS positions (
                    receiver TEXT NOT NULL, device INTEGER NOT NULL, inode INTEGER NOT NULL, path TEXT NOT NULL, offset INTEGER NOT NULL,
                    head_length INTEGER NOT NULL, head_hash INTEGER NOT NULL,
                    check_end INTEGER NOT NULL, check_length INTEGER NOT NULL, check_hash INTEGER NOT NULL,
                    PRIMARY KEY (receiver, device, inode)) WITHOUT ROWID;
                """)
            self.connection = Mutex(connection)
        } catch {
            throw PositionStoreError(description: "\(path): \(error)")
        }
    }

    /// Closes the database.
    public func close() throws(PositionStoreError) { try use { (connection) throws(SQLiteError) in try connection.close() } }

    /// Where a receiver stands in what it reads one after the other; nil where it never wrote that down.
    func cursor(of receiver: String) throws(PositionStoreError) -> String? {
        try use { (connection) throws(SQLiteError) in
            let statement = try connection.statement("SELECT cursor FROM receivers WHERE name = ?")
            defer { statement.reset() }
            statement.bind(receiver, at: 1)
            return try statement.step() ? statement.text(at: 0) : nil
        }
    }

    func setCursor(_ cursor: String, of receiver: String) throws(PositionStoreError) {
        try use { (connection) throws(SQLiteError) in try Self.write(cursor, of: receiver, connection) }
    }

    /// How far the files of a receiver were read; nil where it never wrote anything down.
    func positions(of receiver: String) throws(PositionStoreError) -> [FilePosition]? {
        guard try cursor(of: receiver) != nil else { return nil }
        return try use { (connection) throws(SQLiteError) in
            let statement = try connection.statement(
                """
                SELECT device, inode, path, offset, head_length, head_hash, check_end, check_length, check_hash FROM positions
                WHERE receiver = ?
                """)
            defer { statement.reset() }
            statement.bind(receiver, at: 1)
            var positions: [FilePosition] = []
            while try statement.step() { positions.append(Self.position(statement)) }
            return positions
        }
    }

    /// Writes positions down and forgets others, all or nothing.
    func save(_ positions: [FilePosition], forget: [FileIdentity], of receiver: String) throws(PositionStoreError) {
        try use { (connection) throws(SQLiteError) in
            do {
                try connection.transaction {
                    try Self.write("", of: receiver, connection)
                    let insert = try connection.statement("INSERT OR REPLACE INTO positions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
                    for position in positions {
                        Self.bind(position, of: receiver, to: insert)
                        try insert.run()
                    }
                    let delete = try connection.statement("DELETE FROM positions WHERE receiver = ? AND device = ? AND inode = ?")
                    for identity in forget {
                        delete.bind(receiver, at: 1)
                        delete.bind(Int64(bitPattern: identity.device), at: 2)
                        delete.bind(Int64(bitPattern: identity.inode), at: 3)
                        try delete.run()
                    }
                }
            } catch let error as SQLiteError {
                throw error
            } catch {
                preconditionFailure("BUG: only SQLite fails in a transaction: \(error)")
            }
        }
    }

    private static func write(_ cursor: String, of receiver: String, _ connection: SQLiteConnection) throws(SQLiteError) {
        let statement = try connection.statement("INSERT OR REPLACE INTO receivers VALUES (?, ?)")
        statement.bind(receiver, at: 1)
        statement.bind(cursor, at: 2)
        try statement.run()
    }

    private static func bind(_ position: FilePosition, of receiver: String, to statement: SQLiteStatement) {
        statement.bind(receiver, at: 1)
        statement.bind(Int64(bitPattern: position.identity.device), at: 2)
        statement.bind(Int64(bitPattern: position.identity.inode), at: 3)
        statement.bind(position.path, at: 4)
        statement.bind(position.offset, at: 5)
        statement.bind(Int64(position.head.length), at: 6)
        statement.bind(Int64(bitPattern: position.head.hash), at: 7)
        statement.bind(position.check.end, at: 8)
        statement.bind(Int64(position.check.length), at: 9)
        statement.bind(Int64(bitPattern: position.check.hash), at: 10)
    }

    private static func position(_ row: SQLiteStatement) -> FilePosition {
        let identity = FileIdentity(device: UInt64(bitPattern: row.integer(at: 0)), inode: UInt64(bitPattern: row.integer(at: 1)))
        let head = Int(clamping: max(0, row.integer(at: 4)))
        return FilePosition(
            identity: identity, path: row.text(at: 2), offset: max(0, row.integer(at: 3)),
            head: ContentMark(end: Int64(head), length: head, hash: UInt64(bitPattern: row.integer(at: 5))),
            check: ContentMark(
                end: max(0, row.integer(at: 6)), length: Int(clamping: max(0, row.integer(at: 7))),
                hash: UInt64(bitPattern: row.integer(at: 8))))
    }

    private func use<Result>(_ body: (SQLiteConnection) throws(SQLiteError) -> Result) throws(PositionStoreError) -> Result
    where Result: Sendable {
        let result: Swift.Result<Result, SQLiteError> = connection.withLock { connection in
            do throws(SQLiteError) { return .success(try body(connection)) } catch { return .failure(error) }
        }
        do throws(SQLiteError) { return try result.get() } catch { throw PositionStoreError(description: "\(error)") }
    }
}
