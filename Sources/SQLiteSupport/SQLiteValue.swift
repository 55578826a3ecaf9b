/// A value of SQLite.
public enum SQLiteValue: Sendable, Hashable {
    case null
    case integer(Int64)
    /// SQLite knows no NaN: it becomes null.
    case real(Double)
    case text(String)
    case blob([UInt8])
}
