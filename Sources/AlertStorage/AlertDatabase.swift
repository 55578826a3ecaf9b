internal import AlertModel
internal import SQLiteSupport
internal import ShardStorage
internal import TelemetryModel

/// The connection that writes, and what it knows of the tables. Used by one thread at a time.
final class AlertDatabase {
    /// What was kept when the process ended before.
    struct Contents: Sendable {
        var silences: [Silence] = []
        var logEntries: [NotificationLogEntry] = []
        var alerts: [Alert] = []
        var ruleStates: [String: [UInt8]] = [:]
        /// Times by their names.
        var moments: [String: Timestamp] = [:]
        /// What could not be read, a line each.
        var damage: [String] = []
        /// Whether SQLite can use the file.
        var isReadable = true
    }

    /// The name of the moment at which the process was last known to live.
    static let aliveName = "alive"

    let connection: SQLiteConnection
    private var events = EventRows()

    /// Opens the file, or makes it.
    ///
    /// - Throws: ``AlertStorageError``; `newerFormat` where a newer version of Perch wrote it.
    init(path: String) throws(AlertStorageError) {
        do throws(SQLiteError) {
            connection = try SQLiteConnection(path: path, synchronous: .full, cacheKilobytes: 2048, autoVacuum: true)
        } catch {
            throw AlertStorageError(error, path: path)
        }
        try AlertDatabase.prepare(connection)
    }

    /// Makes the tables of a new file, and refuses those of another format.
    private static func prepare(_ connection: SQLiteConnection) throws(AlertStorageError) {
        let format: Int64
        do throws(SQLiteError) {
            format = try connection.integer("PRAGMA user_version") ?? 0
            if format == 0 {
                try connection.transact { () throws(SQLiteError) in
                    if try connection.integer("SELECT count(*) FROM sqlite_schema") == 0 {
                        try connection.execute(AlertTables.definitions)
                    }
                    try connection.execute("PRAGMA user_version = \(AlertTables.format)")
                }
            }
        } catch {
            throw AlertStorageError(error, path: connection.path)
        }
        if format > AlertTables.format {
            throw AlertStorageError(
                .newerFormat,
                "\(connection.path): a newer version of Perch wrote this file; use that version, or move the file away to begin anew")
        }
        if format < 0 { throw AlertStorageError(.damaged, "\(connection.path): format \(format) is unknown") }
    }

    /// Reads what is kept besides the history. Rows that are damaged are left out and told of.
    ///
    /// - Throws: ``AlertStorageError`` where the file cannot be read for another reason than damage.
    func contents() throws(AlertStorageError) -> Contents {
        var contents = Contents()
        let silences = try rows("silence", AlertRows.silenceColumns, count: 9, &contents)
        contents.silences = values(silences, &contents, AlertRows.silence)
        let log = try rows("notification_log", AlertRows.logColumns, count: 8, &contents)
        contents.logEntries = values(log, &contents, AlertRows.logEntry)
        let alerts = try rows("alert", AlertRows.alertColumns, count: 8, &contents)
        contents.alerts = values(alerts, &contents, AlertRows.alert)
        for row in try rows("rule_state", "rule_group, state", count: 2, &contents) { contents.ruleStates[row.text(0)] = row.blob(1) }
        for row in try rows("moment", "name, time", count: 2, &contents) { contents.moments[row.text(0)] = row.integer(1) }
        return contents
    }

    private func rows(
        _ table: String, _ columns: String, count: Int32, _ contents: inout Contents
    ) throws(AlertStorageError) -> [StoredRow] {
        var rows: [StoredRow] = []
        do throws(SQLiteError) {
            let select = try connection.statement("SELECT \(columns), checksum FROM \(table)")
            defer { select.reset() }
            while try select.step() {
                do throws(AlertStorageError) {
                    rows.append(try StoredRow(reading: select, count: count, of: table))
                } catch {
                    contents.damage.append(error.message)
                }
            }
        } catch {
            // Damage to the definition of a table looks like a wrong statement.
            guard error.code == .corrupt || error.code == .other else { throw AlertStorageError(error, path: connection.path) }
            contents.damage.append("\(table): \(error)")
            contents.isReadable = false
        }
        return rows
    }

