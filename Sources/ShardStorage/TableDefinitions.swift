public import SQLiteSupport

/// What the tables of a file are, as SQLite keeps it.
public struct TableDefinitions {
    private let expected: [String]

    /// - Parameter statements: those that make the tables.
    public init(_ statements: String) throws {
        let model = try SQLiteConnection(path: ":memory:")
        try model.execute(statements)
        expected = try TableDefinitions.definitions(model)
        try model.close()
    }

    private static func definitions(_ connection: SQLiteConnection) throws -> [String] {
        let select = try connection.statement("SELECT type, name, tbl_name, sql FROM sqlite_schema")
        defer { select.reset() }
        var definitions: [String] = []
        while try select.step() { definitions.append((0..<4).map { select.text(at: $0) }.joined(separator: "\n")) }
        return definitions.sorted()
    }

    /// Tells where a file has others; empty where it has just these.
    public func problems(_ connection: SQLiteConnection) throws -> [String] {
        try TableDefinitions.definitions(connection) == expected ? [] : ["the definitions of the tables are not what they were"]
    }
}
