internal import GRDBSQLite

/// A compiled statement. Belongs to its connection, and is used under the same lock.
public final class SQLiteStatement {
    private let connection: OpaquePointer
    /// Nil once the connection is closed; SQLite answers every use of nil with an error.
    private(set) var statement: OpaquePointer?
    private let sql: String

    init(handle: OpaquePointer, sql: String) throws(SQLiteError) {
        var compiled: OpaquePointer?
        let result = sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &compiled, nil)
        guard result == SQLITE_OK, let compiled else { throw SQLiteError(handle: handle, context: sql) }
        connection = handle
        statement = compiled
        self.sql = sql
    }

    /// Takes over a statement that is compiled already.
    init(connection: OpaquePointer, statement: OpaquePointer, sql: String) {
        self.connection = connection
        self.statement = statement
        self.sql = sql
    }

    func finalize() {
        sqlite3_finalize(statement)
        statement = nil
    }

    deinit { sqlite3_finalize(statement) }

    // SQLite reports a failed binding again at the next step, so the results of binding need no look.

    /// Binds a number; parameters count from 1.
    public func bind(_ value: Int64, at index: Int32) { sqlite3_bind_int64(statement, index, value) }

    /// Binds text, which SQLite copies.
    public func bind(_ value: String, at index: Int32) {
        var value = value
        value.withUTF8 { bytes in
            let characters = UnsafeRawPointer(bytes.baseAddress)?.assumingMemoryBound(to: CChar.self)
            sqlite3_bind_text(statement, index, characters, Int32(bytes.count), SQLiteStatement.copies)
        }
    }

    /// Binds bytes, which SQLite copies.
    public func bind(_ bytes: [UInt8], at index: Int32) { bytes.withUnsafeBytes { bind($0, at: index) } }

    /// Binds bytes, which SQLite copies.
    public func bind(_ bytes: UnsafeRawBufferPointer, at index: Int32) {
        if bytes.isEmpty {
            sqlite3_bind_zeroblob(statement, index, 0)
        } else {
            sqlite3_bind_blob64(statement, index, bytes.baseAddress, UInt64(bytes.count), SQLiteStatement.copies)
        }
    }

    /// Runs a statement that gives no rows, with one parameter bound to bytes in place: they are not copied.
    public func run(bytes: [UInt8], at index: Int32) throws(SQLiteError) {
        let result = bytes.withUnsafeBytes { raw in
            if raw.isEmpty {
                sqlite3_bind_zeroblob(statement, index, 0)
            } else {
                // A nil destructor says that the bytes stay where they are; they do until the step and the reset below are over.
                sqlite3_bind_blob64(statement, index, raw.baseAddress, UInt64(raw.count), nil)
            }
            let result = sqlite3_step(statement)
            sqlite3_reset(statement)
            sqlite3_clear_bindings(statement)
            return result
        }
        if result != SQLITE_DONE && result != SQLITE_ROW { throw SQLiteError(handle: connection, context: sql) }
    }

    /// Goes to the next row; false behind the last one.
    public func step() throws(SQLiteError) -> Bool {
        switch sqlite3_step(statement) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default:
            let error = SQLiteError(handle: connection, context: sql)
            sqlite3_reset(statement)
            throw error
        }
    }

    /// Runs a statement that gives no rows, and makes it ready to be bound again.
    public func run() throws(SQLiteError) {
        while try step() {}
        reset()
    }

    /// Makes the statement ready to be bound again and forgets what was bound.
    public func reset() {
        sqlite3_reset(statement)
        sqlite3_clear_bindings(statement)
    }

    /// A column of the current row; columns count from 0.
    public func integer(at column: Int32) -> Int64 { sqlite3_column_int64(statement, column) }

    public func isNull(at column: Int32) -> Bool { sqlite3_column_type(statement, column) == SQLITE_NULL }

    public func text(at column: Int32) -> String {
        guard let characters = sqlite3_column_text(statement, column) else { return "" }
        let count = Int(sqlite3_column_bytes(statement, column))
        return String(decoding: UnsafeBufferPointer(start: characters, count: count), as: UTF8.self)
    }

    /// Lends the bytes of a column until the closure returns.
    public func withBytes<Result, Failure: Error>(
        at column: Int32, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let start = sqlite3_column_blob(statement, column)
        let count = Int(sqlite3_column_bytes(statement, column))
        return try body(UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count))
    }

    /// A copy of the bytes of a column.
    public func bytes(at column: Int32) -> [UInt8] { withBytes(at: column) { [UInt8]($0) } }

    /// Tells SQLite to copy what is bound.
    private static var copies: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }
}
