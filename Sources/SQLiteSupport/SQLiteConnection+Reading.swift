internal import GRDBSQLite

/// Statements that somebody else wrote.
extension SQLiteConnection {
    /// From now on lets only statements pass that read: `SELECT`, `VALUES`, `EXPLAIN`, and the pragmas that describe tables. None opens
    /// another file.
    public func restrictToReading() {
        sqlite3_set_authorizer(
            handle,
            { _, action, name, _, _, _ in
                switch action {
                case SQLITE_SELECT, SQLITE_READ, SQLITE_RECURSIVE: return SQLITE_OK
                case SQLITE_FUNCTION: return SQLITE_OK
                case SQLITE_PRAGMA:
                    let known = ["table_info", "table_xinfo", "table_list", "index_list", "index_info", "function_list", "user_version"]
                    return name.map { known.contains(String(cString: $0).lowercased()) } == true ? SQLITE_OK : SQLITE_DENY
                default: return SQLITE_DENY
                }
            }, nil)
    }

    /// Compiles the one statement that a text holds. It is not kept.
    ///
    /// - Throws: ``SQLiteError``, with the place in the text where SQLite knows it; also where there is no statement, or more than one.
    public func singleStatement(_ sql: String) throws(SQLiteError) -> SQLiteStatement { try SQLiteStatement(single: sql, handle: handle) }
}

extension SQLiteStatement {
    fileprivate convenience init(single sql: String, handle: OpaquePointer) throws(SQLiteError) {
        var bytes = sql.utf8.map { CChar(bitPattern: $0) }
        if let end = bytes.firstIndex(of: 0) {
            throw SQLiteError(code: .other, resultCode: SQLITE_ERROR, message: "there is a zero byte", context: sql, offset: end)
        }
        bytes.append(0)
        var compiled: OpaquePointer?
        var failure: SQLiteError?
        bytes.withUnsafeBufferPointer { text in
            var rest = text.baseAddress
            while let start = rest, start.pointee != 0, failure == nil {
                let place = text.baseAddress.map { start - $0 } ?? 0
                var statement: OpaquePointer?
                if sqlite3_prepare_v3(handle, start, -1, 0, &statement, &rest) != SQLITE_OK {
                    let offset = Int(sqlite3_error_offset(handle))
                    failure = SQLiteError(handle: handle, context: sql, offset: offset < 0 ? nil : place + offset)
                } else if compiled == nil {
                    compiled = statement
                } else if statement != nil {
                    sqlite3_finalize(statement)
                    failure = SQLiteError(
                        code: .other, resultCode: SQLITE_ERROR, message: "there is more than one statement", context: sql, offset: place)
                }
            }
        }
        guard failure == nil, let compiled else {
            sqlite3_finalize(compiled)
            throw failure ?? SQLiteError(code: .other, resultCode: SQLITE_ERROR, message: "there is no statement", context: sql)
        }
        self.init(connection: handle, statement: compiled, sql: sql)
    }

    /// The names of the columns of the rows.
    public var columnNames: [String] {
        (0..<sqlite3_column_count(statement)).map { index in
            sqlite3_column_name(statement, index).map { String(cString: $0) } ?? ""
        }
    }

    /// A column of the current row; columns count from 0.
    public func value(at column: Int32) -> SQLiteValue { SQLiteValue(copying: column, of: statement) }
}
