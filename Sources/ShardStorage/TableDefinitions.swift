public import SQLiteSupport

/// What the tables of a file are, as SQLite keeps it, and of which types their values are.
///
/// One bit of a row's header turns a text into bytes, or bytes into a text. SQLite reads both as the same, definitions of tables included.
public struct TableDefinitions {
    private let expected: [String]
    /// For each table a query that gives a row where some value is not of its column's type.
    private let wrongTypes: [(table: String, query: String)]

    /// - Parameter statements: those that make the tables.
    public init(_ statements: String) throws {
        let model = try SQLiteConnection(path: ":memory:")
        try model.execute(statements)
        expected = try TableDefinitions.definitions(model)
        wrongTypes = try TableDefinitions.wrongTypes(model)
        try model.close()
    }

    private static func definitions(_ connection: SQLiteConnection) throws -> [String] {
        // Quoted, which tells bytes from a text.
        let select = try connection.statement("SELECT quote(type), quote(name), quote(tbl_name), quote(sql) FROM sqlite_schema")
        defer { select.reset() }
        var definitions: [String] = []
        while try select.step() { definitions.append((0..<4).map { select.text(at: $0) }.joined(separator: "\n")) }
        return definitions.sorted()
    }

    private static func wrongTypes(_ model: SQLiteConnection) throws -> [(table: String, query: String)] {
        let select = try model.statement(
            """
            SELECT tables.name, group_concat('typeof("' || columns.name || '") NOT IN (''null'', ''' || lower(columns.type) || ''')', ' OR ')
            FROM sqlite_schema AS tables, pragma_table_info(tables.name) AS columns
            WHERE tables.type = 'table' AND columns.type IN ('TEXT', 'BLOB', 'INTEGER') GROUP BY tables.name
            """)
        defer { select.reset() }
        var queries: [(table: String, query: String)] = []
        while try select.step() {
            let table = select.text(at: 0)
            queries.append((table, "SELECT 1 FROM \"\(table)\" WHERE \(select.text(at: 1)) LIMIT 1"))
        }
        return queries
    }

    /// Tells where a file has others, and values of other types; empty where it has just these.
    public func problems(_ connection: SQLiteConnection) throws -> [String] {
        guard try TableDefinitions.definitions(connection) == expected else {
            return ["the definitions of the tables are not what they were"]
        }
        return try wrongTypes.compactMap { table, query in
            try connection.integer(query) == nil ? nil : "a value in table \(table) is not of the type of its column"
        }
    }
}
