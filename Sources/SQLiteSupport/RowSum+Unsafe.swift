internal import GRDBSQLite

/// A table whose rows are summed up.
public struct SummedTable: Sendable, Hashable {
    public var name: String
    /// The columns that count.
    public var columns: [String]
    /// A condition on the row's columns, each written as `row.NAME`; rows that it does not hold for do not count.
    public var condition: String?

    public init(_ name: String, columns: [String], where condition: String? = nil) {
        self.name = name
        self.columns = columns
        self.condition = condition
    }

    fileprivate func arguments(of row: String) -> String {
        "'\(name)'" + columns.map { ", \(row).\($0)" }.joined()
    }

    fileprivate func condition(on row: String) -> String? { condition?.replacing("row.", with: row + ".") }
}

/// A sum over the rows of some tables that follows what a connection changes, so that it can be kept in the file and held against the rows
/// later: where a bit of a row flipped, they differ.
///
/// Each row counts with a hash of its table's name and its columns. The sum does not depend on the order of rows, so that it costs nothing but
/// the hashes of the rows that come and go.
public final class RowSum {
    /// Wraps around.
    public var value: UInt64 = 0

    public init() {}
}

/// - Precondition: SQLite calls in for one connection from one thread at a time, as ``SQLiteConnection`` is used. The context of the functions is a
///   retained ``RowSum``, released by the destructor given with it.
extension SQLiteConnection {
    /// Prepares for ``follow(_:)``. Once, outside of a transaction.
    ///
    /// A transaction that is rolled back leaves the sum as it is: its owner sets it back.
    public func keep(_ sum: RowSum) throws(SQLiteError) {
        // Rows that are replaced count as deleted only then.
        try execute("PRAGMA recursive_triggers = ON; PRAGMA temp_store = MEMORY")
        let context = Unmanaged.passRetained(sum).toOpaque()
        let result = sqlite3_create_function_v2(
            handle, "row_sum_add", -1, SQLITE_UTF8, context, { RowHash.add($0, $1, $2) }, nil, nil,
            { if let context = $0 { Unmanaged<RowSum>.fromOpaque(context).release() } })
        if result != SQLITE_OK { throw SQLiteError(handle: handle, context: "row_sum_add") }
    }

    /// Lets the sum that is kept follow all rows that this connection adds to a table, changes and deletes from now on, those replaced by others
    /// too.
    public func follow(_ table: SummedTable) throws(SQLiteError) {
        let (new, old) = (table.arguments(of: "NEW"), table.arguments(of: "OLD"))
        for (event, changes) in [
            ("INSERT", [("1, " + new, "NEW")]), ("DELETE", [("-1, " + old, "OLD")]),
            ("UPDATE", [("-1, " + old, "OLD"), ("1, " + new, "NEW")]),
        ] {
            let statements = changes.map { arguments, row in
                "SELECT row_sum_add(\(arguments))" + (table.condition(on: row).map { " WHERE " + $0 } ?? "") + ";"
            }
            try execute(
                "CREATE TEMP TRIGGER row_sum_\(table.name)_\(event) AFTER \(event) ON main.\(table.name) BEGIN "
                    + statements.joined(separator: " ") + " END")
        }
    }

    /// The sum over the rows that some tables have.
    public func rowSum(of tables: [SummedTable]) throws(SQLiteError) -> UInt64 {
        let result = sqlite3_create_function_v2(
            handle, "row_hash", -1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, nil,
            { context, count, values in sqlite3_result_int64(context, Int64(bitPattern: RowHash.of(values, 0..<Int(count)))) }, nil, nil,
            nil)
        if result != SQLITE_OK { throw SQLiteError(handle: handle, context: "row_hash") }
        var sum: UInt64 = 0
        for table in tables {
            let condition = table.condition(on: table.name).map { " WHERE " + $0 } ?? ""
            let select = try singleStatement("SELECT row_hash(\(table.arguments(of: table.name))) FROM \(table.name)\(condition)")
            while try select.step() { sum &+= UInt64(bitPattern: select.integer(at: 0)) }
        }
        return sum
    }
}

/// A hash of the values of a row: each step is a bijection of the hash so far, so that one value that differs makes the whole differ.
private enum RowHash {
    private static let multiplier: UInt64 = 0x9e37_79b9_7f4a_7c15

    /// Adds a row to the sum that is the context, or takes it away, as the first value says.
    static func add(_ context: OpaquePointer?, _ count: Int32, _ values: UnsafeMutablePointer<OpaquePointer?>?) {
        guard let sum = sqlite3_user_data(context), let values else { return }
        let hash = of(values, 1..<Int(count))
        let box = Unmanaged<RowSum>.fromOpaque(sum).takeUnretainedValue()
        if sqlite3_value_int64(values[0]) > 0 { box.value &+= hash } else { box.value &-= hash }
    }

    static func of(_ values: UnsafeMutablePointer<OpaquePointer?>?, _ range: Range<Int>) -> UInt64 {
        guard let values else { return 0 }
        var hash: UInt64 = 0
        for index in range {
            let value = values[index]
            let type = sqlite3_value_type(value)
            mix(&hash, UInt64(bitPattern: Int64(type)))
            switch type {
            case SQLITE_INTEGER: mix(&hash, UInt64(bitPattern: sqlite3_value_int64(value)))
            case SQLITE_FLOAT: mix(&hash, sqlite3_value_double(value).bitPattern)
            case SQLITE_TEXT, SQLITE_BLOB:
                let start = sqlite3_value_blob(value)
                let count = Int(sqlite3_value_bytes(value))
                mix(&hash, UInt64(count))
                mix(&hash, UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count))
            default: break
            }
        }
        return hash
    }

    private static func mix(_ hash: inout UInt64, _ bytes: UnsafeRawBufferPointer) {
        var index = 0
        while index + 8 <= bytes.count {
            mix(&hash, UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)))
            index += 8
        }
        var rest: UInt64 = 0
        while index < bytes.count {
            rest = rest << 8 | UInt64(bytes[index])
            index += 1
        }
        mix(&hash, rest)
    }

    private static func mix(_ hash: inout UInt64, _ word: UInt64) {
        hash = (hash ^ word) &* multiplier
        hash ^= hash >> 29
    }
}
