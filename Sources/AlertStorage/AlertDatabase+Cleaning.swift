internal import AlertModel
internal import SQLiteSupport
internal import TelemetryModel

extension AlertDatabase {
    /// Deletes up to so many events that are older than the retention; and, where no more are left, what they referred to, and silences and log
    /// entries that nobody asks for any more.
    ///
    /// - Returns: how many events were deleted.
    func deleteOld(at now: Timestamp, options: AlertStorageOptions, piece: Int) throws(SQLiteError) -> Int {
        try run("DELETE FROM silence WHERE ends_at < ?", now &- options.silenceRetention)
        try run("DELETE FROM alert WHERE ends_at < ?", now &- options.alertRetention)
        try run("DELETE FROM notification_log WHERE expires_at < ?", now)
        guard let retention = options.retention else { return 0 }
        let horizon = now &- retention
        let delete = try connection.statement(
            "DELETE FROM event WHERE id IN (SELECT id FROM event WHERE time < ? ORDER BY time LIMIT \(piece))")
        delete.bind(horizon, at: 1)
        try delete.run()
        let deleted = Int(try connection.integer("SELECT changes()") ?? 0)
        if deleted == piece { return deleted }
        // Events of one notification have its time, as their payload does.
        let unused = horizon &- EventRows.usePrecision
        try connection.transact { () throws(SQLiteError) in
            try run("DELETE FROM payload WHERE time < ?", horizon)
            try run("DELETE FROM label WHERE label_set IN (SELECT id FROM label_set WHERE last_used < ?)", unused)
            try run("DELETE FROM label_set WHERE last_used < ?", unused)
            try run("DELETE FROM context WHERE last_used < ?", unused)
        }
        forgetEventRows()
        try connection.execute("PRAGMA incremental_vacuum(1000)")
        return deleted
    }

    private func run(_ sql: String, _ time: Timestamp) throws(SQLiteError) {
        let statement = try connection.statement(sql)
        statement.bind(time, at: 1)
        try statement.run()
    }

    func close() throws(AlertStorageError) {
        do throws(SQLiteError) { try connection.close() } catch { throw AlertStorageError(error, path: connection.path) }
    }
}
