internal import GRDBSQLite

/// Values on their way in and out of SQLite's C structures.
///
/// - Precondition: the pointers are SQLite's own and are used only during the call that lends them; all contents are copied.
extension SQLiteValue {
    init(copying value: OpaquePointer?) {
        switch sqlite3_value_type(value) {
        case SQLITE_INTEGER: self = .integer(sqlite3_value_int64(value))
        case SQLITE_FLOAT: self = .real(sqlite3_value_double(value))
        case SQLITE_TEXT:
            let start = sqlite3_value_text(value)
            self = .text(SQLiteValue.text(start, sqlite3_value_bytes(value)))
        case SQLITE_BLOB:
            let start = sqlite3_value_blob(value)
            self = .blob(SQLiteValue.bytes(start, sqlite3_value_bytes(value)))
        default: self = .null
        }
    }

    init(copying column: Int32, of statement: OpaquePointer?) {
        switch sqlite3_column_type(statement, column) {
        case SQLITE_INTEGER: self = .integer(sqlite3_column_int64(statement, column))
        case SQLITE_FLOAT: self = .real(sqlite3_column_double(statement, column))
        case SQLITE_TEXT:
            let start = sqlite3_column_text(statement, column)
            self = .text(SQLiteValue.text(start, sqlite3_column_bytes(statement, column)))
        case SQLITE_BLOB:
            let start = sqlite3_column_blob(statement, column)
            self = .blob(SQLiteValue.bytes(start, sqlite3_column_bytes(statement, column)))
        default: self = .null
        }
    }

    func set(asResultOf context: OpaquePointer?) {
        // Minus one tells SQLite to copy.
        let copies = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        switch self {
        case .null: sqlite3_result_null(context)
        case .integer(let number): sqlite3_result_int64(context, number)
        case .real(let number): sqlite3_result_double(context, number)
        case .text(var text):
            text.withUTF8 { bytes in
                let start = UnsafeRawPointer(bytes.baseAddress)?.assumingMemoryBound(to: CChar.self)
                if let start {
                    sqlite3_result_text64(context, start, UInt64(bytes.count), copies, UInt8(SQLITE_UTF8))
                } else {
                    sqlite3_result_text64(context, "", 0, copies, UInt8(SQLITE_UTF8))
                }
            }
        case .blob(let bytes):
            bytes.withUnsafeBytes { raw in
                if let start = raw.baseAddress {
                    sqlite3_result_blob64(context, start, UInt64(raw.count), copies)
                } else {
                    sqlite3_result_zeroblob(context, 0)
                }
            }
        }
    }

    private static func text(_ start: UnsafePointer<UInt8>?, _ count: Int32) -> String {
        String(decoding: UnsafeBufferPointer(start: start, count: start == nil ? 0 : Int(count)), as: UTF8.self)
    }

    private static func bytes(_ start: UnsafeRawPointer?, _ count: Int32) -> [UInt8] {
        [UInt8](UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : Int(count)))
    }
}
