/// A table whose rows are computed, for the statements of one connection: a virtual table, which can be called like a function too.
///
/// `SELECT … FROM name` and `SELECT … FROM name(a, b)` both read it; arguments are constraints of equality on the hidden columns, in order.
public protocol SQLiteTable: AnyObject {
    /// What statements call it.
    var name: String { get }
    /// Its columns in order. Numbers of columns count from 0.
    var columns: [SQLiteTableColumn] { get }
    /// About how many rows there are without any constraint; tells the planner what a scan costs.
    var rowEstimate: Double { get }

    /// Begins a scan.
    ///
    /// - Parameter constraints: what rows have to pass, of those that the columns take. Rows that do not pass may come along where the
    ///   column is not hidden.
    /// - Throws: what the statement fails with, in the words of the error.
    func rows(where constraints: [SQLiteTableConstraint]) throws -> any SQLiteTableRows
}

/// One scan over a table.
public protocol SQLiteTableRows: AnyObject {
    /// Goes to the next row, at first to the first one; false behind the last.
    func next() throws -> Bool

    /// A column of the current row. Asked only for what a statement uses, maybe more than once.
    func value(at column: Int) throws -> SQLiteValue
}

/// A column of a computed table.
public struct SQLiteTableColumn: Sendable, Hashable {
    /// How a statement compares a column with a value.
    public enum Comparison: UInt8, Sendable, Hashable {
        case equal = 2, greater = 4, lessOrEqual = 8, less = 16, greaterOrEqual = 32
    }

    public let name: String
    /// The declared type, which decides how values are compared: `TEXT`, `INTEGER`, `REAL` or empty.
    public let type: String
    /// Whether `*` leaves it out, and a constraint on it is an argument of the table.
    public let isHidden: Bool
    /// Comparisons that a scan makes use of.
    public let taken: Set<Comparison>

    public init(_ name: String, _ type: String, isHidden: Bool = false, taking taken: Set<Comparison> = []) {
        self.name = name
        self.type = type
        self.isHidden = isHidden
        self.taken = taken
    }
}

/// What a statement asks of the rows of a computed table.
public struct SQLiteTableConstraint: Sendable, Hashable {
    public let column: Int
    public let comparison: SQLiteTableColumn.Comparison
    public let value: SQLiteValue
}