    private func values<Value>(
        _ rows: [StoredRow], _ contents: inout Contents, _ read: (StoredRow) throws(AlertStorageError) -> Value
    ) -> [Value] {
        var values: [Value] = []
        for row in rows {
            do throws(AlertStorageError) { values.append(try read(row)) } catch { contents.damage.append(error.message) }
        }
        return values
    }

    /// Writes everything in one transaction, which is on the disk when this returns.
    func write(_ batch: PendingWrites, options: AlertStorageOptions) throws(SQLiteError) {
        do throws(SQLiteError) {
            try connection.execute("BEGIN IMMEDIATE")
            try put(batch)
            try events.insert(batch.events, connection, options)
            try connection.execute("COMMIT")
        } catch {
            events.forget()
            connection.rollBack()
            throw error
        }
    }

    private func put(_ batch: PendingWrites) throws(SQLiteError) {
        for (labels, alert) in batch.alerts {
            if let alert {
                try insert("alert", AlertRows.row(alert))
            } else {
                try delete("alert", where: "labels = ?", .text(AlertText.text(of: labels)))
            }
        }
        for (key, entry) in batch.logEntries {
            if let entry {
                try insert("notification_log", AlertRows.row(entry))
            } else {
                try delete(
                    "notification_log", where: "group_key = ? AND receiver = ? AND integration = ? AND position = ?",
                    .text(key.groupKey), .text(key.integration.receiver), .text(key.integration.kind),
                    .integer(Int64(key.integration.index)))
            }
        }
        for (group, state) in batch.ruleStates {
            if let state {
                try insert("rule_state", StoredRow(.text(group), .blob(state)))
            } else {
                try delete("rule_state", where: "rule_group = ?", .text(group))
            }
        }
        if let alive = batch.aliveAt { try insert("moment", StoredRow(.text(AlertDatabase.aliveName), .integer(alive))) }
        for silence in batch.silences { try insert("silence", AlertRows.row(silence)) }
    }

    /// Forgets the numbers of rows that events refer to.
    func forgetEventRows() { events.forget() }

    private func insert(_ table: String, _ row: StoredRow) throws(SQLiteError) {
        let marks = repeatElement("?", count: row.values.count + 1).joined(separator: ", ")
        let statement = try connection.statement("INSERT OR REPLACE INTO \(table) VALUES (\(marks))")
        row.bind(to: statement)
        try statement.run()
    }

    private func delete(_ table: String, where condition: String, _ values: SQLiteValue...) throws(SQLiteError) {
        let statement = try connection.statement("DELETE FROM \(table) WHERE \(condition)")
        for (index, value) in values.enumerated() {
            if case .text(let text) = value { statement.bind(text, at: Int32(index + 1)) }
            if case .integer(let number) = value { statement.bind(number, at: Int32(index + 1)) }
        }
        try statement.run()
    }
}

extension SQLiteConnection {
    /// As ``transaction(_:)``, where nothing but SQLite fails.
    func transact(_ body: () throws(SQLiteError) -> Void) throws(SQLiteError) {
        try execute("BEGIN IMMEDIATE")
        do throws(SQLiteError) {
            try body()
            try execute("COMMIT")
        } catch {
            rollBack()
            throw error
        }
    }

    /// Ends a transaction that failed, unless SQLite has done so: a second error would hide the first.
    func rollBack() {
        if isInTransaction { try? execute("ROLLBACK") }
    }
}

extension AlertStorageError {
    init(_ error: SQLiteError, path: String) {
        let code: Code =
            switch error.code {
            case .diskFull: .diskFull
            case .corrupt: .damaged
            case .busy, .cannotOpen, .inputOutput, .other: .failed
            }
        let remedy = code == .diskFull ? "; free some space on the disk" : ""
        self.init(code, "\(path): \(error)\(remedy)")
    }
}
