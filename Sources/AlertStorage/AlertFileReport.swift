internal import SQLiteSupport
internal import ShardStorage

/// What a look at the file of alerts found, which may belong to another process: it is only read.
public struct AlertFileReport: Sendable, Hashable {
    public var silences = 0
    public var alerts = 0
    public var events = 0
    /// What is wrong with it, a line each; empty for a sound file.
    public var problems: [String] = []

    /// The newest version that this program reads.
    public static let format = AlertTables.format

    /// Columns that count for the checksum of a row, by table. The numbers of rows are left out.
    private static let columns = [
        ("silence", AlertRows.silenceColumns, 9), ("notification_log", AlertRows.logColumns, 8), ("alert", AlertRows.alertColumns, 8),
        ("rule_state", "rule_group, state", 2), ("moment", "name, time", 2), ("label_set", "fingerprint, name, labels", 3),
        ("context", "rule, route, group_key, receiver, integration", 5), ("payload", "time, text", 2),
        ("event", "time, kind, label_set, context, decided_by, detail, payload", 7),
    ]

    /// Reads a file whole.
    public init(inspecting path: String) {
        problems = DatabaseFile.problems(path, format: AlertTables.format, definitions: AlertTables.definitions)
        do {
            let connection = try SQLiteConnection(path: path, mode: DatabaseFile.readingMode(path), cacheKilobytes: 1024)
            // A file that a running server is just about to make has no tables yet.
            guard try connection.integer("PRAGMA user_version") == AlertTables.format else { return }
            try connection.execute("BEGIN")
            for (table, columns, count) in AlertFileReport.columns {
                let rows = try read(table, columns, Int32(count), connection)
                switch table {
                case "silence": silences = rows
                case "alert": alerts = rows
                case "event": events = rows
                default: break
                }
            }
            for (table, column, target) in [
                ("event", "label_set", "label_set"), ("event", "context", "context"), ("event", "payload", "payload"),
                ("label", "label_set", "label_set"),
            ] {
                let lost =
                    try connection.integer(
                        "SELECT count(*) FROM \(table) WHERE \(column) IS NOT NULL AND \(column) NOT IN (SELECT id FROM \(target))") ?? 0
                if lost > 0 { problems.append("\(lost) rows of \(table) refer to rows of \(target) that are not there") }
            }
            try connection.execute("COMMIT")
            try connection.close()
        } catch {
            problems.append("\(error)")
        }
    }

    /// Reads the rows of a table, and gives their number.
    private mutating func read(
        _ table: String, _ columns: String, _ count: Int32, _ connection: SQLiteConnection
    ) throws(SQLiteError) -> Int {
        let select = try connection.statement("SELECT \(columns), checksum FROM \(table)")
        defer { select.reset() }
        var rows = 0
        var damaged = 0
        while try select.step() {
            rows += 1
            if (try? StoredRow(reading: select, count: count, of: table)) == nil { damaged += 1 }
        }
        if damaged > 0 { problems.append("\(damaged) rows of \(table) are not what was written") }
        return rows
    }
}
