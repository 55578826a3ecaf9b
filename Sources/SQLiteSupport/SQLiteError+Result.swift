internal import GRDB
internal import GRDBSQLite

extension SQLiteError {
    /// The latest error of a connection.
    init(handle: OpaquePointer, context: String, offset: Int? = nil) {
        let resultCode = sqlite3_extended_errcode(handle)
        self.init(
            code: SQLiteError.code(of: resultCode), resultCode: resultCode, message: String(cString: sqlite3_errmsg(handle)),
            context: context, offset: offset)
    }

    /// An error that GRDB threw.
    init(_ error: any Error, context: String) {
        guard let error = error as? DatabaseError else {
            self.init(code: .other, resultCode: SQLITE_ERROR, message: "\(error)", context: context)
            return
        }
        let resultCode = error.extendedResultCode.rawValue
        self.init(code: SQLiteError.code(of: resultCode), resultCode: resultCode, message: error.message ?? "no message", context: context)
    }

    private static func code(of resultCode: Int32) -> Code {
        switch resultCode & 0xff {
        case SQLITE_FULL: .diskFull
        case SQLITE_CORRUPT, SQLITE_NOTADB: .corrupt
        case SQLITE_BUSY, SQLITE_LOCKED: .busy
        case SQLITE_CANTOPEN: .cannotOpen
        case SQLITE_IOERR: .inputOutput
        default: .other
        }
    }
}
