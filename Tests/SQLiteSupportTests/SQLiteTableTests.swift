internal import SQLiteSupport
internal import Testing

/// Tables whose rows are computed, asked through statements.
@Suite struct SQLiteTableTests {
    /// Whole numbers from `start` (0 where it is not given) to below 100, with their squares as text.
    private final class Numbers: SQLiteTable {
        let name = "numbers"
        let columns = [
            SQLiteTableColumn("n", "INTEGER", taking: [.greaterOrEqual, .lessOrEqual]),
            SQLiteTableColumn("square", "TEXT"),
            SQLiteTableColumn("start", "INTEGER", isHidden: true, taking: [.equal]),
        ]
        let rowEstimate = 100.0
        var scans: [[SQLiteTableConstraint]] = []
        var rowsGiven = 0

        func rows(where constraints: [SQLiteTableConstraint]) throws -> any SQLiteTableRows {
            scans.append(constraints)
            var range: ClosedRange<Int64> = 0...99
            var start: SQLiteValue = .null
            for constraint in constraints {
                guard case .integer(let value) = constraint.value else { throw NotANumber() }
                switch (constraint.column, constraint.comparison) {
                case (0, .greaterOrEqual), (2, _): range = range.clamped(to: value...Int64.max)
                default: range = range.clamped(to: Int64.min...value)
                }
                if constraint.column == 2 { start = constraint.value }
            }
            return Rows(self, range, start)
        }

        private final class Rows: SQLiteTableRows {
            let table: Numbers
            let start: SQLiteValue
            var rest: Array<Int64>.Iterator
            var current: Int64 = 0

            init(_ table: Numbers, _ range: ClosedRange<Int64>, _ start: SQLiteValue) {
                self.table = table
                self.start = start
                rest = Array(range).makeIterator()
            }

            func next() -> Bool {
                guard let next = rest.next() else { return false }
                current = next
                table.rowsGiven += 1
                return true
            }

            func value(at column: Int) throws -> SQLiteValue {
                if current == 66 && column == 1 { throw NotANumber() }
                return column == 0 ? .integer(current) : column == 1 ? .text("\(current * current)") : start
            }
        }
    }

    private struct NotANumber: Error, CustomStringConvertible { let description = "that is no number" }

    private let connection: SQLiteConnection
    private let numbers = Numbers()

    init() throws {
        connection = try SQLiteConnection(path: ":memory:")
        try connection.add(numbers)
        connection.restrictToReading()
    }

    private func rows(_ sql: String) throws -> [[SQLiteValue]] {
        let statement = try connection.singleStatement(sql)
        var rows: [[SQLiteValue]] = []
        while try statement.step() { rows.append((0..<Int32(statement.columnNames.count)).map { statement.value(at: $0) }) }
        return rows
    }

    private func failure(_ sql: String) -> SQLiteError? {
        do {
            _ = try rows(sql)
            return nil
        } catch { return error as? SQLiteError }
    }

    @Test func isATableAndAFunction() throws {
        #expect(try rows("SELECT count(*), sum(n) FROM numbers") == [[.integer(100), .integer(4950)]])
        #expect(try rows("SELECT n, square FROM numbers(98)") == [[.integer(98), .text("9604")], [.integer(99), .text("9801")]])
        #expect(try rows("SELECT * FROM numbers WHERE n = 7") == [[.integer(7), .text("49")]])
    }

    @Test func aRangeIsHandedOnAndCheckedOnce() throws {
        #expect(try rows("SELECT n FROM numbers WHERE n BETWEEN 10 AND 12").count == 3)
        #expect(numbers.rowsGiven == 3)
        #expect(Set(numbers.scans[0].map(\.comparison)) == [.greaterOrEqual, .lessOrEqual])
    }

    @Test func argumentsComeFromOtherTablesOfAJoin() throws {
        let sql = "SELECT a.n, b.n FROM numbers a, numbers(a.n) b WHERE a.n BETWEEN 97 AND 98 ORDER BY 1, 2"
        #expect(try rows(sql).count == 5)
    }

    @Test func valuesOfAllKindsTravel() throws {
        #expect(
            try rows("SELECT NULL, -5, 1.5, 'é', x'00ff', '', x''")
                == [[.null, .integer(-5), .real(1.5), .text("é"), .blob([0, 255]), .text(""), .blob([])]])
    }

    @Test func errorsOfATableAreThoseOfTheStatement() {
        #expect(failure("SELECT n FROM numbers('x')")?.message == "that is no number")
        #expect(failure("SELECT square FROM numbers(60)")?.message == "that is no number")
        // The connection goes on.
        #expect(failure("SELECT n FROM numbers(60)") == nil)
    }

    @Test(
        arguments: [
            ("SELEC 1", 0), ("SELECT 1 FROM nowhere", nil), ("SELECT nothing FROM numbers", 7), ("SELECT 1; SELECT 2", 9),
            ("SELECT 1;\n SELEC", 11),
        ] as [(String, Int?)])
    func aWrongStatementSaysWhere(sql: String, offset: Int?) throws {
        let found = try #require(failure(sql))
        if let offset { #expect(found.offset == offset, "\(found)") }
    }

    @Test(arguments: [
        "CREATE TABLE t(a)", "ATTACH 'x' AS y", "VACUUM INTO '/tmp/x'", "PRAGMA journal_mode = DELETE", "DELETE FROM numbers", "BEGIN",
        "", " -- nothing",
    ])
    func whatDoesNotReadIsRefused(sql: String) { #expect(failure(sql) != nil) }
}
