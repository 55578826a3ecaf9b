internal import SQLiteSupport

/// The rows of a shard that hold no checksum of their own: a sum of them stands among the numbers of the shard, and changes with them in the
/// same transaction. Pages, dictionary and index are checked by what is in them.
enum ShardRows {
    /// The number that the sum is.
    static let sumKey = "row_sum"
    static let startRuns = SummedTable("start_run", columns: ["series", "seal", "first", "last", "start"])
    /// The tables that every shard has.
    static let always = [
        SummedTable("meta", columns: ["key", "value"], where: "row.key <> '\(sumKey)'"),
        SummedTable(
            "page", columns: ["id", "seal", "level", "first_series", "last_series", "min_time", "max_time", "items", "bytes"]),
        SummedTable("retired_page", columns: ["id"]),
        SummedTable("attachment", columns: ["series", "time", "data"]),
    ]

    /// Those that a shard has.
    static func tables(of connection: SQLiteConnection) throws -> [SummedTable] {
        let hasStartRuns = try connection.integer("SELECT 1 FROM sqlite_schema WHERE name = '\(startRuns.name)'") != nil
        return hasStartRuns ? always + [startRuns] : always
    }

    /// What tells that a bit of these rows, of the definitions of tables or of the file's version has changed; empty where none did, one
    /// sentence each.
    static func problems(_ connection: SQLiteConnection) throws -> [String] {
        var problems: [String] = []
        if try connection.integer("PRAGMA application_id") != Shard.applicationID { problems.append("the mark of a shard is wrong") }
        let version = try connection.integer("PRAGMA user_version") ?? 0
        if version < Shard.oldestFormat || version > Shard.format { problems.append("format \(version) is unknown") }
        let hasStartRuns = try connection.integer("SELECT value FROM meta WHERE key = 'has_start_runs'") == 1
        var definitions = ShardWriter.tables
        if hasStartRuns { definitions += ShardWriter.startRunTable + ";" }
        if try ShardContents.hasParts(connection) { definitions += ShardWriter.partTable + ";" }
        problems += try TableDefinitions(definitions).problems(connection)
        guard version == Shard.format else { return problems }
        guard let sum = try connection.integer("SELECT value FROM meta WHERE key = '\(sumKey)'") else {
            return problems + ["the sum of the rows is missing"]
        }
        if try connection.rowSum(of: tables(of: connection)) != UInt64(bitPattern: sum) {
            problems.append("the sum of the rows of meta, page, retired_page, attachment and start_run is not what it was")
        }
        return problems
    }
}
